#include "correlate/account.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "correlate/correlator.hpp"
#include "correlate/group_key.hpp"
#include "tests/correlate/random_history.hpp"
#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {
namespace {

// With the fields of stream.hpp: f100...
event::FieldTable some_fields() {
  event::FieldTable fields;
  for (std::uint32_t i = 0; fields.intern("f" + std::to_string(i)).value < field_c.value;) ++i;
  return fields;
}

class AccountTest : public testing::Test {
 protected:
  // What is asked of the first rule: bob's window at `at` seconds.
  void start(CorrelationSpec spec, std::int64_t at, std::size_t lines = 20) {
    std::vector<CorrelationSpec> specs{std::move(spec)};
    ASSERT_TRUE(link(specs));
    correlator_ = std::make_unique<Correlator>(specs, Options{});
    account_ = std::make_unique<Account>(correlator_->specs()[0], fields_,
                                         Question{0, "bob", at * second, lines});
    correlator_->set_tap(account_.get());
  }
  void at(std::int64_t seconds, std::vector<std::pair<event::FieldId, std::string>> fields,
          std::vector<std::uint32_t> rules = {0}) {
    const EventView& view = stage_.load({.seq = ++seq_,
                                         .time = seconds * second,
                                         .rules = std::move(rules),
                                         .fields = std::move(fields)});
    correlator_->on_event(view, stage_.detections());
  }
  void bob(std::int64_t seconds) { at(seconds, {{field_a, "bob"}}); }

  event::FieldTable fields_ = some_fields();
  Stage stage_;
  std::uint64_t seq_ = 0;
  std::unique_ptr<Correlator> correlator_;
  std::unique_ptr<Account> account_;
};

CorrelationSpec with_second_rule(CorrelationSpec spec) {
  spec.inputs.push_back(spec.inputs[0]);
  spec.inputs[1].rule = event::RuleIndex(1);
  return spec;
}

TEST_F(AccountTest, EveryDetectionHasAFate) {
  start(count_spec(5, 60 * second), 1000);
  bob(940);  // the window's open end
  bob(941);
  at(950, {{field_a, "eve"}});
  at(951, {{field_a, "eve"}});
  at(952, {{field_a, "ann"}});
  at(960, {{field_b, "x"}});  // no group
  bob(1000);
  bob(1001);
  at(1030, {{field_a, "late"}});  // the watermark is at 970 now
  bob(969);
  bob(970);
  const auto counted = account_->counted();
  ASSERT_EQ(counted.size(), 3U);
  EXPECT_EQ(counted[0].place.time, 941 * second);
  EXPECT_EQ(counted[1].place.time, 970 * second);
  EXPECT_EQ(counted[2].place.time, 1000 * second);
  EXPECT_EQ(counted[0].raw, "x");
  EXPECT_EQ(held_by(account_->spec(), counted).number, 3);
  EXPECT_FALSE(held_by(account_->spec(), counted).is_true);
  ASSERT_EQ(account_->too_late().total, 1U);
  EXPECT_EQ(account_->too_late().first[0].behind, 1 * second);
  ASSERT_EQ(account_->missing_group().total, 1U);
  EXPECT_EQ(account_->missing_group().first[0].place.time, 960 * second);
  EXPECT_EQ(account_->before().total, 1U);
  EXPECT_EQ(account_->before().nearest.time, 940 * second);
  EXPECT_EQ(account_->after().total, 1U);
  EXPECT_EQ(account_->after().nearest.time, 1001 * second);
  const auto others = account_->others(1);
  EXPECT_EQ(others.detections, 3U);
  EXPECT_EQ(others.groups, 2U);
  ASSERT_EQ(others.largest.size(), 1U);
  EXPECT_EQ(others.largest[0], (std::pair<std::string, std::uint64_t>("eve", 2)));
}

TEST_F(AccountTest, OneEventThatMeetsTwoRulesIsCountedOnce) {
  start(with_second_rule(count_spec(5, 60 * second)), 1000);
  at(990, {{field_a, "bob"}}, {0, 1});
  at(991, {{field_a, "bob"}}, {1});
  EXPECT_EQ(account_->counted().size(), 2U);
  EXPECT_EQ(account_->again(), 1U);
  EXPECT_EQ(account_->counted()[0].inputs, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(AccountTest, ValuesCountOnceAndAMissingOneIsSaid) {
  CorrelationSpec spec = count_spec(2, 60 * second);
  spec.type = CorrelationType::value_count;
  spec.inputs[0].values = {field_b};
  start(spec, 1000);
  at(990, {{field_a, "bob"}, {field_b, "x"}});
  at(991, {{field_a, "bob"}, {field_b, "y"}});
  at(992, {{field_a, "bob"}, {field_b, "x"}});
  at(993, {{field_a, "bob"}});
  const auto counted = account_->counted();
  ASSERT_EQ(counted.size(), 3U);
  EXPECT_EQ(counted[1].values, std::vector<std::string>{"y"});
  EXPECT_EQ(held_by(account_->spec(), counted).number, 2);
  EXPECT_EQ(account_->missing_value().total, 1U);
}

TEST_F(AccountTest, SeveralFieldsAreOneValueEachInQuotes) {
  CorrelationSpec spec = count_spec(2, 60 * second);
  spec.type = CorrelationType::value_count;
  spec.inputs[0].values = {field_b, field_c};
  start(spec, 1000);
  at(990, {{field_a, "bob"}, {field_b, "x"}, {field_c, "y, z"}});
  EXPECT_EQ(account_->counted()[0].values, std::vector<std::string>{R"("x", "y, z")"});
}

TEST_F(AccountTest, AWeightIsWhatTheEventCounts) {
  CorrelationSpec spec = count_spec(5, 60 * second);
  spec.weight = field_b;
  start(spec, 1000);
  at(990, {{field_a, "bob"}, {field_b, "7"}});
  at(991, {{field_a, "bob"}, {field_b, "no number"}});
  EXPECT_EQ(held_by(account_->spec(), account_->counted()).number, 8);
}

TEST_F(AccountTest, OnlyTheNewestKeepTheirText) {
  start(count_spec(5, 60 * second), 1000, 1);
  bob(980);
  bob(990);
  const auto counted = account_->counted();
  EXPECT_EQ(counted[0].raw, "");
  EXPECT_EQ(counted[1].raw, "x");
}

TEST_F(AccountTest, NumbersAreComputedWith) {
  CorrelationSpec spec = count_spec(1, 60 * second);
  spec.type = CorrelationType::value_sum;
  spec.inputs[0].values = {field_b};
  spec.numbers.low = 10;
  spec.numbers.above_low = true;
  start(spec, 1000);
  at(990, {{field_a, "bob"}, {field_b, "7.5"}});
  at(991, {{field_a, "bob"}, {field_b, "no number"}});
  at(992, {{field_a, "bob"}, {field_b, "2.5"}});
  EXPECT_EQ(held_by(account_->spec(), account_->counted()).number, 10);
  EXPECT_FALSE(held_by(account_->spec(), account_->counted()).is_true);
  EXPECT_EQ(account_->missing_value().total, 1U);
  EXPECT_EQ(condition_text(account_->spec()), "above 10");
}

TEST_F(AccountTest, AnUntilRuleEmptiesTheWindow) {
  CorrelationSpec spec = count_spec(2, 60 * second);
  spec.until = spec.inputs[0];
  spec.until->rule = event::RuleIndex(1);
  start(spec, 1000);
  bob(990);
  bob(991);
  at(992, {{field_a, "bob"}}, {1});
  at(993, {{field_a, "eve"}}, {1});
  at(994, {{field_b, "x"}}, {1});
  bob(995);
  ASSERT_EQ(account_->counted().size(), 1U);
  ASSERT_TRUE(account_->emptied());
  EXPECT_EQ(account_->emptied()->place.time, 992 * second);
  EXPECT_EQ(account_->emptied()->events, 2U);
  EXPECT_EQ(account_->missing_group().total, 1U);
}

TEST(AccountConditionTest, IsSaidInWords) {
  CorrelationSpec spec = count_spec(5, second);
  EXPECT_EQ(condition_text(spec), "at least 5");
  spec.at_most = 7;
  EXPECT_EQ(condition_text(spec), "from 5 to 7");
  spec.at_most = 5;
  EXPECT_EQ(condition_text(spec), "exactly 5");
  spec.at_least = 0;
  EXPECT_EQ(condition_text(spec), "at most 5");
  spec.type = CorrelationType::value_avg;
  spec.numbers.low = 1.5;
  spec.numbers.high = 2;
  spec.numbers.below_high = true;
  EXPECT_EQ(condition_text(spec), "at least 1.5 and below 2");
}

// ---- against the correlator itself, on random histories: at a group's newest detection, what the
// account says is held makes the condition true exactly when an alert was last true there.

// Where each group of one rule has its newest detection.
class NewestTap final : public Tap {
 public:
  explicit NewestTap(std::uint32_t spec) : spec_(spec) {}
  void on_detection(const Told& told) override {
    if (told.spec != spec_ || told.fate != Fate::counted) return;
    auto [found, is_new] = newest.try_emplace(std::string(*told.key), told.place);
    if (!is_new && told.place > found->second) found->second = told.place;
  }
  std::map<std::string, Place> newest;

 private:
  std::uint32_t spec_;
};

void run(const History& history, Correlator& correlator,
         const std::function<void(const AlertChange&)>& take) {
  Stage stage;
  for (const Step& step : history.steps) {
    if (step.kind == Step::Kind::event) {
      const EventView& view = stage.load(step.event);
      correlator.on_event(view, stage.detections());
    } else if (step.kind == Step::Kind::clock) {
      correlator.on_clock(base::ReceivedTime(step.event.received));
    } else if (step.kind == Step::Kind::source_finished) {
      correlator.source_finished(event::SourceId(step.event.source));
    }
  }
  correlator.finish();
  correlator.take_changes(take);
}

TEST(AccountHistoryTest, WhatItSaysIsHeldIsWhatTheCorrelatorJudged) {
  std::mt19937_64 random(20261130);
  std::uint64_t compared = 0, held_true = 0;
  for (int round = 0; round < 3000; ++round) {
    History history = random_history(random, {.distinct_times = true, .own = false});
    number_events(history.steps);
    std::vector<CorrelationSpec> specs = history.specs;
    ASSERT_TRUE(link(specs));
    const auto spec = static_cast<std::uint32_t>(random() % specs.size());
    // Those two are judged at other times than their events'. (And an own record's time may lie
    // where the end of the log does not come to.)
    if (!specs[spec].alerts || specs[spec].forward || specs[spec].by_instants) continue;
    NewestTap newest(spec);
    std::vector<event::Alert> alerts;
    {
      Correlator correlator(specs, history.options);
      correlator.set_tap(&newest);
      run(history, correlator, [&](const AlertChange& change) {
        if (change.rule == specs[spec].rule) alerts.push_back(change.alert);
      });
    }
    for (const auto& [key, place] : newest.newest) {
      Correlator correlator(specs, history.options);
      const event::FieldTable fields = some_fields();
      Account account(correlator.specs()[spec], fields, {spec, key, place.time, 5});
      correlator.set_tap(&account);
      run(history, correlator, [](const AlertChange&) {});
      const event::GroupValues group = group_values(specs[spec], key);
      const bool was_true = std::ranges::any_of(alerts, [&](const event::Alert& alert) {
        return !alert.merged_into && alert.group == group && alert.last_seen.value == place.time;
      });
      const auto counted = account.counted();
      // Alerts tell times only: of several at one time, they do not say at which it was true.
      if (counted.size() > 1 && counted[counted.size() - 2].place.time == place.time) continue;
      if (account.emptied() && account.emptied()->place.time == place.time) continue;
      ++compared;
      held_true += was_true ? 1 : 0;
      ASSERT_EQ(held_by(account.spec(), counted).is_true, was_true)
          << "round " << round << ", rule " << specs[spec].id << ", held "
          << held_by(account.spec(), counted).number.value_or(-1) << " at " << place.time << "\n"
          << to_text(history);
    }
  }
  EXPECT_GT(compared, 1000U);
  EXPECT_GT(held_true, 100U);
}

}  // namespace
}  // namespace tocsin::correlate
