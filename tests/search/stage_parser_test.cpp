#include "search/stage_parser.hpp"

#include <gtest/gtest.h>

#include "search/parser.hpp"

namespace tocsin::search {
namespace {

// More in tests/cases/search/syntax.case and stages.case.

TEST(StageParser, StagesAreBounded) {
  std::string query = "a";
  for (std::size_t i = 0; i < max_stages; ++i) query += " | head 1";
  EXPECT_TRUE(parse_query(query));
  const auto more = parse_query(query + " | head 1");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, "search-1");
}

TEST(StageParser, AMistypedWordIsToldWhatWasMeant) {
  EXPECT_NE(parse_query("a | stat count()").error().sentence.find("`stats`"), std::string::npos);
  EXPECT_NE(parse_query("a | stats cuont()").error().sentence.find("`count`"), std::string::npos);
}

TEST(StageParser, ATimechartWithoutFiguresCounts) {
  const auto query = parse_query("a | timechart 5m by b");
  ASSERT_TRUE(query);
  ASSERT_EQ(query->stages.size(), 1U);
  EXPECT_EQ(query->stages[0].span, std::chrono::minutes(5));
  ASSERT_EQ(query->stages[0].aggregates.size(), 1U);
  EXPECT_EQ(query->stages[0].aggregates[0].name, "count");
}

}  // namespace
}  // namespace tocsin::search
