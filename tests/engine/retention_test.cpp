#include "engine/retention.hpp"

#include <gtest/gtest.h>

#include "engine/committer.hpp"
#include "engine/executor.hpp"
#include "engine/file_feed.hpp"
#include "engine/recovery.hpp"
#include "engine/stages.hpp"
#include "tests/engine/checked.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

class Silent final : public Observer {
 public:
  void on_applied(const Work&, const Output&) override {}
};

// Retention by age, where the age is told: frames of the log were received when its time says.
class RetentionTest : public EngineTest {
 protected:
  static constexpr std::int64_t begin_s = 1795190400;  // 2026-11-20 16:00:00

  RetentionTest() { store_options_.retention_age = std::chrono::seconds(1); }

  // Lines of everything that reaches over borders: windows, episodes, lockouts, audit events whose
  // records are spread, lines without a time. One frame a second.
  static std::string story(int seconds, int from = 0) {
    std::string lines;
    char time[64];
    for (int i = from; i < from + seconds; ++i) {
      const int s = i % 60, m = i / 60 % 60, h = 16 + i / 3600;
      std::snprintf(time, sizeof time, "Nov 20 %02d:%02d:%02d", h, m, s);
      const std::string user = "user" + std::to_string(i / 97 % 5);
      const std::string stamp =
          std::to_string(begin_s + i - i % 7) + ".007:" + std::to_string(i / 7);
      switch (i % 7) {
        case 0:
          lines += "type=SYSCALL msg=audit(" + stamp +
                   "): arch=c000003e syscall=175 success=yes exit=3 items=1 ppid=2310 pid=2411 "
                   "auid=1001 uid=0 comm=\"insmod\" exe=\"/usr/bin/kmod\"\n";
          break;
        case 3:
          lines += "type=EXECVE msg=audit(" + stamp + "): argc=2 a0=\"insmod\" a1=\"/x/rk.ko\"\n";
          break;
        case 6:
          lines += "no time here\n";
          break;
        default:
          lines += std::string(time) + " web01 sshd[811]: Failed password for " + user +
                   " from 203.0.113." + std::to_string(i % 3) + " port 50022 ssh2\n";
      }
    }
    return lines;
  }

  std::unique_ptr<store::Store> open_store() const {
    auto opened = store::Store::open(path("store"), store_options_);
    EXPECT_TRUE(opened) << (opened ? std::string() : base::to_string(opened.error()));
    return opened ? *std::move(opened) : nullptr;
  }

  // The lines come in batches of `size`, frame n received n seconds after the begin.
  void feed(store::Store& store, std::string_view lines, std::size_t size,
            base::Nanoseconds checkpoints = std::chrono::hours(1)) {
    event::SourceTable sources;
    auto recovered = recover(store, sources, setup_, 1);
    ASSERT_TRUE(recovered) << base::to_string(recovered.error());
    event::Source source;
    source.input = "test";
    source.transport = event::Transport::tcp;
    const event::SourceId id = sources.intern(source);
    Silent silent;
    const base::ManualClock clock;
    CommitterOptions options;
    options.checkpoint_interval = checkpoints;
    Committer committer(*recovered->sequence, &store, sources, clock, silent, options,
                        std::move(recovered->epoch));
    Stages stages(setup_.pipeline, sources, setup_.fold, true);
    Work work;
    while (!lines.empty()) {
      work.clear();
      work.batch.first_seq = event::Seq(store.last_seq().value + 1);
      for (std::size_t i = 0; i < size && !lines.empty(); ++i) {
        const std::size_t end = lines.find('\n');
        const auto seq = static_cast<std::int64_t>(work.batch.first_seq.value + i);
        received_ = base::ReceivedTime((begin_s + seq) * base::ns_per_second);
        work.batch.add_frame(lines.substr(0, end), id, received_);
        lines.remove_prefix(end + 1);
      }
      work.clock = Work::Clock{received_, 0};
      stages.process(work);
      ASSERT_TRUE(committer.apply(work));
    }
    ASSERT_TRUE(committer.checkpoint());
  }

  // Drops what was received before frame `seq`.
  Retained retain_from(store::Store& store, std::uint64_t seq, std::uint64_t step = UINT64_MAX) {
    RetentionOptions options;
    options.step = step;
    const base::ReceivedTime now((begin_s + static_cast<std::int64_t>(seq) + 1) *
                                 base::ns_per_second);
    const auto retained = retain(store, setup_, now, options);
    EXPECT_TRUE(retained) << (retained ? std::string() : base::to_string(retained.error()));
    return retained ? *retained : Retained{};
  }

  engine::Setup setup_ = default_setup();
  store::StoreOptions store_options_;
  base::ReceivedTime received_;
};

TEST_F(RetentionTest, NothingOldIsNothingToDo) {
  const auto store = open_store();
  feed(*store, story(50), 10);
  EXPECT_EQ(retain_from(*store, 0).steps, 0U);
  EXPECT_EQ(store->first_seq(), event::Seq(1));
}

// The border at each block in turn: what is left always verifies, and nothing is forgotten of what
// was said before.
TEST_F(RetentionTest, WhatIsLeftIsJudgedAsTheWholeWas) {
  const auto store = open_store();
  feed(*store, story(1400), 11);
  const Verified whole = check(*store);
  ASSERT_GT(whole.alerts, 8U);
  ASSERT_GT(whole.lockouts, 2U);
  const std::vector<std::string> alerts = stored_alerts(*store);
  std::uint64_t borders = 0, older = 0;
  for (std::uint64_t seq = 12; seq < 1400; seq += 33) {
    const Retained retained = retain_from(*store, seq);
    EXPECT_GT(retained.frames, 0U) << seq;
    EXPECT_EQ(retained.folded, retained.frames);
    EXPECT_FALSE(retained.without_state);
    EXPECT_NE((*store->anchor())->state, 0);
    const Verified rest = check(*store);
    EXPECT_EQ(rest.frames, 1400 - store->first_seq().value + 1);
    EXPECT_EQ(rest.alerts + rest.older, whole.alerts);
    older = rest.older;
    ++borders;
  }
  EXPECT_GT(borders, 40U);
  EXPECT_GT(older, 3U);
  EXPECT_EQ(stored_alerts(*store), alerts) << "what was told stays told";
}

TEST_F(RetentionTest, StepsComeToTheSame) {
  const auto store = open_store();
  feed(*store, story(900), 11);
  const Verified whole = check(*store);
  const Retained retained = retain_from(*store, 600, 1);
  EXPECT_EQ(retained.steps, retained.blocks) << "one block a step";
  EXPECT_EQ(store->first_seq(), event::Seq(595));
  const Verified rest = check(*store);
  EXPECT_EQ(rest.alerts + rest.older, whole.alerts);
}

TEST_F(RetentionTest, ACheckpointAtTheBorderIsUsedAsItIs) {
  const auto store = open_store();
  feed(*store, story(497), 10);
  const Retained retained = retain_from(*store, 100000);
  EXPECT_EQ(retained.frames, 497U);
  EXPECT_EQ(retained.folded, 0U);
  feed(*store, story(303, 497), 10);
  check(*store);
}

TEST_F(RetentionTest, AnAuditEventThatWaitsKeepsItsRecords) {
  const auto store = open_store();
  feed(*store, story(500), 10);  // its first record is frame 498
  const Retained retained = retain_from(*store, 100000);
  EXPECT_EQ(store->first_seq(), event::Seq(491));
  EXPECT_EQ(retained.folded, 490U) << "the checkpoint lies behind the border";
  feed(*store, story(300, 500), 10);
  check(*store);
}

TEST_F(RetentionTest, TheLogGoesOnBehindABorder) {
  auto store = open_store();
  std::uint64_t lockouts = 0;
  for (int round = 0; round < 6; ++round) {
    feed(*store, story(200, round * 200), 9);
    lockouts += check(*store).lockouts;
    retain_from(*store, static_cast<std::uint64_t>(round) * 200 + 130);
    check(*store);
    store.reset();  // as after a kill: what was written counts
    store = open_store();
    check(*store);
  }
  EXPECT_GT(lockouts, 2U);
  EXPECT_EQ(store->first_seq().value, 1127U);
}

TEST_F(RetentionTest, AnEpochBeforeTheBorderStaysReadable) {
  const auto store = open_store();
  feed(*store, story(300), 10);
  setup_.fold.lockout.duration = std::chrono::minutes(7);
  feed(*store, story(300, 300), 10);
  setup_.packs.rules.pop_back();
  setup_.pipeline = build_pipeline(setup_.packs).pipeline;
  feed(*store, story(300, 600), 10);
  ASSERT_EQ(store->epochs()->size(), 3U);
  for (const std::uint64_t seq : {100, 290, 311, 555, 601, 640}) {
    const Retained retained = retain_from(*store, seq);
    EXPECT_GT(retained.frames, 0U) << seq;
    EXPECT_EQ(retained.folded, retained.frames) << seq;
    EXPECT_EQ(check(*store).epochs, 3U);
  }
}

TEST_F(RetentionTest, AnEpochOfAnotherEngineIsDroppedWithoutAState) {
  const auto store = open_store();
  feed(*store, story(300), 10);
  store::Commit commit;
  commit.epoch = epoch_record(setup_, event::Seq(1));
  commit.epoch->engine = "0";
  ASSERT_TRUE(store->commit(commit));
  const Retained retained = retain_from(*store, 100);
  EXPECT_GT(retained.frames, 0U);
  ASSERT_TRUE(retained.without_state);
  EXPECT_EQ(retained.without_state->code, "engine-5");
  EXPECT_EQ((*store->anchor())->state, 0);
  const auto verified = verify(*store, 1);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, "engine-10");
}

TEST_F(RetentionTest, ToldToStopItLeavesTheLogAsItWas) {
  const auto store = open_store();
  feed(*store, story(500), 10);
  int asked = 0;
  RetentionOptions options;
  options.stopped = [&asked] { return ++asked > 3; };
  const auto retained =
      retain(*store, setup_, base::ReceivedTime((begin_s + 400) * base::ns_per_second), options);
  ASSERT_FALSE(retained);
  EXPECT_EQ(retained.error().code, "engine-9");
  EXPECT_EQ(store->first_seq(), event::Seq(1));
  check(*store);
}

}  // namespace
}  // namespace tocsin::engine
