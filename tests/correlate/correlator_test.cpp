#include "correlate/correlator.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {
namespace {

using ::testing::Test;

std::vector<CorrelationSpec> linked(std::vector<CorrelationSpec> specs) {
  const auto ok = link(specs);
  EXPECT_TRUE(ok.has_value()) << (ok ? "" : base::to_string(ok.error()));
  return specs;
}

class CorrelatorTest : public Test {
 protected:
  void start(std::vector<CorrelationSpec> specs) {
    correlator_ = std::make_unique<Correlator>(linked(std::move(specs)), Options{});
  }
  Verdict at(std::int64_t seconds, const std::string& a = "bob", std::uint32_t rule = 0) {
    return send(
        {.seq = ++seq_, .time = seconds * second, .rules = {rule}, .fields = {{field_a, a}}});
  }
  // An event that meets no rule.
  Verdict quiet(std::int64_t seconds) { return send({.seq = ++seq_, .time = seconds * second}); }
  Verdict send(const TestEvent& event) {
    const EventView& view = stage_.load(event);
    return correlator_->on_event(view, stage_.detections());
  }
  // By id; the last state of each.
  std::map<std::uint64_t, std::pair<event::Alert, bool>> alerts() {
    correlator_->take_changes([this](const AlertChange& change) {
      alerts_[change.number] = {change.alert, change.closed};
    });
    return alerts_;
  }

  Stage stage_;
  std::unique_ptr<Correlator> correlator_;
  std::uint64_t seq_ = 0;
  std::map<std::uint64_t, std::pair<event::Alert, bool>> alerts_;
};

TEST_F(CorrelatorTest, TheFifthDetectionWithinTheTimespanFires) {
  start({count_spec(5, 600 * second)});
  for (int i = 1; i <= 4; ++i) {
    at(i * 100);
    EXPECT_TRUE(correlator_->fired().empty()) << i;
  }
  at(500);
  ASSERT_EQ(correlator_->fired().size(), 1U);
  const event::Alert& alert = *correlator_->fired()[0].alert;
  EXPECT_EQ(alert.rule_id, "count");
  EXPECT_EQ(alert.group, (event::GroupValues{{"a", "bob"}}));
  EXPECT_EQ(alert.fired_at.value, 500 * second);
  EXPECT_EQ(alert.first_seen.value, 100 * second);
  EXPECT_EQ(alert.count, 5U);
  EXPECT_EQ(alert.total, 5U);
  EXPECT_EQ(alert.fired_by, event::Seq(5));
  EXPECT_EQ(alert.evidence.size(), 5U);
  EXPECT_FALSE(alert.late);
}

// A record of our own is of now, whatever the logs tell of: those are not late for it.
TEST_F(CorrelatorTest, ByItsOwnRecordsEventTimeDoesNotGoOn) {
  start({count_spec(2, 600 * second)});
  const auto own = [&](std::int64_t seconds, const std::string& a) {
    return send({.seq = ++seq_,
                 .time = seconds * second,
                 .rules = {0},
                 .fields = {{field_a, a}},
                 .source = own_source});
  };
  EXPECT_EQ(own(100'000, "root"), Verdict::in_time);
  EXPECT_EQ(own(100'001, "root"), Verdict::in_time);
  EXPECT_EQ(correlator_->fired().size(), 1U) << "they are judged";
  EXPECT_EQ(at(100), Verdict::in_time);
  EXPECT_EQ(at(200), Verdict::in_time);
  EXPECT_EQ(correlator_->fired().size(), 1U);
  EXPECT_EQ(own(150, "root"), Verdict::in_time) << "nor is it late itself";
  EXPECT_FALSE(alerts().begin()->second.first.late);
}

TEST_F(CorrelatorTest, AnOptionSaysHowLongARuleAlertsOnItsOwn) {
  CorrelationSpec spec = count_spec(1, 600 * second);
  spec.timespan_by_option = true;
  Options options;
  options.alert_timespan = std::chrono::seconds(10);
  correlator_ = std::make_unique<Correlator>(linked({spec}), options);
  at(0);
  at(9);
  EXPECT_EQ(alerts().size(), 1U);
  at(19);
  EXPECT_EQ(alerts().size(), 2U);
}

TEST_F(CorrelatorTest, ExactlyOneTimespanAgoIsOutsideTheWindow) {
  start({count_spec(2, 600 * second)});
  at(0);
  at(600);
  EXPECT_TRUE(correlator_->fired().empty());
  at(1199);
  EXPECT_EQ(correlator_->fired().size(), 1U);
}

TEST_F(CorrelatorTest, AmendsWithinATimespanAndOpensExactlyOneApart) {
  start({count_spec(1, 10 * second)});
  at(0);
  at(9);
  at(19);
  const auto seen = alerts();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen.at(1).first.total, 2U);
  EXPECT_EQ(seen.at(1).first.last_seen.value, 9 * second);
  EXPECT_EQ(seen.at(2).first.fired_at.value, 19 * second);
}

TEST_F(CorrelatorTest, ALateEventOpensAnAlertMarkedLate) {
  start({count_spec(3, 100 * second)});
  at(10);
  at(50);
  at(30);
  ASSERT_EQ(correlator_->fired().size(), 1U);
  EXPECT_TRUE(correlator_->fired()[0].alert->late);
  EXPECT_EQ(correlator_->fired()[0].alert->fired_at.value, 50 * second);
  EXPECT_EQ(correlator_->fired()[0].alert->fired_by, event::Seq(2));
}

TEST_F(CorrelatorTest, WhatComesLaterThanLatenessDoesNotCount) {
  start({count_spec(2, 1000 * second)});
  at(0);
  quiet(100);
  EXPECT_EQ(at(39), Verdict::too_late);
  EXPECT_TRUE(correlator_->fired().empty());
  EXPECT_EQ(at(40), Verdict::in_time);
  EXPECT_EQ(correlator_->fired().size(), 1U);
  EXPECT_EQ(correlator_->counters().too_late, 1U);
}

TEST_F(CorrelatorTest, ALateEventJoinsTwoAlertsIntoTheOneThatFiredFirst) {
  start({count_spec(2, 20 * second)});
  at(0);
  at(1);
  at(30);
  at(31);
  ASSERT_EQ(alerts().size(), 2U);
  at(12);
  const auto seen = alerts();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen.at(1).first.total, 5U);
  EXPECT_EQ(seen.at(1).first.last_seen.value, 31 * second);
  EXPECT_EQ(seen.at(2).first.merged_into, seen.at(1).first.id);
  EXPECT_TRUE(seen.at(2).second);
}

TEST_F(CorrelatorTest, AnAlertIsClosedOnceTheWatermarkHasPassedItsEnd) {
  start({count_spec(1, 10 * second)});
  at(0);
  quiet(69);
  EXPECT_FALSE(alerts().at(1).second);
  quiet(70);
  EXPECT_TRUE(alerts().at(1).second);
  EXPECT_EQ(correlator_->open_alerts(), 0U);
}

TEST_F(CorrelatorTest, AMissingGroupFieldIsCountedApart) {
  start({count_spec(1, 10 * second)});
  send({.seq = 1, .time = 0, .rules = {0}});
  EXPECT_TRUE(correlator_->fired().empty());
  EXPECT_EQ(correlator_->counters_of(0).missing_group, 1U);
}

// Nothing is dropped: the alert comes all the same.
TEST_F(CorrelatorTest, AHotGroupThatOutgrowsTheLimitIsCounted) {
  Options options;
  options.window_bytes = 64 * 1024;
  for (const bool late : {false, true}) {
    correlator_ = std::make_unique<Correlator>(linked({count_spec(20'000, 600 * second)}), options);
    at(1);
    EXPECT_EQ(correlator_->counters().over_limit, 0U);
    for (int i = 1; i < 20'000; ++i) at(late && i > 5000 && i % 2 == 0 ? 1 : 2);
    EXPECT_GT(correlator_->counters().over_limit, 0U);
    EXPECT_GT(correlator_->bytes(), options.window_bytes);
    EXPECT_EQ(correlator_->fired().size(), 1U);
  }
}

TEST_F(CorrelatorTest, EmptyWindowsAreForgotten) {
  start({count_spec(3, 10 * second)});
  for (int i = 0; i < 10; ++i) at(0, "user" + std::to_string(i));
  EXPECT_EQ(correlator_->groups(), 10U);
  quiet(1000);
  quiet(2000);
  EXPECT_EQ(correlator_->groups(), 0U);
  EXPECT_EQ(correlator_->counters().forgotten, 10U);
}

// The second window that ends has the same newest detection as the first.
TEST_F(CorrelatorTest, OverARuleWithNotEachAlertHasAnIdOfItsOwn) {
  CorrelationSpec inner = count_spec(1, 10 * second);
  inner.type = CorrelationType::temporal;
  inner.inputs.push_back(inner.inputs[0]);
  inner.inputs[1].rule = event::RuleIndex(1);
  inner.alternatives = {{1, 2}};
  CorrelationSpec outer = count_spec(1, second);
  outer.rule = event::RuleIndex(51);
  outer.content[0] = 1;
  outer.id = "outer";
  outer.type = CorrelationType::temporal;
  outer.inputs[0] = Input{};
  outer.inputs[0].inner = 0;
  outer.inputs[0].inner_group = {0};
  start({inner, outer});
  at(100);
  at(105);
  quiet(1000);
  std::set<event::AlertId> ids;
  std::size_t outer_alerts = 0;
  for (const auto& [number, alert] : alerts()) {
    if (alert.first.rule_id != "outer") continue;
    ++outer_alerts;
    ids.insert(alert.first.id);
  }
  EXPECT_EQ(outer_alerts, 2U);
  EXPECT_EQ(ids.size(), 2U);
}

// The windows that had begun end later, when there is another group in the place of theirs.
TEST_F(CorrelatorTest, WindowsThatUntilEmptiedEndWithoutASound) {
  CorrelationSpec spec = count_spec(1, 100 * second);
  spec.type = CorrelationType::temporal;
  spec.inputs.push_back(spec.inputs[0]);
  spec.inputs[1].rule = event::RuleIndex(1);
  spec.alternatives = {{1, 2}};
  spec.until = spec.inputs[0];
  spec.until->rule = event::RuleIndex(2);
  start({spec});
  quiet(100);
  at(100, "bob");
  at(101, "bob", 2);
  for (const int seconds : {165, 203}) quiet(seconds);
  EXPECT_EQ(correlator_->groups(), 0U) << "bob's is empty, and forgotten";
  at(150, "eve");
  quiet(265);  // bob's window is over
  EXPECT_TRUE(alerts().empty());
  quiet(400);
  ASSERT_EQ(alerts().size(), 1U);
  EXPECT_EQ(alerts_[1].first.group, (event::GroupValues{{"a", "eve"}}));
}

// A jump of the watermark judges all that waited at once; each opening is looked at for itself.
TEST_F(CorrelatorTest, ManyOpeningsAtOnceCostAsMuchAsOneByOne) {
  CorrelationSpec inner = count_spec(1, 10 * second);
  inner.at_most = 5;
  CorrelationSpec outer = count_spec(3, 600 * second);
  outer.rule = event::RuleIndex(51);
  outer.id = "openings";
  outer.group_names = {};
  outer.inputs = {Input{}};
  outer.inputs[0].inner = 0;
  start({inner, outer});
  constexpr int users = 2'000;
  for (int i = 0; i < users; ++i) at(i / 100, "user" + std::to_string(i));
  EXPECT_TRUE(alerts().empty());
  quiet(1000);
  EXPECT_EQ(alerts().size(), users + 1U);
  EXPECT_LT(correlator_->late_steps(), 10U * users);
}

}  // namespace
}  // namespace tocsin::correlate
