#include "rules/predicate.hpp"

#include <gtest/gtest.h>

#include "rules/folding.hpp"

namespace tocsin::rules {
namespace {

constexpr event::FieldId some_field{3};

Predicate of(std::string_view pattern, bool cased = false) {
  return pattern_predicate(some_field, parse_pattern(pattern), cased);
}

bool meets(std::string_view value, const Predicate& predicate) {
  const std::string text = folded(value);
  return satisfies(value, predicate, [&] { return std::string_view(text); });
}

TEST(PredicateTest, ChoosesTheCheapestTest) {
  EXPECT_EQ(of("abc").test, rules::Test::equal);
  EXPECT_EQ(of("").test, rules::Test::equal);
  EXPECT_EQ(of("abc*").test, rules::Test::prefix);
  EXPECT_EQ(of("*abc").test, rules::Test::suffix);
  EXPECT_EQ(of("*abc*").test, rules::Test::contains);
  EXPECT_EQ(of("*").test, rules::Test::present);
  EXPECT_EQ(of("a*c").test, rules::Test::wildcard);
  EXPECT_EQ(of("?").test, rules::Test::wildcard);
  EXPECT_EQ(of("ABC").text, "abc");
  EXPECT_EQ(of("ABC", true).text, "ABC");
}

TEST(PredicateTest, SharesEqualPredicatesOnly) {
  EXPECT_TRUE(are_same(of("ABC"), of("abc")));
  EXPECT_EQ(hash_of(of("ABC")), hash_of(of("abc")));
  EXPECT_FALSE(are_same(of("ABC", true), of("abc", true)));
  EXPECT_FALSE(are_same(of("abc"), of("abc*")));
  EXPECT_FALSE(are_same(of("a*c"), of("a?c")));
  Predicate a, b;
  a.test = b.test = rules::Test::comparison;
  b.comparison = Comparison::gt;
  EXPECT_FALSE(are_same(a, b));
  b = a;
  b.date_part = DatePart::hour;
  EXPECT_FALSE(are_same(a, b));
}

TEST(PredicateTest, FoldsOnTheWayAndFallsBackForOtherBytes) {
  EXPECT_EQ(folds_to("ABC", "abc"), Verdict::yes);
  EXPECT_EQ(folds_to("ABCD", "abc"), Verdict::no);
  EXPECT_EQ(folds_to("AB", "abc"), Verdict::no);
  EXPECT_EQ(folds_to("\xE2\x84\xAA", "k"), Verdict::unclear);
  EXPECT_TRUE(meets("\xE2\x84\xAA", of("k")));
  EXPECT_EQ(folds_to_suffix("x\xE2\x84\xAA", "k"), Verdict::unclear);
  EXPECT_TRUE(meets("x\xE2\x84\xAA", of("*k")));
  EXPECT_EQ(folds_to_prefix("zz\xC3\x89", "y\xC3\xA9"), Verdict::no);
}

TEST(PredicateTest, WildcardsGoBackNoFurtherThanNeeded) {
  const Predicate p = of("a*b?c*d");
  EXPECT_TRUE(meets("abxcd", p));
  EXPECT_TRUE(
      meets("a b b\xC3\xA9"
            "c d d",
            p));
  EXPECT_FALSE(meets("abcd", p));
  EXPECT_FALSE(meets("abxc", p));
  EXPECT_TRUE(meets("aab", of("*a?")));
  EXPECT_FALSE(meets("\xC3\xA9", of("*??")));
  EXPECT_TRUE(meets("\xC3\xA9\xC3\xA9", of("??")));
}

TEST(PredicateTest, LongTextsWithManyStarsTakeNoExponentialTime) {
  const std::string text(20'000, 'a');
  EXPECT_FALSE(meets(text, of("*a*a*a*a*a*a*a*a*a*a*b")));
  EXPECT_FALSE(meets(text, of("*a?a?a?b*a?a*b")));
}

TEST(PredicateTest, NumbersCompareExactly) {
  Predicate p;
  p.test = rules::Test::number;
  p.number = {true, 9007199254740993, 0};
  EXPECT_TRUE(meets("9007199254740993", p));
  EXPECT_FALSE(meets("9007199254740992", p));
  EXPECT_FALSE(meets("9007199254740993x", p));
  EXPECT_FALSE(meets("", p));
}

}  // namespace
}  // namespace tocsin::rules
