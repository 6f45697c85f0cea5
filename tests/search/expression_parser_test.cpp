#include "search/expression_parser.hpp"

#include <gtest/gtest.h>

#include "search/parser.hpp"

namespace tocsin::search {
namespace {

// More in tests/cases/search/syntax.case and terms.case.

TEST(ExpressionParser, DepthAndTermsAreBounded) {
  const auto nested = [](unsigned depth) {
    return std::string(depth, '(') + "a" + std::string(depth, ')');
  };
  EXPECT_TRUE(parse_query(nested(max_query_depth)));
  const auto deep = parse_query(nested(max_query_depth + 1));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, "search-1");
  EXPECT_EQ(deep.error().origin.column, max_query_depth + 1);
  std::string nots;
  for (unsigned i = 0; i <= max_query_depth; ++i) nots += "not ";
  EXPECT_FALSE(parse_query(nots + "a"));
  std::string many = "a";
  for (std::size_t i = 1; i < max_query_terms; ++i) many += " a";
  EXPECT_TRUE(parse_query(many));
  const auto more = parse_query(many + " a");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, "search-1");
}

TEST(ExpressionParser, SiblingsDoNotAddUpToDepth) {
  std::string query = "(a)";
  for (unsigned i = 0; i < 2 * max_query_depth; ++i) query += " or not (a)";
  EXPECT_TRUE(parse_query(query));
}

}  // namespace
}  // namespace tocsin::search
