#include "search/reading.hpp"

#include <gtest/gtest.h>

namespace tocsin::search {
namespace {

TEST(Reading, ABackslashEscapesWhatMeansSomethingOnly) {
  Reading in(R"(C:\Windows\\x\*\ y z)");
  const auto word = in.read_value();
  ASSERT_TRUE(word);
  EXPECT_EQ(word->text, R"(C:\Windows\x* y)");
  EXPECT_FALSE(word->has_wildcard());
}

TEST(Reading, WildcardsCutAWordIntoPieces) {
  Reading in("A*b*");
  const auto word = in.read_name();
  ASSERT_TRUE(word);
  EXPECT_EQ(word->pattern.pieces, (std::vector<std::string>{"a", "b", ""}));
}

TEST(Reading, ColumnsCountCharacters) {
  const Reading in("äöü x");
  EXPECT_EQ(in.fail("search-2", 7, "").error().origin.column, 5U);
}

TEST(Reading, AColumnMayBeAnAggregate) {
  Reading in("dc(user.name), b");
  const auto word = in.read_column();
  ASSERT_TRUE(word);
  EXPECT_EQ(word->text, "dc(user.name)");
  EXPECT_TRUE(in.take(','));
}

TEST(Reading, AKeywordStandsAlone) {
  Reading in("order OR(x");
  EXPECT_FALSE(in.take_word("or"));
  EXPECT_EQ(in.read_name()->text, "order");
  EXPECT_TRUE(in.take_word("or"));
}

}  // namespace
}  // namespace tocsin::search
