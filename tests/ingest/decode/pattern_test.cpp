#include "ingest/decode/pattern.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

// The error of a pattern that must not be read.
PatternError refused(std::string_view text) {
  Pattern pattern;
  const auto error = read_pattern(text, pattern);
  EXPECT_TRUE(error) << text;
  return error.value_or(PatternError{});
}

Pattern good(std::string_view text) {
  Pattern pattern;
  const auto error = read_pattern(text, pattern);
  EXPECT_FALSE(error) << text << ": " << (error ? error->sentence : "");
  return pattern;
}

TEST(Pattern, LiteralsCapturesAndGroupsKeepTheirOrder) {
  const Pattern pattern = good("from <source:host>{ port <source.port:port>} end");
  ASSERT_EQ(pattern.elements.size(), 4U);
  EXPECT_EQ(pattern.elements[0].literal, "from ");
  EXPECT_EQ(pattern.elements[1].target.name, "source");
  EXPECT_EQ(pattern.elements[1].target.type, CaptureType::host);
  ASSERT_EQ(pattern.elements[2].group.size(), 2U);
  EXPECT_EQ(pattern.elements[2].group[1].target.type, CaptureType::port);
  EXPECT_EQ(pattern.elements[3].literal, " end");
}

TEST(Pattern, ATypeIsAWordUnlessItIsSaid) {
  EXPECT_EQ(good("<user.name>").elements[0].target.type, CaptureType::word);
}

TEST(Pattern, EscapesStandForTheCharacter) {
  EXPECT_EQ(good(R"(a\<b\>\{c\}\\d\t)").elements[0].literal, "a<b>{c}\\d\t");
  EXPECT_EQ(good("a > b").elements[0].literal, "a > b");
}

TEST(Pattern, ErrorsSayWhere) {
  EXPECT_EQ(refused("abc <user.name").offset, 4U);
  EXPECT_EQ(refused("abc {def").offset, 4U);
  EXPECT_EQ(refused("abc }").offset, 4U);
  EXPECT_EQ(refused("{a {b}}").offset, 3U);
  EXPECT_EQ(refused("a {}").offset, 2U);
  EXPECT_EQ(refused("ab\\q").offset, 2U);
  EXPECT_EQ(refused("ab\\").offset, 2U);
  EXPECT_EQ(refused("").sentence, "the pattern is empty");
}

TEST(Pattern, AnUnknownTypeIsRefusedWithASuggestion) {
  const PatternError error = refused("a <x:wrod> b");
  EXPECT_EQ(error.offset, 5U);
  EXPECT_EQ(error.sentence, "`wrod` is not a type of captures; is `word` meant?");
}

TEST(Pattern, AValueNeedsAnEnd) {
  EXPECT_EQ(refused("<a:word><b:word>").offset, 0U);
  EXPECT_EQ(refused("x <a:text><b:int>").offset, 2U);
  EXPECT_EQ(refused("<a:text>{<b:int>} x").offset, 0U);
  EXPECT_EQ(refused("<a:last>{ x <b:word>}<c:int>").offset, 0U);
  good("<a:word> <b:word>");
  good("<a:text>{ x} y");
  good("<a:text>{ x}");
  good("<a:int><b:word>");
}

TEST(Pattern, NothingFollowsTheRest) {
  EXPECT_EQ(refused("a <_:rest> b").offset, 2U);
  EXPECT_EQ(refused("a{ <_:rest>} b").offset, 3U);
  good("a{: <_:rest>}");
  good("a <*:kv>");
}

TEST(Pattern, NamesAndTypesFitTogether) {
  EXPECT_NE(refused("<@time:word>").sentence, "");
  EXPECT_NE(refused("<user.name:clf>").sentence, "");
  EXPECT_NE(refused("<@now:clf>").sentence, "");
  EXPECT_NE(refused("<*:word>").sentence, "");
  EXPECT_NE(refused("<pairs:kv>").sentence, "");
  EXPECT_NE(refused("<:word>").sentence, "");
  EXPECT_EQ(refused("<user name:word>").offset, 5U);
  good("[<@time:clf>]");
  good("<_:iso> x");
}

TEST(Pattern, CapturesAreLimited) {
  std::string text;
  for (std::size_t i = 0; i <= max_captures; ++i) text += "<_:int> ";
  EXPECT_EQ(refused(text).sentence, "more than 32 captures");
  std::string groups;
  for (std::size_t i = 0; i <= max_parts; ++i) groups += "{a}";
  EXPECT_EQ(refused(groups).sentence, "more than 256 parts in a pattern");
  EXPECT_EQ(refused("<_:last> a <_:last> b <_:last> c").sentence,
            "more than two captures of type `last`");
}

}  // namespace
}  // namespace tocsin::ingest
