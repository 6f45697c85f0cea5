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

TEST(Glob, OnlyTextWithoutStarsIsExact) {
  EXPECT_TRUE(Glob("abc").is_exact());
  EXPECT_FALSE(Glob("abc*").is_exact());
  EXPECT_FALSE(Glob("*").is_exact());
}

}  // namespace
}  // namespace tocsin::ingest
