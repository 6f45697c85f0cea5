// However the groups are shared out, and however the events are cut into batches: one output.
#include "correlate/sharded_correlator.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <thread>

#include "tests/correlate/random_history.hpp"
#include "tests/correlate/reload.hpp"
#include "tests/event/state_map.hpp"

namespace tocsin::correlate {
namespace {

void run_here(std::size_t count, const std::function<void(std::size_t)>& task) {
  // Last first: the order must not matter.
  for (std::size_t i = count; i-- > 0;) task(i);
}

void run_threaded(std::size_t count, const std::function<void(std::size_t)>& task) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&task, i] { task(i); });
}

// Everything that a correlator says of a history, as text; its checkpoint at each commit, too.
struct Told {
  std::string fired;
  std::string changes;
  std::vector<std::map<std::string, std::string>> states;
  std::size_t groups = 0;
  std::uint64_t counted = 0;
  std::string alerts;  // as a store has them at the end
  std::uint64_t read_back = 0;
};

class Teller {
 public:
  Teller(const History& history, std::uint32_t parts, std::size_t batch,
         ShardedCorrelator::Run run = run_here)
      : history_(history), parts_(parts), batch_size_(batch), run_(std::move(run)) {
    specs_ = history.specs;
    EXPECT_TRUE(link(specs_));
    make();
  }

  Told tell() {
    for (std::size_t at = 0; at < history_.steps.size(); ++at) {
      const Step& step = history_.steps[at];
      if (step.kind == Step::Kind::event) {
        batch_.push_back(&step.event);
        if (batch_.size() == batch_size_) flush();
        continue;
      }
      flush();
      switch (step.kind) {
        case Step::Kind::clock: {
          const base::ReceivedTime received(step.event.received);
          if (correlator_->clock_matters(received)) told_.fired += "clock matters\n";
          correlator_->on_clock(received);
          show();
          break;
        }
        case Step::Kind::source_finished:
          correlator_->source_finished(event::SourceId(step.event.source));
          show();
          break;
        case Step::Kind::restart:
          commit();
          load();
          break;
        case Step::Kind::reload:
          reload(std::span(history_.steps).first(at), step.specs);
          break;
        default:
          commit();
      }
    }
    flush();
    told_.groups = correlator_->groups();
    for (std::uint32_t spec = 0; spec < specs_.size(); ++spec)
      told_.counted += correlator_->counters_of(spec).counted;
    correlator_->finish();
    show();
    take();
    for (const auto& [number, alert] : alerts_)
      told_.alerts += fmt::format("{} {}{}\n", number, alert.second ? "closed " : "",
                                  event::json_of(alert.first));
    told_.read_back += correlator_->counters().read_back;
    return std::move(told_);
  }
  [[nodiscard]] const ShardedCorrelator& correlator() const { return *correlator_; }

 private:
  void make() {
    if (correlator_) told_.read_back += correlator_->counters().read_back;
    correlator_ = std::make_unique<ShardedCorrelator>(specs_, history_.options, parts_,
                                                      std::vector<bool>(), run_);
    correlator_->set_limits(history_.long_windows ? LongLimits{0, 0, 0} : LongLimits{});
    if (history_.options.window_bytes == 0) return;
    correlator_->set_limits(SpillLimits{1});
    correlator_->keep_cold_in(space_);
  }
  void load() {
    make();
    for (const auto& [key, value] : space_.values) EXPECT_TRUE(correlator_->load(key, value));
    EXPECT_TRUE(correlator_->finish_load());
  }
  void reload(std::span<const Step> past, std::vector<CorrelationSpec> now) {
    EXPECT_TRUE(link(now));
    const auto plan = warming_plan(specs_, now);
    ASSERT_TRUE(plan);
    const std::int64_t watermark = correlator_->watermark();
    WarmedWindows windows;
    if (const auto from = warmed_from(past, *plan, history_.options, watermark))
      windows = warmed_windows(history_, past.subspan(*from), *plan, watermark);
    for (std::uint32_t spec = 0; spec < specs_.size(); ++spec)
      told_.counted += correlator_->counters_of(spec).counted;
    take();
    WithWindows out(windows, space_);
    correlator_->save_changes(out);
    told_.states.push_back(space_.values);
    specs_ = std::move(now);
    load();
  }
  void flush() {
    if (batch_.empty()) return;
    std::deque<Stage> stages;
    std::vector<ShardedCorrelator::Step> frames;
    for (const TestEvent* event : batch_) {
      Stage& stage = stages.emplace_back();
      const EventView& view = stage.load(*event);
      if (view.k == 0) frames.push_back({view, stage.detections()});
    }
    correlator_->prepare(*stages.front().view().batch);
    correlator_->run(frames);
    for (Stage& stage : stages) {
      correlator_->on_event(stage.view(), stage.detections());
      show();
    }
    batch_.clear();
    EXPECT_FALSE(correlator_->failure());
    if (correlator_->wants_save()) commit();
  }
  void show() {
    for (const Fired& fired : correlator_->fired())
      told_.fired +=
          fmt::format("{}{}\n", fired.reminder ? "reminder " : "", event::json_of(*fired.alert));
  }
  void take() {
    correlator_->take_changes([this](const AlertChange& change) {
      told_.changes += fmt::format("{} {}{}{} {}\n", change.number, change.opened ? "opened " : "",
                                   change.retold ? "retold " : "", change.closed ? "closed " : "",
                                   event::json_of(change.alert));
      auto& [alert, closed] = alerts_[change.number];
      if (change.retold) alert = change.alert;
      alert.last_seen = change.alert.last_seen;
      alert.total = change.alert.total;
      closed = change.closed;
    });
  }
  void commit() {
    take();
    correlator_->save_changes(space_);
    told_.states.push_back(space_.values);
  }

  const History& history_;
  std::uint32_t parts_;
  std::size_t batch_size_;
  ShardedCorrelator::Run run_;
  std::vector<CorrelationSpec> specs_;
  std::unique_ptr<ShardedCorrelator> correlator_;
  event::StateMap space_;
  std::vector<const TestEvent*> batch_;
  std::map<std::uint64_t, std::pair<event::Alert, bool>> alerts_;
  Told told_;
};

std::uint64_t histories() {
  const char* text = std::getenv("TOCSIN_HISTORIES");
  return text == nullptr ? 3000 : std::strtoull(text, nullptr, 10);
}

// What a derived record brings belongs to rules that are not shared out: here all are, so the
// histories have none.
void drop_derived(History& history) {
  std::erase_if(history.steps, [](const Step& step) {
    return step.kind == Step::Kind::event && step.event.k != 0;
  });
  number_events(history.steps);
}

TEST(ShardedCorrelatorTest, AnyNumberOfPartsAndAnyBatchSizeGiveOneOutput) {
  std::uint64_t fired = 0, shared = 0;
  for (std::uint64_t i = 0; i < histories(); ++i) {
    std::mt19937_64 random(77'000'000 + i);
    History history = random_history(random, {60, true, false, i % 4 == 0, true});
    history.long_windows = i % 2 == 1;
    drop_derived(history);
    const Told one = Teller(history, 1, 1).tell();
    fired += static_cast<std::uint64_t>(std::ranges::count(one.fired, '\n'));
    for (const auto& [parts, batch] :
         std::vector<std::pair<std::uint32_t, std::size_t>>{{1, 7}, {2, 1}, {2, 5}, {4, 1000}}) {
      Teller teller(history, parts, batch);
      for (std::uint32_t spec = 0; spec < history.specs.size(); ++spec)
        shared += teller.correlator().is_shared(spec) ? 1 : 0;
      const Told many = teller.tell();
      ASSERT_EQ(many.fired, one.fired) << "history " << i << ", " << parts << " parts\n"
                                       << to_text(history);
      ASSERT_EQ(many.groups, one.groups) << "history " << i;
      ASSERT_EQ(many.counted, one.counted) << "history " << i;
      ASSERT_EQ(many.states, one.states) << "history " << i << ", " << parts << " parts\n"
                                         << to_text(history);
      ASSERT_EQ(many.changes, one.changes) << "history " << i << ", " << parts << " parts\n"
                                           << to_text(history);
    }
  }
  EXPECT_GT(fired, histories() / 2);
  EXPECT_GT(shared, histories());
}

TEST(ShardedCorrelatorTest, ThreadsChangeNothing) {
  for (std::uint64_t i = 0; i < histories() / 30; ++i) {
    std::mt19937_64 random(78'000'000 + i);
    History history = random_history(random, {600, true, false, true, true});
    drop_derived(history);
    const Told one = Teller(history, 1, 1).tell();
    const Told many = Teller(history, 3, 200, run_threaded).tell();
    ASSERT_EQ(many.fired, one.fired) << "history " << i;
    ASSERT_EQ(many.changes, one.changes) << "history " << i;
  }
}

// Groups leave memory at every opportunity, each part's own, and come back; what is read is the
// same for all parts.
TEST(ShardedCorrelatorTest, GroupsThatLeftMemoryComeBackToTheirPart) {
  std::uint64_t read_back = 0;
  const auto compare = [&](std::uint64_t seed, const Shape& shape, std::uint32_t parts,
                           std::size_t batch, const ShardedCorrelator::Run& run) {
    std::mt19937_64 random(seed);
    History history = random_history(random, shape);
    history.long_windows = seed % 2 == 1;
    drop_derived(history);
    const Told one = Teller(history, 1, 1).tell();
    history.options.window_bytes = 1;
    const Told many = Teller(history, parts, batch, run).tell();
    ASSERT_EQ(many.fired, one.fired) << "seed " << seed << ", " << parts << " parts\n"
                                     << to_text(history);
    ASSERT_EQ(many.alerts, one.alerts) << "seed " << seed << ", " << parts << " parts\n"
                                       << to_text(history);
    ASSERT_EQ(many.counted, one.counted) << "seed " << seed;
    read_back += many.read_back;
  };
  for (std::uint64_t i = 0; i < histories(); ++i) {
    for (const auto& [parts, batch] :
         std::vector<std::pair<std::uint32_t, std::size_t>>{{1, 3}, {2, 1}, {3, 4}})
      compare(79'000'000 + i, {60, true, false, i % 4 == 0, true}, parts, batch, run_here);
    if (HasFatalFailure()) return;
  }
  for (std::uint64_t i = 0; i < histories() / 30; ++i) {
    compare(80'000'000 + i, {600, true, false, true, true}, 3, 20, run_threaded);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(read_back, histories());
}

// However uneven the parts are, all together keep the limit.
TEST(ShardedCorrelatorTest, TheRoomIsSharedOut) {
  std::vector<CorrelationSpec> specs{count_spec(3, 600 * second)};
  ASSERT_TRUE(link(specs));
  constexpr std::size_t limit = 1024 * 1024;
  Options options;
  options.window_bytes = limit;
  event::StateMap space;
  ShardedCorrelator correlator(specs, options, 3, {}, run_here);
  correlator.keep_cold_in(space);
  correlator.set_limits(SpillLimits{128});
  EXPECT_EQ(correlator.byte_limit(), limit);
  Stage stage;
  std::size_t fired = 0, saves = 0;
  for (std::uint64_t seq = 1; seq <= 40'000; ++seq) {
    // One group each thousand comes three times, long apart.
    const std::uint64_t group = seq % 1000 == 0 ? seq % 13'000 : seq;
    const EventView& view = stage.load({.seq = seq,
                                        .time = static_cast<std::int64_t>(seq) * second / 1000,
                                        .rules = {0},
                                        .fields = {{field_a, std::to_string(group)}}});
    const ShardedCorrelator::Step step{view, stage.detections()};
    correlator.prepare(*view.batch);
    ASSERT_LE(correlator.bytes(), limit) << seq;
    correlator.run({&step, 1});
    correlator.on_event(view, stage.detections());
    fired += correlator.fired().size();
    if (!correlator.wants_save()) continue;
    correlator.take_changes([](const AlertChange&) {});
    correlator.save_changes(space);
    ++saves;
  }
  EXPECT_EQ(fired, 13U) << "one of each group that comes again";
  EXPECT_GT(correlator.counters().spilled, 10'000U);
  EXPECT_GT(correlator.most_bytes(), limit / 2);
  EXPECT_LT(saves, 40'000U / 128);
}

// A record derived behind an event is judged before the next event, so its rules are not shared.
TEST(ShardedCorrelatorTest, RulesThatDerivedRecordsMeetStayTogether) {
  std::vector<CorrelationSpec> specs{count_spec(2, second)};
  ASSERT_TRUE(link(specs));
  EXPECT_TRUE(ShardedCorrelator(specs, {}, 2, {}, run_here).is_shared(0));
  EXPECT_FALSE(ShardedCorrelator(specs, {}, 2, {true}, run_here).is_shared(0));
}

// Written by one number of parts, read by another.
TEST(ShardedCorrelatorTest, ACheckpointHasNoNumberOfParts) {
  std::vector<CorrelationSpec> specs{count_spec(3, 10 * second)};
  ASSERT_TRUE(link(specs));
  event::StateMap space;
  std::uint64_t seq = 0;
  Stage stage;
  const auto feed = [&](ShardedCorrelator& correlator, const std::string& group) {
    ++seq;
    const EventView& view = stage.load({.seq = seq,
                                        .time = static_cast<std::int64_t>(seq) * second / 100,
                                        .rules = {0},
                                        .fields = {{field_a, group}}});
    const ShardedCorrelator::Step step{view, stage.detections()};
    correlator.run({&step, 1});
    correlator.on_event(view, stage.detections());
    return correlator.fired().size();
  };
  ShardedCorrelator four(specs, {}, 4, {}, run_here);
  for (int round = 0; round < 2; ++round) {
    for (int group = 0; group < 20; ++group) EXPECT_EQ(feed(four, std::to_string(group)), 0U);
  }
  four.take_changes([](const AlertChange&) {});
  four.save_changes(space);
  ShardedCorrelator two(specs, {}, 2, {}, run_here);
  for (const auto& [key, value] : space.values) ASSERT_TRUE(two.load(key, value));
  ASSERT_TRUE(two.finish_load());
  EXPECT_EQ(two.groups(), 20U);
  for (int group = 0; group < 20; ++group) EXPECT_EQ(feed(two, std::to_string(group)), 1U);
  std::uint64_t number = 0;
  two.take_changes([&](const AlertChange& change) { EXPECT_EQ(change.number, ++number); });
  EXPECT_EQ(number, 20U);
  // One group less than the head says.
  space.values.erase(std::prev(space.values.end()));
  ShardedCorrelator broken(specs, {}, 2, {}, run_here);
  for (const auto& [key, value] : space.values) ASSERT_TRUE(broken.load(key, value));
  EXPECT_FALSE(broken.finish_load());
}

}  // namespace
}  // namespace tocsin::correlate
