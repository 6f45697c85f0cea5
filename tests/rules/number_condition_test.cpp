#include "rules/number_condition.hpp"

#include <gtest/gtest.h>

#include "rules/diagnostics.hpp"

namespace tocsin::rules {
namespace {

struct Read {
  NumberCondition condition;
  base::Errors errors;
};

Read read(const std::string& text, CorrelationType type = CorrelationType::value_avg) {
  const base::SourceText source{"c.yml", text};
  const auto documents = base::parse_yaml(source);
  EXPECT_TRUE(documents);
  Diagnostics out(source);
  NumberCondition condition = read_number_condition(documents->at(0), type, out);
  return {condition, std::move(out.errors)};
}

NumberRange range(std::optional<double> low, bool above, std::optional<double> high, bool below) {
  return {low, above, high, below, std::nullopt};
}

TEST(NumberConditionTest, TheNarrowerOfTwoLimitsHolds) {
  EXPECT_EQ(read("{gt: 1.5}").condition.range, range(1.5, true, {}, false));
  EXPECT_EQ(read("{gt: 1.5, gte: 1.5}").condition.range, range(1.5, true, {}, false));
  EXPECT_EQ(read("{gte: 2, gt: 1.5, lt: 9, lte: 9}").condition.range, range(2, false, 9, true));
  EXPECT_EQ(read("{gte: -2, lte: 9.25, lt: 10}").condition.range, range(-2, false, 9.25, false));
}

TEST(NumberConditionTest, ReadsAPercentileInThousandths) {
  const auto type = CorrelationType::value_percentile;
  EXPECT_EQ(read("{gte: 1, percentile: 99.9}", type).condition.percentile, 99'900U);
  EXPECT_EQ(read("{gte: 1, percentile: 0.001}", type).condition.percentile, 1U);
  EXPECT_EQ(read("{gte: 1, percentile: 100}", type).condition.percentile, 100'000U);
  EXPECT_EQ(read("{gte: 1}", type).condition.percentile, std::nullopt);
  for (const char* bad : {"-1", "100.001", "0.0001", "half", "'50'", ".nan"})
    EXPECT_EQ(read("{gte: 1, percentile: " + std::string(bad) + "}", type).errors.size(), 1U)
        << bad;
}

TEST(NumberConditionTest, AShareMayHaveAnUpperLimitAlone) {
  const auto type = CorrelationType::value_percentile;
  EXPECT_EQ(read("{lte: 1}", type).condition.range, range({}, false, 1, false));
  EXPECT_EQ(read("{eq: 50}", type).condition.range, range(50, false, 50, false));
  EXPECT_EQ(read("{neq: 50}", type).condition.range.other_than, 50);
  EXPECT_FALSE(read("{lte: 1}", type).condition.by_instants);
  EXPECT_FALSE(read("{neq: 50}", type).condition.by_instants);
}

TEST(NumberConditionTest, WhatSilenceSatisfiesIsJudgedByInstants) {
  const auto sum = CorrelationType::value_sum, average = CorrelationType::value_avg;
  for (const char* silent : {"{lt: 5}", "{lte: -1}", "{eq: 3}", "{neq: 3}", "{gte: 1, neq: 3}"}) {
    EXPECT_TRUE(read(silent, average).condition.by_instants) << silent;
    EXPECT_TRUE(read(silent, sum).condition.by_instants) << silent;
  }
  for (const char* loud : {"{gt: 5}", "{gte: 1, lt: 3}"}) {
    EXPECT_FALSE(read(loud, average).condition.by_instants) << loud;
    EXPECT_FALSE(read(loud, sum).condition.by_instants) << loud;
  }
  EXPECT_TRUE(
      read("{lte: 1, percentile: 50}", CorrelationType::value_percentile).condition.by_instants);
  // A sum of nothing is 0; an average of nothing is none.
  for (const char* nothing : {"{gte: 0}", "{gt: -1}", "{gte: -5, lte: 0}"}) {
    EXPECT_TRUE(read(nothing, sum).condition.by_instants) << nothing;
    EXPECT_FALSE(read(nothing, average).condition.by_instants) << nothing;
  }
  EXPECT_FALSE(read("{gte: -5, lt: 0}", sum).condition.by_instants);
}

TEST(NumberConditionTest, RefusesNumbersOutOfBounds) {
  for (const char* bad : {"1e+19", "-1.5e+18", ".inf", ".nan", "five", "[1]"})
    EXPECT_EQ(read("{gte: " + std::string(bad) + "}").errors.at(0).code, "rules-48") << bad;
  EXPECT_TRUE(read("{gte: -1.0e+18}").errors.empty());
}

}  // namespace
}  // namespace tocsin::rules
