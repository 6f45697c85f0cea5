#include "engine/committer.hpp"

#include <gtest/gtest.h>

#include "engine/log_fold.hpp"
#include "engine/stages.hpp"
#include "tests/engine/engine_fixture.hpp"
#include "tests/event/state_map.hpp"

namespace tocsin::engine {
namespace {

class Counting final : public Observer {
 public:
  void on_applied(const Work& work, const Output& out) override {
    frames += work.batch.frames.size();
    lockouts += out.lockouts.size();
  }
  void on_committed(const store::Commit& commit, std::chrono::nanoseconds) override {
    ++commits;
    outbox += commit.outbox.size();
  }
  std::size_t frames = 0, lockouts = 0, commits = 0, outbox = 0;
};

class CommitterTest : public EngineTest {
 protected:
  void fill(Work& work, std::string_view lines, std::uint64_t first) {
    work.clear();
    work.batch.first_seq = event::Seq(first);
    event::Source source;
    source.input = "test";
    source.year_from = base::days_from_civil(2026, 1, 1) * 86400 * base::ns_per_second;
    const event::SourceId id = sources_.intern(source);
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      work.batch.add_frame(lines.substr(0, end), id, base::ReceivedTime(77));
      lines.remove_prefix(end + 1);
    }
    Stages(default_setup().pipeline, sources_, {}, true).process(work);
  }
  event::SourceTable sources_;
  base::ManualClock clock_;
  Counting observer_;
  Sequence sequence_{default_setup().pipeline, sources_, {}};
  Work work_;
};

TEST_F(CommitterTest, FramesAndWhatTheyCausedAreOneCommit) {
  const auto store = open(path("store"));
  respond::ChannelOptions channel;
  channel.name = "out";
  const std::vector<respond::ChannelOptions> channels = {channel};
  CommitterOptions options;
  options.channels = channels;
  Committer committer(sequence_, store.get(), sources_, clock_, observer_, options,
                      epoch_record(default_setup(), event::Seq(1)));
  fill(work_, failures("bob", 40, 5), 1);
  work_.offsets.push_back({"file/a", "12"});
  work_.finished.push_back(event::SourceId(1));
  ASSERT_TRUE(committer.apply(work_));
  EXPECT_EQ(observer_.commits, 1U);
  EXPECT_EQ(observer_.frames, 5U);
  EXPECT_EQ(observer_.lockouts, 1U);
  EXPECT_EQ(store->last_seq(), event::Seq(5));
  std::vector<std::string> rules;
  ASSERT_TRUE(store->read_alerts({}, [&rules](const store::StoredAlert& stored) {
    rules.push_back(stored.alert.rule_id);
    return true;
  }));
  EXPECT_EQ(std::count(rules.begin(), rules.end(), brute_force_user), 1);
  EXPECT_EQ(store->epochs()->size(), 1U);
  EXPECT_EQ(**store->offset("file/a"), "12");
  ASSERT_TRUE(store->sync());
  EXPECT_EQ(store->pending("out", 0, 10)->size(), rules.size() + 1) << "alerts and the lockout";
  std::vector<std::string> marks;
  ASSERT_TRUE(store->read_clocks(event::Seq(0), [&marks](const store::ClockRecord& clock) {
    marks.push_back(clock.what);
    return true;
  }));
  EXPECT_EQ(marks, std::vector<std::string>{finished_text(event::SourceId(1))});
}

TEST_F(CommitterTest, ACheckpointComesWhenItsTimeHasCome) {
  const auto store = open(path("store"));
  Committer committer(sequence_, store.get(), sources_, clock_, observer_, {},
                      epoch_record(default_setup(), event::Seq(1)));
  fill(work_, failures("bob", 40, 1), 1);
  ASSERT_TRUE(committer.apply(work_));
  EXPECT_FALSE(*store->checkpoint());
  clock_.advance(std::chrono::seconds(10));
  fill(work_, failures("bob", 41, 1), 2);
  ASSERT_TRUE(committer.apply(work_));
  EXPECT_EQ(*store->checkpoint(), event::Seq(2));
  fill(work_, failures("bob", 42, 1), 3);
  ASSERT_TRUE(committer.apply(work_));
  EXPECT_EQ(*store->checkpoint(), event::Seq(2));
  ASSERT_TRUE(committer.checkpoint());
  EXPECT_EQ(*store->checkpoint(), event::Seq(3));
}

TEST_F(CommitterTest, TimeThatActsIsWrittenDownAndTimeThatPassesIsNot) {
  const auto store = open(path("store"));
  Committer committer(sequence_, store.get(), sources_, clock_, observer_, {},
                      epoch_record(default_setup(), event::Seq(1)));
  // Half an audit event, received at 77 ns.
  fill(work_, "type=SYSCALL msg=audit(1795215121.007:13): arch=c000003e syscall=175 items=0\n", 1);
  ASSERT_TRUE(committer.apply(work_));
  const auto pass_time = [&](std::int64_t now) {
    work_.clear();
    work_.batch.first_seq = event::Seq(2);
    work_.clock = Work::Clock{base::ReceivedTime(now), 0};
    ASSERT_TRUE(committer.apply(work_));
  };
  pass_time(base::ns_per_second);
  EXPECT_EQ(observer_.commits, 1U) << "nothing happened";
  pass_time(3 * base::ns_per_second);
  EXPECT_EQ(observer_.commits, 2U);
  pass_time(4 * base::ns_per_second);
  EXPECT_EQ(observer_.commits, 2U);
  std::vector<store::ClockRecord> records;
  ASSERT_TRUE(store->read_clocks(event::Seq(0), [&records](const store::ClockRecord& clock) {
    records.push_back(clock);
    return true;
  }));
  EXPECT_EQ(records, (std::vector<store::ClockRecord>{{event::Seq(1), 0,
                                                       base::EventTime(3 * base::ns_per_second),
                                                       std::string(clock_text)}}));
  // What came to rest is saved once, and not again and again.
  clock_.advance(std::chrono::seconds(10));
  pass_time(14 * base::ns_per_second);
  EXPECT_EQ(*store->checkpoint(), event::Seq(1));
  EXPECT_EQ(observer_.commits, 3U);
  clock_.advance(std::chrono::seconds(10));
  pass_time(24 * base::ns_per_second);
  EXPECT_EQ(observer_.commits, 3U);
}

TEST_F(CommitterTest, WithoutAStoreTheObserverHearsAll) {
  Committer committer(sequence_, nullptr, sources_, clock_, observer_, {}, {});
  fill(work_, failures("bob", 40, 5), 1);
  ASSERT_TRUE(committer.apply(work_));
  ASSERT_TRUE(committer.finish());
  EXPECT_EQ(observer_.lockouts, 1U);
  EXPECT_EQ(observer_.commits, 0U);
}

TEST_F(CommitterTest, ACheckpointComesAfterSoManyFrames) {
  const auto store = open(path("store"));
  CommitterOptions options;
  options.checkpoint_frames = 3;
  Committer committer(sequence_, store.get(), sources_, clock_, observer_, options,
                      epoch_record(default_setup(), event::Seq(1)));
  const auto send = [&](std::uint64_t first) {
    fill(work_, failures("bob", 40 + static_cast<int>(first), 2), first);
    ASSERT_TRUE(committer.apply(work_));
  };
  send(1);
  EXPECT_FALSE(*store->checkpoint());
  send(3);
  EXPECT_EQ(*store->checkpoint(), event::Seq(4));
  send(5);
  EXPECT_EQ(*store->checkpoint(), event::Seq(4));
  send(7);
  EXPECT_EQ(*store->checkpoint(), event::Seq(8));
}

// The batch would be judged with a hole: it counts as one that cannot be written.
TEST_F(CommitterTest, WithAStateThatCannotBeReadNothingIsCommitted) {
  event::StateMap state;
  fill(work_, failures("bob", 40, 4), 1);
  Output out;
  sequence_.apply(work_, out);
  sequence_.save_changes(state);
  Sequence next(default_setup().pipeline, sources_, {});
  ASSERT_TRUE(next.load_from(state));
  const auto store = open(path("store"));
  Committer committer(next, store.get(), sources_, clock_, observer_, {},
                      epoch_record(default_setup(), event::Seq(1)));
  fill(work_, failures("bob", 41, 1), 1);
  state.fails = true;
  EXPECT_FALSE(committer.apply(work_));
  ASSERT_TRUE(committer.error());
  EXPECT_EQ(committer.error()->code, "test-1");
  EXPECT_EQ(store->last_seq(), event::Seq(0));
  EXPECT_EQ(observer_.frames, 0U);
  EXPECT_FALSE(work_.block.empty()) << "it can be tried again";
  // What the first knew was not lost: with a state that can be read, the fifth failure fires.
  state.fails = false;
  Sequence again(default_setup().pipeline, sources_, {});
  ASSERT_TRUE(again.load_from(state));
  Committer other(again, store.get(), sources_, clock_, observer_, {},
                  epoch_record(default_setup(), event::Seq(1)));
  ASSERT_TRUE(other.apply(work_));
  EXPECT_EQ(observer_.lockouts, 1U);
}

}  // namespace
}  // namespace tocsin::engine
