#include "ingest/decode/glob.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(Glob, StarsStandAtTheEnds) {
  EXPECT_TRUE(Glob("abc").fits("abc"));
  EXPECT_FALSE(Glob("abc").fits("abcd"));
  EXPECT_TRUE(Glob("abc*").fits("abcd"));
  EXPECT_FALSE(Glob("abc*").fits("xabc"));
  EXPECT_TRUE(Glob("*abc").fits("xabc"));
  EXPECT_FALSE(Glob("*abc").fits("abcd"));
  EXPECT_TRUE(Glob("*abc*").fits("xabcd"));
  EXPECT_FALSE(Glob("*abc*").fits("xabd"));
  EXPECT_TRUE(Glob("*").fits("anything"));
  EXPECT_TRUE(Glob("**").fits(""));
  EXPECT_TRUE(Glob("a*c").fits("a*c"));
  EXPECT_FALSE(Glob("a*c").fits("abc"));
}

TEST(Glob, LettersMayBeFolded) {
  const auto folded = [](const char* text) { return Glob(text, Glob::Case::ascii_folded); };
  EXPECT_TRUE(folded("aBc").fits("AbC"));
  EXPECT_FALSE(folded("aBc").fits("AbCd"));
  EXPECT_TRUE(folded("aBc*").fits("AbCd"));
  EXPECT_TRUE(folded("*aBc").fits("xAbC"));
  EXPECT_TRUE(folded("*aBc*").fits("xAbCx"));
  EXPECT_FALSE(folded("*aBc*").fits("xAb"));
  EXPECT_TRUE(folded("**").fits(""));
  EXPECT_FALSE(folded("[").fits("{"));
  EXPECT_FALSE(Glob("abc").fits("ABC"));
}

TEST(Glob, OnlyTextWithoutStarsIsExact) {
  EXPECT_TRUE(Glob("abc").is_exact());
  EXPECT_FALSE(Glob("abc*").is_exact());
  EXPECT_FALSE(Glob("*").is_exact());
}

}  // namespace
}  // namespace tocsin::ingest
