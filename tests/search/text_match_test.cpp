#include "search/text_match.hpp"

#include <gtest/gtest.h>

namespace tocsin::search {
namespace {

TEST(TextMatch, FoldsAllAlphabetsAndMakesNothingAscii) {
  EXPECT_EQ(folded("Bob MÜLLER"), "bob müller");
  EXPECT_EQ(folded("\xE2\x84\xAA"
                   "ELVIN \xC5\xBF"),
            "\xE2\x84\xAA"
            "elvin \xC5\xBF");
  EXPECT_EQ(folded("\xFF"
                   "A"),
            "\xFF"
            "a")
      << "bytes that are no UTF-8 stay";
}

TEST(TextMatch, AWholeValueFitsPiecesInTheirOrder) {
  EXPECT_TRUE(fits_whole({{"a", "b", "c"}}, "a-b-c"));
  EXPECT_FALSE(fits_whole({{"a", "b", "c"}}, "a-c"));
  EXPECT_FALSE(fits_whole({{"ab", "ba"}}, "aba")) << "pieces do not share a letter";
  EXPECT_TRUE(fits_whole({{"", ""}}, ""));
  EXPECT_TRUE(fits_whole({{""}}, ""));
}

TEST(TextMatch, WordsBeginAndEndAtBorders) {
  const auto has = [](const char* word, const char* text) {
    return has_words(Pattern{{word}}, text);
  };
  EXPECT_TRUE(has("fail", "a fail."));
  EXPECT_FALSE(has("fail", "failed"));
  EXPECT_FALSE(has("fail", "unfail"));
  EXPECT_TRUE(has("fail", "failed fail")) << "a later place will do";
  EXPECT_TRUE(has("--flag", "x--flag")) << "a border is asked of letters only";
  EXPECT_TRUE(has("new", R"(line\nnew)"));
  EXPECT_FALSE(has("new", "nnew"));
}

TEST(TextMatch, AWildcardStandsForTextWithoutBlanks) {
  EXPECT_TRUE(has_words(Pattern{{"a", "c"}}, "abc"));
  EXPECT_FALSE(has_words(Pattern{{"a", "c"}}, "a c"));
  EXPECT_TRUE(has_words(Pattern{{"a", "c"}}, "acd-c")) << "the last place that ends a word";
  EXPECT_TRUE(has_words(Pattern{{"a", ""}}, "abc"));
  EXPECT_TRUE(has_words(Pattern{{"", "c"}}, "abc"));
  EXPECT_FALSE(has_words(Pattern{{"", "b"}}, "abc"));
  EXPECT_TRUE(has_words(Pattern{{"", "b", ""}}, "abc"));
}

TEST(TextMatch, APhraseIsFoundAsJsonWritesIt) {
  EXPECT_EQ(phrase_of({{"plain"}}).forms.size(), 1U);
  EXPECT_TRUE(has_words(phrase_of({{R"(c:\temp "x")"}}), R"({"p":"c:\\temp \"x\""})"));
  EXPECT_TRUE(has_words(phrase_of({{"/etc/passwd"}}), R"("\/etc\/passwd")"));
}

}  // namespace
}  // namespace tocsin::search
