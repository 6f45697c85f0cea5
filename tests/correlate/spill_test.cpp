// Groups that leave memory for the saved state and come back.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "correlate/correlator.hpp"
#include "tests/correlate/stream.hpp"
#include "tests/event/state_map.hpp"

namespace tocsin::correlate {
namespace {

constexpr std::size_t limit = 512 * 1024;

class SpillTest : public ::testing::Test {
 protected:
  SpillTest() : specs_({count_spec(5, 600 * second)}) {
    EXPECT_TRUE(link(specs_));
    options_.window_bytes = limit;
  }
  void start() {
    correlator_ = std::make_unique<Correlator>(specs_, options_);
    correlator_->keep_cold_in(space_);
    for (const auto& [key, value] : space_.values) {
      const auto loaded = correlator_->load(key, value);
      ASSERT_TRUE(loaded) << to_string(loaded.error());
    }
    const auto loaded = correlator_->finish_load();
    ASSERT_TRUE(loaded) << to_string(loaded.error());
  }
  // As the engine does: a batch, then what it caused, then a save if one is wanted.
  void at(std::int64_t seconds, const std::string& user) {
    const EventView& view = stage_.load(
        {.seq = ++seq_, .time = seconds * second, .rules = {0}, .fields = {{field_a, user}}});
    correlator_->prepare(*view.batch);
    correlator_->on_event(view, stage_.detections());
    for (const Fired& fired : correlator_->fired())
      fired_.push_back(fired.alert->group.front().second);
    if (correlator_->wants_save()) save();
  }
  void save() {
    correlator_->take_changes([](const AlertChange&) {});
    correlator_->save_changes(space_);
    ++saves_;
  }
  void flood(int users, std::int64_t seconds, const std::string& name) {
    for (int i = 0; i < users; ++i) at(seconds, name + std::to_string(i));
  }
  [[nodiscard]] Counters counters() const { return correlator_->counters(); }

  std::vector<CorrelationSpec> specs_;
  Options options_;
  event::StateMap space_;
  Stage stage_;
  std::unique_ptr<Correlator> correlator_;
  std::uint64_t seq_ = 0;
  std::uint64_t saves_ = 0;
  std::vector<std::string> fired_;
};

TEST_F(SpillTest, AFloodOfKeysStaysBelowTheLimitAndHidesNothing) {
  start();
  std::size_t most = 0;
  for (int part = 0; part < 5; ++part) {
    for (const char* attacker : {"eve", "mallory", "oscar"}) {
      at(part, attacker);
      flood(3000, part, "user" + std::to_string(part) + attacker);
      most = std::max(most, correlator_->bytes());
    }
  }
  EXPECT_EQ(fired_, (std::vector<std::string>{"eve", "mallory", "oscar"}));
  EXPECT_LE(most, limit);
  EXPECT_EQ(counters().over_limit, 0U);
  EXPECT_GT(counters().spilled, 30'000U);
  EXPECT_EQ(counters().spilled - counters().read_back + correlator_->groups(), 45'003U);
  EXPECT_GE(counters().read_back, 3U);
  // Keys that are new cost no read.
  EXPECT_LT(counters().read_in_vain, 45'000U / 20);
  // Each save writes what changed, and it is worth it.
  EXPECT_LT(saves_, 45'000U / 1000);
  EXPECT_LT(space_.puts, 50'000U);
}

TEST_F(SpillTest, WhatIsTouchedStays) {
  start();
  for (int i = 0; i < 20'000; ++i) {
    at(i / 1000, "user" + std::to_string(i));
    if (i % 500 == 0) at(i / 1000, "busy");
  }
  EXPECT_GT(counters().spilled, 10'000U);
  EXPECT_LE(counters().read_back, 5U) << "the flood pushed out what is in use";
}

TEST_F(SpillTest, AStateThatCannotBeReadIsAFailure) {
  start();
  at(0, "eve");
  flood(10'000, 1, "user");
  ASSERT_EQ(counters().read_back, 0U);
  space_.fails = true;
  EXPECT_FALSE(correlator_->failure());
  at(2, "eve");
  ASSERT_TRUE(correlator_->failure());
  EXPECT_EQ(correlator_->failure()->code, "test-1");
}

TEST_F(SpillTest, ADamagedGroupIsAFailure) {
  start();
  at(0, "eve");
  flood(10'000, 1, "user");
  for (auto& [key, value] : space_.values) {
    if (key.ends_with("eve")) value[value.size() / 2] ^= 1;
  }
  at(2, "eve");
  ASSERT_TRUE(correlator_->failure());
  EXPECT_EQ(correlator_->failure()->code, "correlate-3");
}

TEST_F(SpillTest, WhatIsOverLeavesTheState) {
  start();
  flood(20'000, 0, "user");
  save();
  EXPECT_EQ(space_.values.size(), 20'001U);
  at(50'000, "later");
  for (int i = 0; i < 60; ++i) at(50'001 + i, "later");
  save();
  for (int i = 0; i < 400; ++i) at(50'100 + i, "later");
  save();
  EXPECT_LE(space_.values.size(), 10U);
  EXPECT_GT(counters().swept, 10'000U);
  // The filter is made anew: these are new, and cost no read.
  const std::uint64_t in_vain = counters().read_in_vain;
  for (int i = 0; i < 1000; ++i) at(50'600, "user" + std::to_string(i));
  EXPECT_EQ(counters().read_in_vain, in_vain);
  // The head counts right: what is loaded as a whole says so.
  save();
  options_.window_bytes = 0;
  correlator_ = std::make_unique<Correlator>(specs_, options_);
  for (const auto& [key, value] : space_.values) ASSERT_TRUE(correlator_->load(key, value));
  EXPECT_TRUE(correlator_->finish_load());
}

TEST_F(SpillTest, AStartLoadsOnlyWhatCanChangeByItself) {
  start();
  for (int i = 0; i < 5; ++i) at(i, "eve");
  for (int i = 0; i < 3000; ++i) at(10, "user" + std::to_string(i));
  for (int i = 0; i < 4; ++i) at(10, "mallory");
  save();
  start();
  EXPECT_EQ(correlator_->groups(), 1U) << "an alert is open";
  EXPECT_EQ(correlator_->open_alerts(), 1U);
  fired_.clear();
  at(11, "mallory");
  EXPECT_EQ(fired_, (std::vector<std::string>{"mallory"}));
  EXPECT_EQ(counters().read_back, 1U);
  at(12, "eve");
  EXPECT_EQ(fired_.size(), 1U) << "the open one is amended";
  // Until a pass has seen all, any key may stand there.
  at(13, "new");
  EXPECT_EQ(counters().read_in_vain, 1U);
  for (int i = 0; i < 10; ++i) at(14, "new");
  at(15, "newer");
  EXPECT_EQ(counters().read_in_vain, 1U);
  EXPECT_EQ(counters().swept, 0U);
  at(16, "user2999");
  EXPECT_EQ(counters().read_back, 2U);
}

TEST_F(SpillTest, AGroupMovesBetweenTheHeldAndTheOthers) {
  start();
  for (int i = 0; i < 5; ++i) at(i, "eve");
  save();
  const auto count = [&](std::string_view prefix) {
    int found = 0;
    for (const auto& [key, value] : space_.values) found += key.starts_with(prefix) ? 1 : 0;
    return found;
  };
  EXPECT_EQ(count(held_prefix), 1);
  EXPECT_EQ(count(group_prefix), 0);
  at(700, "eve");  // the alert is closed behind the watermark, its group lives on
  at(1000, "other");
  save();
  EXPECT_EQ(correlator_->open_alerts(), 0U);
  EXPECT_EQ(count(held_prefix), 0);
  EXPECT_EQ(count(group_prefix), 2);
  start();
  EXPECT_EQ(correlator_->groups(), 0U);
}

TEST_F(SpillTest, WindowsOfARuleThatIsNoMoreGoAsOnePrefix) {
  start();
  flood(2000, 0, "user");
  save();
  const auto kept = specs_;
  specs_[0].content[0] = 1;
  start();
  EXPECT_EQ(counters().unknown_rule, 2000U);
  space_.removes = 0;
  save();
  EXPECT_EQ(space_.values.size(), 1U);
  EXPECT_EQ(space_.removes, 0U);
  // Should the rule return, its windows are as new as if it had never been.
  specs_ = kept;
  start();
  for (int i = 0; i < 4; ++i) at(1, "user7");
  EXPECT_TRUE(fired_.empty());
}

TEST_F(SpillTest, TheAccountBeginsWhenMemoryRunsShort) {
  start();
  correlator_->keep_no_account();
  at(0, "eve");
  for (int i = 0; i < 1000; ++i) at(0, "user" + std::to_string(i));
  EXPECT_EQ(saves_, 0U);
  EXPECT_TRUE(space_.values.empty());
  for (int part = 1; part < 5; ++part) {
    flood(4000, part, "user" + std::to_string(part));
    at(part, "eve");
  }
  EXPECT_GT(saves_, 0U);
  EXPECT_EQ(fired_, (std::vector<std::string>{"eve"}));
}

TEST_F(SpillTest, WithoutALimitNothingLeaves) {
  options_.window_bytes = 0;
  start();
  flood(30'000, 0, "user");
  EXPECT_EQ(saves_, 0U);
  save();
  flood(10, 1, "user");
  EXPECT_EQ(counters().spilled, 0U);
  EXPECT_EQ(correlator_->groups(), 30'000U);
}

// The keys of a batch are looked for together, whichever of them are there.
TEST_F(SpillTest, ABatchReadsItsGroupsAtOnce) {
  start();
  for (int i = 0; i < 4; ++i) at(0, "eve");
  flood(10'000, 0, "user");
  event::Batch batch;
  batch.first_seq = event::Seq(seq_ + 1);
  event::Event event;
  event.time = base::EventTime(1 * second);
  event.has_time = true;
  event.field_count = 1;
  const std::vector<std::string> users = {"eve", "user5", "new", "eve", "user6"};
  for (std::uint32_t i = 0; i < users.size(); ++i) {
    batch.add_frame("x", event::SourceId(1), base::ReceivedTime(0));
    event.first_field = i;
    batch.fields.emplace_back(field_a, users[i]);
    batch.events.push_back(event);
    batch.detections.push_back({i, event::RuleIndex(0)});
  }
  const auto before = counters();
  correlator_->prepare(batch);
  for (std::uint32_t i = 0; i < users.size(); ++i) {
    const EventView view{batch.seq(i), 0,      event.time,      event::SourceId(1),
                         {},           &batch, &batch.events[i]};
    correlator_->on_event(view, std::span(batch.detections).subspan(i, 1));
    EXPECT_EQ(counters().read_back - before.read_back, 3U) << i;
    EXPECT_EQ(correlator_->fired().size(), i == 0 ? 1U : 0U);
  }
  EXPECT_EQ(counters().read_back - before.read_back, 3U);
  EXPECT_EQ(counters().read_in_vain, before.read_in_vain);
}

}  // namespace
}  // namespace tocsin::correlate
