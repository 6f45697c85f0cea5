#include "search/query.hpp"

#include <gtest/gtest.h>

#include "search/parser.hpp"

namespace tocsin::search {
namespace {

TEST(Query, ANameHasOneNumber) {
  Query query;
  const FieldNumber a = field_number(query, "user.*");
  EXPECT_NE(field_number(query, "@timestamp"), a);
  EXPECT_EQ(field_number(query, "user.*"), a);
  EXPECT_TRUE(query.fields[a].is_pattern);
  EXPECT_EQ(query.fields[1].own, OwnName::timestamp);
}

TEST(Query, BoundsOnTimeHoldForAllThatMayMatch) {
  const auto bounds = [](const char* text) { return time_bounds(parse_query(text)->filter); };
  const TimeBounds any;
  EXPECT_EQ(bounds("a").from, any.from);
  EXPECT_EQ(bounds("@timestamp >= 1970-01-02").from, 86'400'000'000'000);
  EXPECT_EQ(bounds("a and @timestamp >= 1970-01-02 and @timestamp < 1970-01-03").to,
            2 * 86'400'000'000'000);
  EXPECT_EQ(bounds("a or @timestamp >= 1970-01-02").from, any.from);
  EXPECT_EQ(bounds("@timestamp: 1970-01-02 or @timestamp: 1970-01-04").to,
            4 * 86'400'000'000'000 - 1);
  EXPECT_EQ(bounds("not @timestamp >= 1970-01-02").from, any.from);
}

}  // namespace
}  // namespace tocsin::search
