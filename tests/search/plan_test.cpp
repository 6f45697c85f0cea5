#include "search/plan.hpp"

#include <gtest/gtest.h>

#include "search/parser.hpp"

namespace tocsin::search {
namespace {

std::unique_ptr<Plan> plan_of(const char* text, std::uint64_t limit = 0) {
  return make_plan(*parse_query(text), {}, limit, false);
}

TEST(Plan, WhereOverEventsIsOneMoreTerm) {
  const auto plan = plan_of("a | where b | where c | stats count() | where count > 1");
  ASSERT_EQ(plan->query.stages.size(), 2U);
  EXPECT_EQ(plan->stats, plan->query.stages.data());
  EXPECT_EQ(plan->first_stage, 1U);
  EXPECT_TRUE(plan->counts_only());
  EXPECT_FALSE(plan->counts_all());
  EXPECT_TRUE(plan_of("* | stats count()")->counts_all());
}

TEST(Plan, FewRowsAreWantedWhereNothingBehindNeedsMore) {
  const std::uint64_t all = UINT64_MAX;
  EXPECT_EQ(plan_of("a")->most_rows, all);
  EXPECT_EQ(plan_of("a", 5)->most_rows, 5U);
  EXPECT_EQ(plan_of("a | head 3", 5)->most_rows, 3U);
  EXPECT_EQ(plan_of("a | fields b | head 3")->most_rows, 3U);
  EXPECT_EQ(plan_of("a | fields b", 5)->most_rows, 5U);
  EXPECT_EQ(plan_of("a | sort b", 5)->most_rows, all);
  EXPECT_EQ(plan_of("a | sort b | head 3", 5)->most_rows, all);
  EXPECT_EQ(plan_of("a | head 9 | sort b", 5)->most_rows, 9U);
  EXPECT_EQ(plan_of("a | fields b | sort b", 5)->most_rows, all);
}

TEST(Plan, TheFiltersTimesNarrowTheSpan) {
  const auto query = parse_query("a and @timestamp >= 1970-01-02");
  const auto plan = make_plan(*query, {base::EventTime(5), base::EventTime(INT64_MAX)}, 0, false);
  EXPECT_EQ(plan->span.from.value, 86'400'000'000'000);
  EXPECT_TRUE(plan->covers(86'400'000'000'000, INT64_MAX));
  EXPECT_FALSE(plan->covers(6, INT64_MAX));
}

}  // namespace
}  // namespace tocsin::search
