#include "correlate/warming.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "correlate/checkpoint.hpp"
#include "correlate/correlator.hpp"
#include "tests/correlate/stream.hpp"
#include "tests/event/state_map.hpp"

namespace tocsin::correlate {
namespace {

CorrelationSpec named(CorrelationSpec spec, std::uint32_t rule, std::string id) {
  spec.rule = event::RuleIndex(rule);
  spec.content = base::sha256(id);
  spec.id = std::move(id);
  return spec;
}

// Counts openings of the spec at place `inner` by its whole group.
CorrelationSpec over(std::uint32_t inner, std::uint64_t n, std::int64_t timespan) {
  CorrelationSpec spec = count_spec(n, timespan);
  spec.inputs[0].inner = inner;
  spec.inputs[0].group.clear();
  spec.inputs[0].inner_group = {0};
  return spec;
}

std::vector<CorrelationSpec> linked(std::vector<CorrelationSpec> specs) {
  EXPECT_TRUE(link(specs));
  return specs;
}

// Minutes as detections of rule 0 by bob.
void detect(Correlator& correlator, Stage& stage, std::uint64_t& seq, int minute) {
  const EventView& view = stage.load(
      {.seq = ++seq, .time = minute * 60 * second, .rules = {0}, .fields = {{field_a, "bob"}}});
  correlator.on_event(view, stage.detections());
}

std::size_t take(Correlator& correlator) {
  std::size_t opened = 0;
  correlator.take_changes([&](const AlertChange& change) { opened += change.opened ? 1 : 0; });
  return opened;
}

TEST(WarmingPlan, ANewRuleComesWithTheOnesBelowIt) {
  const CorrelationSpec inner = named(count_spec(3, 60 * second), 50, "inner");
  const CorrelationSpec other = named(count_spec(4, 600 * second), 51, "other");
  const CorrelationSpec outer = named(over(0, 2, 3600 * second), 52, "outer");
  const auto before = linked({inner, other});
  const auto now = linked({inner, other, outer});
  const auto plan = warming_plan(before, now);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->specs.size(), 2U);
  EXPECT_EQ(plan->specs[0].id, "inner");
  EXPECT_EQ(plan->specs[1].id, "outer");
  EXPECT_EQ(plan->is_new, (std::vector<bool>{false, true}));
  EXPECT_EQ(plan->specs[1].inputs[0].inner, 0U);
  EXPECT_EQ(plan->reach, 3660 * second) << "its own timespan and that of what it counts";
  const auto none = warming_plan(now, now);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST(WarmingPlan, WhatEmptiesAWindowBelongsToIt) {
  const CorrelationSpec inner = named(count_spec(2, 60 * second), 50, "inner");
  CorrelationSpec emptied = named(count_spec(3, 600 * second), 51, "emptied");
  Input until;
  until.inner = 1;
  until.inner_group = {0};
  emptied.until = until;
  const CorrelationSpec before = named(count_spec(9, second), 49, "before");
  const auto specs = linked({before, inner});
  const auto plan = warming_plan(specs, linked({before, inner, emptied}));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->specs.size(), 2U);
  EXPECT_EQ(plan->specs[1].until->inner, 0U);
  EXPECT_EQ(plan->reach, 660 * second);
}

TEST(WarmingPlan, WhereOneDetectionIsEnoughThePastIsNotAsked) {
  const auto plan = warming_plan({}, linked({named(count_spec(1, 60 * second), 50, "one")}));
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->empty());
  EXPECT_FALSE(uses_past(count_spec(1, second)));
  EXPECT_TRUE(uses_past(count_spec(2, second)));
}

// The warmed windows behind a border: `past` minutes before it, none of them alerting.
class Warmed : public testing::Test {
 protected:
  void warm(const std::vector<CorrelationSpec>& before, const std::vector<CorrelationSpec>& now,
            const std::vector<int>& past, std::int64_t watermark) {
    const auto plan = warming_plan(before, now);
    ASSERT_TRUE(plan);
    Correlator goes_on(before, {});
    Correlator warming(plan->specs, {});
    for (const int minute : past) {
      std::uint64_t same = seq_;
      detect(goes_on, stage_, same, minute);
      detect(warming, stage_, seq_, minute);
    }
    ASSERT_TRUE(warming.end_warming(std::max(watermark, goes_on.watermark()), plan->is_new));
    take(warming);
    take(goes_on);
    WarmedWindows windows(*plan);
    warming.save_changes(windows);
    state_.values.clear();
    WithWindows out(windows, state_);
    goes_on.save_changes(out);
    windows_ = windows.entries().size();
    // Loaded whole, and loaded as groups are touched.
    const auto load = [&](Correlator& correlator) {
      for (const auto& [key, value] : state_.values) ASSERT_TRUE(correlator.load(key, value));
      const auto loaded = correlator.finish_load();
      ASSERT_TRUE(loaded) << base::to_string(loaded.error());
    };
    Correlator whole(now, {});
    load(whole);
    groups_ = whole.groups();
    correlator_ = std::make_unique<Correlator>(now, Options{});
    correlator_->keep_cold_in(state_);
    load(*correlator_);
  }
  std::size_t fires(int minute) {
    detect(*correlator_, stage_, seq_, minute);
    take(*correlator_);
    return correlator_->counters_of(0).alerts;
  }
  Stage stage_;
  std::uint64_t seq_ = 0;
  event::StateMap state_;
  std::size_t windows_ = 0;
  std::size_t groups_ = 0;
  std::unique_ptr<Correlator> correlator_;
};

TEST_F(Warmed, WhatWasCountedBeforeTheBorderIsCountedBehindIt) {
  warm({}, linked({named(count_spec(5, 600 * second), 50, "five")}), {1, 2, 3, 4}, 0);
  EXPECT_EQ(windows_, 1U);
  EXPECT_EQ(groups_, 1U);
  EXPECT_EQ(correlator_->groups(), 0U) << "nothing acts on it but a detection";
  EXPECT_EQ(fires(5), 1U);
}

// What acts by itself is loaded at once, and the head counts it among those.
TEST_F(Warmed, AGroupThatActsAloneIsHeld) {
  CorrelationSpec silent = count_spec(0, 600 * second);
  silent.at_most = 1;
  silent.by_instants = true;
  warm({}, linked({named(silent, 50, "silent")}), {1, 2, 3}, 0);
  EXPECT_EQ(windows_, 1U);
  EXPECT_EQ(correlator_->groups(), 1U);
  EXPECT_TRUE(std::ranges::any_of(
      state_.values, [](const auto& entry) { return entry.first.starts_with(held_prefix); }));
}

TEST_F(Warmed, AnEpisodeOfThePastIsToldByItsNextDetection) {
  warm({}, linked({named(count_spec(2, 600 * second), 50, "two")}), {1, 2, 3}, 0);
  EXPECT_EQ(correlator_->open_alerts(), 0U);
  EXPECT_EQ(fires(4), 1U);
  EXPECT_EQ(fires(5), 1U) << "from then on the episode is one alert";
}

TEST_F(Warmed, WhatIsOverIsNotCounted) {
  warm({}, linked({named(count_spec(3, 120 * second), 50, "three")}), {1, 2}, 60 * 60 * second);
  EXPECT_EQ(fires(61), 0U);
  EXPECT_EQ(fires(62), 0U);
  EXPECT_EQ(fires(62), 1U);
}

// The windows of a rule that is not new are its own, and are not filled twice.
TEST_F(Warmed, OnlyNewRulesAreFilled) {
  const CorrelationSpec old = named(count_spec(4, 600 * second), 50, "old");
  const CorrelationSpec fresh = named(count_spec(5, 600 * second), 51, "fresh");
  warm(linked({old}), linked({old, fresh}), {1, 2, 3}, 0);
  EXPECT_EQ(windows_, 1U);
  EXPECT_EQ(fires(4), 1U);
  EXPECT_EQ(correlator_->counters_of(1).alerts, 0U);
  EXPECT_EQ(fires(5), 1U);
  EXPECT_EQ(correlator_->counters_of(1).alerts, 1U);
}

// An opening that the watermark has not passed is told to the outer rule at the end of warming: its
// alert, which would have told it, is left out.
TEST_F(Warmed, OpeningsGoToTheRulesOverThem) {
  const auto specs = linked({named(count_spec(2, 60 * second), 50, "inner"),
                             named(over(0, 2, 3600 * second), 51, "outer")});
  warm({}, specs, {1, 1, 9, 9}, 0);
  for (const int minute : {12, 30}) fires(minute);  // lets the watermark pass
  EXPECT_EQ(correlator_->counters_of(1).alerts, 1U);
}

// The inner rule is not new: what it opened before the border is in the windows already, and its
// open alert must not bring it a second time.
TEST_F(Warmed, AnOpeningIsCountedOnce) {
  const CorrelationSpec inner = named(count_spec(2, 600 * second), 50, "inner");
  const auto now = linked({inner, named(over(0, 2, 3600 * second), 51, "outer")});
  warm(linked({inner}), now, {1, 1, 4}, 0);
  for (const int minute : {6, 8}) fires(minute);  // the same episode goes on
  EXPECT_EQ(correlator_->counters_of(1).alerts, 0U);
  for (const int minute : {30, 30, 45}) fires(minute);
  EXPECT_EQ(correlator_->counters_of(1).alerts, 1U);
}

CorrelationSpec silence(std::uint64_t at_most, std::int64_t timespan) {
  CorrelationSpec spec = count_spec(0, timespan);
  spec.at_most = at_most;
  spec.by_instants = true;
  return spec;
}

TEST(WarmingPlan, ALifeIsKnownFromThreeTimespans) {
  const auto plan = warming_plan({}, linked({named(silence(1, 60 * second), 50, "silent")}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->reach, 180 * second);
  EXPECT_EQ(reaches(plan->specs)[0], 60 * second) << "what it says `warming` for";
}

// Nothing changes in it any more, so nothing else would let it be judged.
TEST_F(Warmed, AnExpectedGroupThatIsSilentIsToldAtTheBorder) {
  CorrelationSpec expects = silence(0, 600 * second);
  expects.expected = {"alice", "bob"};
  warm({}, linked({named(expects, 50, "expects")}), {1, 12, 21}, 0);
  EXPECT_EQ(windows_, 2U);
  EXPECT_EQ(fires(25), 1U);
  EXPECT_EQ(fires(26), 1U) << "once";
  EXPECT_EQ(fires(40), 2U) << "bob, in his turn";
}

// The watermark has not passed it yet, so no group was made.
TEST_F(Warmed, ExpectedGroupsBeginWithTheFirstEventOfTheLog) {
  CorrelationSpec expects = silence(0, 600 * second);
  expects.expected = {"alice"};
  warm({}, linked({named(expects, 50, "expects")}), {1}, 0);
  EXPECT_EQ(windows_, 1U) << "bob's, who is not expected";
  EXPECT_EQ(fires(13), 2U) << "both ten minutes after it";
}

// Bob's window ran empty at minute 11; his life goes on until 21.
TEST_F(Warmed, AnEmptyWindowCanBelongToALife) {
  warm({}, linked({named(silence(1, 600 * second), 50, "few")}), {1}, 15 * 60 * second);
  EXPECT_EQ(windows_, 1U);
  fires(17);
  EXPECT_EQ(fires(19), 1U) << "he need not be seen for a timespan again";
}

// The inner rule needs no past, and still its opening is part of the outer one's.
TEST_F(Warmed, OpeningsOfARuleThatOneDetectionSatisfiesAreCounted) {
  const auto specs = linked({named(count_spec(1, 60 * second), 50, "inner"),
                             named(over(0, 2, 3600 * second), 51, "outer")});
  warm({}, specs, {1, 9}, 0);
  fires(30);
  EXPECT_EQ(correlator_->counters_of(1).alerts, 1U);
}

// Nobody counted them before the border, and one is not final there.
TEST_F(Warmed, OpeningsOfASilentRuleAreKnown) {
  CorrelationSpec silent = named(count_spec(2, 60 * second), 50, "silent");
  silent.alerts = false;
  const auto now = linked({silent, named(over(0, 2, 3600 * second), 51, "outer")});
  warm(linked({silent}), now, {1, 1, 9, 9}, 0);
  fires(30);
  EXPECT_EQ(correlator_->counters_of(1).alerts, 1U);
}

// One event has two values, and a checkpoint has them in another order.
TEST_F(Warmed, WhatWasTrueIsNotFoundTrueAgain) {
  for (const std::size_t parts : {1, 2}) {
    CorrelationSpec values = count_spec(2, 30 * second);
    values.type = CorrelationType::value_count;
    values.inputs.push_back(values.inputs[0]);
    values.inputs[0].values.assign(parts, field_a);
    values.inputs[1].values.assign(3 - parts, field_a);
    warm({}, linked({named(values, 50, "values")}), {2}, 0);
    EXPECT_EQ(fires(1), 1U) << "the late one itself";
  }
}

TEST_F(Warmed, WindowsAheadOfTheBorderAreOfNoUse) {
  const auto specs = linked({named(count_spec(3, 60 * second), 50, "three")});
  Correlator correlator(specs, {});
  detect(correlator, stage_, seq_, 10);
  EXPECT_FALSE(correlator.end_warming(5 * 60 * second, {true}));
  EXPECT_TRUE(correlator.end_warming(9 * 60 * second, {true}));
}

TEST_F(Warmed, NothingToAddLeavesTheCheckpointAsItIs) {
  const auto specs = linked({named(count_spec(5, 600 * second), 50, "five")});
  warm(specs, specs, {1, 2, 3, 4}, 0);
  EXPECT_EQ(windows_, 0U);
  EXPECT_EQ(fires(5), 1U);
}

}  // namespace
}  // namespace tocsin::correlate
