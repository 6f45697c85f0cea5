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

// What minds only ASCII is compiled on bytes, and must not show it.
TEST(RegexTest, OneCharacterIsOneWhateverItsLength) {
  EXPECT_TRUE(found({"^a.{3}z$"}, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"));
  EXPECT_FALSE(found({"^a.{4}z$"}, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"));
  EXPECT_TRUE(found({"[^\\\\]{2,3}$"}, "\\\xC3\xA9\xC3\xA9"));
  EXPECT_FALSE(found({"^[^\\\\]{3}$"}, "\xC3\xA9\xC3\xA9"));
  EXPECT_FALSE(found({"\\w"}, "\xC3\xA9"));
  EXPECT_TRUE(found({"^\\W\\D\\S$"}, "\xC3\xA9\xC3\xA9\xC3\xA9"));
  EXPECT_FALSE(found({"\\s"}, "\xC2\xA0"));
  EXPECT_TRUE(found({"a\\b"}, "a\xC3\xA9"));
  EXPECT_TRUE(found({"\xC3\xA9{2}"}, "\xC3\xA9\xC3\xA9"));
  EXPECT_FALSE(found({"\xC3\xA9"}, "\xC3\xA8"));
  EXPECT_TRUE(found({"\xC3\xA9", true}, "\xC3\x89"));
  EXPECT_TRUE(found({"^[\\x{e8}-\\x{ea}]$"}, "\xC3\xA9"));
  EXPECT_FALSE(found({"\\xFF"}, "\xC3\xA9"));
}

TEST(RegexTest, LongSAndTheKelvinSignAreLettersInAnotherCase) {
  EXPECT_TRUE(found({"mask", true}, "MA\xC5\xBFK"));
  EXPECT_TRUE(found({"(?i)mask"}, "MAS\xE2\x84\xAA"));
  EXPECT_FALSE(found({"mask"}, "ma\xC5\xBFk"));
  EXPECT_TRUE(found({"^[^s]$"}, "\xC5\xBF"));
  EXPECT_FALSE(found({"^[^s]$", true}, "\xC5\xBF"));
  EXPECT_FALSE(found({"\\w", true}, "\xC5\xBF"));
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

TEST(RegexTest, AnswersOfThoseThatMindTheCaseStayBesideTheOthers) {
  const Regex a{"a.s$"}, caseless{"^A.S$", true}, beyond{"\xC5\xBF"};
  const Regex* const all[] = {&a, &caseless, &beyond};
  const RegexSet set(all);
  EXPECT_EQ(met_by(set, "a\xC3\xA9s"), (Met{true, true, false}));
  EXPECT_EQ(met_by(set, "a\xC3\xA9\xC5\xBF"), (Met{false, true, true}));
  EXPECT_EQ(met_by(set,
                   "\xC5\xBF"
                   "a\xC3\xA9s"),
            (Met{true, false, true}));
}

// `(?U)` is known to RE2 only; the others are still met in one pass.
TEST(RegexTest, AsksTheOtherEngineForWhatHyperscanRefuses) {
  const Regex a{"a"}, lazy{"(?U)b+c"}, c{"c$"};
  ASSERT_FALSE(fault_of(lazy));
  const Regex* const all[] = {&a, &lazy, &c};
  const RegexSet set(all);
  EXPECT_EQ(met_by(set, "bbc"), (Met{false, true, true}));
  EXPECT_EQ(met_by(set, "\xC3\xA9 bbc"), (Met{false, true, true}));
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
