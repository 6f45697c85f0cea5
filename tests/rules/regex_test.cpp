#include "rules/regex.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tocsin::rules {
namespace {

bool found(const Regex& regex, std::string_view text) {
  EXPECT_FALSE(fault_of(regex)) << regex.text;
  const Regex* const one = &regex;
  const RegexSet set({&one, 1});
  RegexScratch scratch;
  set.prepare(scratch);
  std::array<bool, 1> met{};
  set.scan(text, scratch, met);
  return met[0];
}

TEST(RegexTest, SearchesUnanchoredAndMindsTheCase) {
  EXPECT_TRUE(found({"b+"}, "abbc"));
  EXPECT_FALSE(found({"B+"}, "abbc"));
  EXPECT_TRUE(found({"B+", true}, "abbc"));
  EXPECT_TRUE(found({"^a"}, "abbc"));
  EXPECT_FALSE(found({"^b"}, "abbc"));
  EXPECT_TRUE(found({""}, ""));
  EXPECT_TRUE(found({"^$"}, ""));
  EXPECT_TRUE(found({"^$"}, std::string_view()));
}

TEST(RegexTest, FlagsMeanLinesAndDots) {
  EXPECT_FALSE(found({"^b$"}, "a\nb\nc"));
  EXPECT_TRUE(found({"^b$", false, true}, "a\nb\nc"));
  EXPECT_FALSE(found({"a.b"}, "a\nb"));
  EXPECT_TRUE(found({"a.b", false, false, true}, "a\nb"));
}

TEST(RegexTest, CountsCodePointsAndSurvivesOtherBytes) {
  EXPECT_TRUE(found({"^.$"}, "\xC3\xA9"));
  EXPECT_TRUE(found({"^.$"}, "\xFF"));
  EXPECT_TRUE(found({"^a.c$"},
                    "a\xE2"
                    "c"));
  EXPECT_TRUE(found({"\\x{FFFD}"}, "\xFF"));
}

using Met = std::array<bool, 3>;

Met met_by(const RegexSet& set, std::string_view text) {
  RegexScratch scratch;
  set.prepare(scratch);
  Met met{};
  set.scan(text, scratch, met);
  return met;
}

TEST(RegexTest, AsksManyTogether) {
  const Regex a{"a"}, b{"b$"}, c{"c"};
  const Regex* const all[] = {&a, &b, &c};
  const RegexSet set(all);
  EXPECT_EQ(met_by(set, "cab"), (Met{true, true, true}));
  EXPECT_EQ(met_by(set, "ba"), (Met{true, false, false}));
}

// `(?U)` is known to RE2 only; the others are still met in one pass.
TEST(RegexTest, AsksTheOtherEngineForWhatHyperscanRefuses) {
  const Regex a{"a"}, lazy{"(?U)b+c"}, c{"c$"};
  ASSERT_FALSE(fault_of(lazy));
  const Regex* const all[] = {&a, &lazy, &c};
  const RegexSet set(all);
  EXPECT_EQ(met_by(set, "bbc"), (Met{false, true, true}));
  const RegexSet alone({all + 1, 1});
  EXPECT_EQ(met_by(alone, "bc"), (Met{true}));
}

// Hyperscan bounds repeats at 32767 and below; RE2 does not take lookaround either.
TEST(RegexTest, SaysWhatNeitherEngineTakes) {
  EXPECT_TRUE(fault_of({"("}));
  EXPECT_TRUE(fault_of({"(?=x)"}));
  EXPECT_TRUE(fault_of({"(a)\\1"}));
  EXPECT_TRUE(fault_of({std::string("a\0b", 3)}));
}

}  // namespace
}  // namespace tocsin::rules
