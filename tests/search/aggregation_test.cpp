#include "search/aggregation.hpp"

#include <gtest/gtest.h>

#include "search/parser.hpp"

namespace tocsin::search {
namespace {

Row row_of(std::string user, std::string size, std::int64_t time = 0) {
  Row row;
  row.time = base::EventTime(time);
  row.cells = {{"user", std::move(user), {}}, {"size", std::move(size), {}}};
  return row;
}

TEST(Aggregation, PartsMergedAreTheWhole) {
  const auto query = parse_query(
      "* | stats count(), count(size), dc(size), sum(size), avg(size), min(size), max(size), "
      "percentile(size, 90) by user");
  ASSERT_TRUE(query);
  const Stage& stage = query->stages[0];
  Aggregation whole(stage, query->fields), merged(stage, query->fields);
  for (int part = 0; part < 4; ++part) {
    Aggregation of_part(stage, query->fields);
    for (int i = 0; i < 50; ++i) {
      const Row row = row_of(i % 3 == 0 ? "ann" : std::string("b\0b", 3),
                             i % 7 == 0 ? "text" : std::to_string(part * 31 + i * 17 % 23));
      whole.add(RowRecord(row, query->fields));
      of_part.add(RowRecord(row, query->fields));
    }
    merged.merge(of_part);
  }
  ASSERT_EQ(whole.rows().size(), 2U);
  EXPECT_EQ(whole.rows(), merged.rows());
  EXPECT_EQ(whole.rows()[1].cells[0].value, std::string("b\0b", 3));
}

TEST(Aggregation, BarsBeginBeforeTheirTimesEvenBefore1970) {
  const auto query = parse_query("* | timechart 1s");
  Aggregation bars(query->stages[0], query->fields);
  for (const std::int64_t time : {-1L, 0L, 999'999'999L, 1'000'000'000L}) {
    const Row row = row_of("a", "1", time);
    bars.add(RowRecord(row, query->fields));
  }
  const auto rows = bars.rows();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].time.value, -base::ns_per_second);
  EXPECT_EQ(find(rows[1], "count")->value, "2");
  EXPECT_EQ(rows[2].time.value, base::ns_per_second);
}

TEST(Aggregation, TooManyGroupsAreSaid) {
  const auto query = parse_query("* | stats count() by user");
  Aggregation groups(query->stages[0], query->fields);
  for (std::size_t i = 0; i <= max_groups; ++i) {
    const Row row = row_of(std::to_string(i), "1");
    groups.add(RowRecord(row, query->fields));
  }
  EXPECT_TRUE(groups.overflow());
}

TEST(Aggregation, KnowsWhereANumberOfEventsIsEnough) {
  const auto only = [](const char* text) {
    return Aggregation::only_counts(parse_query(text)->stages[0]);
  };
  EXPECT_TRUE(only("* | stats count(), count() as n"));
  EXPECT_FALSE(only("* | stats count(a)"));
  EXPECT_FALSE(only("* | stats count() by a"));
  EXPECT_FALSE(only("* | timechart 5m"));
}

}  // namespace
}  // namespace tocsin::search
