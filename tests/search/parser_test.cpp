#include "search/parser.hpp"

#include <gtest/gtest.h>

namespace tocsin::search {
namespace {

// More in tests/cases/search/.

TEST(Parser, AQueryWithoutTermsMeansAllEvents) {
  for (const char* text : {"", "  ", "*", "| head 1"}) {
    const auto query = parse_query(text);
    ASSERT_TRUE(query) << text;
    EXPECT_EQ(query->filter.kind, Expression::Kind::all) << text;
  }
}

TEST(Parser, BytesThatAreNoUtf8AreRefusedWhereTheyStand) {
  const auto query = parse_query("abc \xFF");
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().code, "search-2");
  EXPECT_EQ(query.error().origin.column, 5U);
}

TEST(Parser, SizeIsBounded) {
  const auto query = parse_query(std::string(max_query_bytes + 1, 'a'));
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().code, "search-1");
}

}  // namespace
}  // namespace tocsin::search
