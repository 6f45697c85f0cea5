#include "correlate/spec.hpp"

#include <gtest/gtest.h>

#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {
namespace {

CorrelationSpec over(std::uint32_t inner, CorrelationType type) {
  CorrelationSpec spec = count_spec(1, second);
  spec.id = "outer";
  spec.type = type;
  spec.inputs[0].inner = inner;
  spec.inputs[0].inner_group = {0};
  return spec;
}

TEST(SpecTest, WaitsForTheWatermarkOnlyWhereALateEventCouldUndo) {
  CorrelationSpec range = count_spec(2, second);
  range.at_most = 5;
  std::vector<CorrelationSpec> specs = {
      count_spec(2, second), range, over(0, CorrelationType::temporal),
      over(0, CorrelationType::event_count), over(1, CorrelationType::temporal)};
  ASSERT_TRUE(link(specs));
  EXPECT_FALSE(specs[0].deferred);
  EXPECT_TRUE(specs[1].deferred);
  EXPECT_EQ(specs[1].judging, Judging::sum);
  EXPECT_FALSE(specs[2].deferred);
  EXPECT_TRUE(specs[3].deferred);
  EXPECT_TRUE(specs[4].deferred);
  EXPECT_TRUE(specs[0].feeds_openings);
  EXPECT_FALSE(specs[1].feeds_openings);
  EXPECT_EQ(specs[0].feeds.size(), 2U);
}

TEST(SpecTest, WhatStandsOverInstantsIsJudgedInWholeInstants) {
  CorrelationSpec quiet = count_spec(0, second);
  quiet.by_instants = true;
  quiet.at_most = 0;
  quiet.expected = {"x"};
  std::vector<CorrelationSpec> specs = {quiet, over(0, CorrelationType::temporal),
                                        over(1, CorrelationType::event_count),
                                        count_spec(2, second)};
  const auto linked = link(specs);
  ASSERT_TRUE(linked) << base::to_string(linked.error());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(specs[i].deferred) << i;
    EXPECT_TRUE(specs[i].whole_instants) << i;
  }
  EXPECT_EQ(specs[0].judging, Judging::sum);
  EXPECT_FALSE(specs[1].by_instants);
  EXPECT_FALSE(specs[3].whole_instants);
}

TEST(SpecTest, RefusesWhatCannotBeJudged) {
  const auto refused = [](CorrelationSpec spec) {
    std::vector<CorrelationSpec> specs = {std::move(spec)};
    const auto result = link(specs);
    return !result && result.error().code == "correlate-1";
  };
  CorrelationSpec spec = count_spec(1, 0);
  EXPECT_TRUE(refused(spec));
  spec = count_spec(0, second);
  EXPECT_TRUE(refused(spec));
  spec = count_spec(3, second);
  spec.at_most = 2;
  EXPECT_TRUE(refused(spec));
  spec = count_spec(0, second);
  spec.by_instants = true;
  spec.at_most = 0;
  spec.except = 0;
  EXPECT_TRUE(refused(spec));
  spec = count_spec(3, second);
  spec.expected = {"x"};  // at which silence never makes it true
  EXPECT_TRUE(refused(spec));
  spec.by_instants = true;
  EXPECT_FALSE(refused(spec));
  spec.group_names.clear();
  spec.inputs[0].group.clear();
  EXPECT_TRUE(refused(spec));
  spec = count_spec(1, second);
  spec.inputs.clear();
  EXPECT_TRUE(refused(spec));
  spec = count_spec(1, second);
  spec.inputs[0].group.clear();
  EXPECT_TRUE(refused(spec));
  spec = count_spec(2, second);
  spec.type = CorrelationType::temporal;
  EXPECT_TRUE(refused(spec));  // two of one rule
  spec = count_spec(1, second);
  spec.type = CorrelationType::value_count;
  EXPECT_TRUE(refused(spec));
  EXPECT_TRUE(refused(over(0, CorrelationType::temporal)));  // itself
}

CorrelationSpec numeric(CorrelationType type, double low) {
  CorrelationSpec spec = count_spec(1, second);
  spec.type = type;
  spec.numbers.low = low;
  spec.inputs[0].values = {field_c};
  return spec;
}

bool is_refused(CorrelationSpec spec) {
  std::vector<CorrelationSpec> specs = {std::move(spec)};
  const auto result = link(specs);
  return !result && result.error().code == "correlate-1";
}

TEST(SpecTest, WhatIsAskedOfNumbersIsJudgedInOrder) {
  CorrelationSpec share = numeric(CorrelationType::value_percentile, 5);
  CorrelationSpec rank = share;
  rank.percentile = 95'000;
  std::vector<CorrelationSpec> specs = {numeric(CorrelationType::value_sum, 5),
                                        numeric(CorrelationType::value_avg, -5),
                                        numeric(CorrelationType::value_median, 0), share, rank};
  const auto linked = link(specs);
  ASSERT_TRUE(linked) << base::to_string(linked.error());
  const Judging expected[] = {Judging::total, Judging::average, Judging::rank, Judging::share,
                              Judging::rank};
  for (std::size_t i = 0; i < specs.size(); ++i) {
    EXPECT_EQ(specs[i].judging, expected[i]) << i;
    EXPECT_TRUE(specs[i].deferred) << i;
  }
}

TEST(SpecTest, RefusesNumbersThatNothingOrSilenceSatisfies) {
  EXPECT_TRUE(is_refused(numeric(CorrelationType::value_sum, -1)));  // a sum of nothing is 0
  CorrelationSpec spec = numeric(CorrelationType::value_avg, 5);
  spec.numbers.high = 5;
  EXPECT_FALSE(is_refused(spec));
  spec.numbers.below_high = true;
  EXPECT_TRUE(is_refused(spec));
  spec.numbers = {};
  EXPECT_TRUE(is_refused(spec));
  spec = numeric(CorrelationType::value_avg, 5);
  spec.inputs[0].values.push_back(field_b);
  EXPECT_TRUE(is_refused(spec));
  spec = numeric(CorrelationType::value_percentile, 5);
  spec.percentile = whole_percentile + 1;
  EXPECT_TRUE(is_refused(spec));
  spec = numeric(CorrelationType::value_percentile, 5);
  spec.numbers = {};
  spec.numbers.high = 5;  // a share: of a value that is there
  EXPECT_FALSE(is_refused(spec));
}

TEST(SpecTest, WhatEmptiesWindowsIsOneMoreFeedWithoutValues) {
  std::vector<CorrelationSpec> specs = {count_spec(1, second), count_spec(2, second)};
  specs[1].until = over(0, CorrelationType::event_count).inputs[0];
  const auto linked = link(specs);
  ASSERT_TRUE(linked) << base::to_string(linked.error());
  EXPECT_TRUE(specs[1].deferred);
  EXPECT_EQ(specs[0].feeds.at(0).input, 1U);
  EXPECT_TRUE(specs[1].is_until(1));
  EXPECT_FALSE(specs[0].feeds_openings);  // each detection empties, not each opening
  CorrelationSpec spec = count_spec(1, second);
  spec.until = spec.inputs[0];
  spec.until->values = {field_c};
  EXPECT_TRUE(is_refused(spec));
  spec.until->values.clear();
  spec.until->group.clear();
  EXPECT_TRUE(is_refused(spec));
}

TEST(SpecTest, AlternativesFireAtOnce) {
  CorrelationSpec spec = count_spec(1, second);
  spec.type = CorrelationType::temporal;
  spec.inputs.push_back(spec.inputs[0]);
  spec.alternatives = {{0b11, 0}, {0b10, 0}};
  std::vector<CorrelationSpec> specs = {spec};
  ASSERT_TRUE(link(specs));
  EXPECT_EQ(specs[0].judging, Judging::alternatives);
  EXPECT_FALSE(specs[0].deferred);
  EXPECT_FALSE(specs[0].forward);
  specs[0].alternatives = {{0b01, 0b10}};
  ASSERT_TRUE(link(specs));
  EXPECT_TRUE(specs[0].deferred);
  EXPECT_TRUE(specs[0].forward);
  spec.alternatives = {{0, 0}};
  EXPECT_TRUE(is_refused(spec));
  spec.alternatives = {{0b100, 0}};
  EXPECT_TRUE(is_refused(spec));
  spec.alternatives.assign(max_alternatives + 1, {1, 0});
  EXPECT_TRUE(is_refused(spec));
}

TEST(SpecTest, RefusesAPlaceThatTheInnerDoesNotGroupBy) {
  std::vector<CorrelationSpec> specs = {count_spec(2, second), over(0, CorrelationType::temporal)};
  specs[1].inputs[0].inner_group = {1};
  EXPECT_FALSE(link(specs));
}

TEST(SpecTest, BoundsTheDepth) {
  std::vector<CorrelationSpec> specs = {count_spec(1, second)};
  for (std::uint32_t i = 1; i < max_depth; ++i)
    specs.push_back(over(i - 1, CorrelationType::temporal));
  EXPECT_TRUE(link(specs));
  specs.push_back(over(max_depth - 1, CorrelationType::temporal));
  EXPECT_FALSE(link(specs));
}

}  // namespace
}  // namespace tocsin::correlate
