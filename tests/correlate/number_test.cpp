#include "correlate/number.hpp"

#include <gtest/gtest.h>

namespace tocsin::correlate {
namespace {

TEST(NumberTest, ReadsDecimalNumbersAndNothingElse) {
  EXPECT_EQ(number_of("5"), 5);
  EXPECT_EQ(number_of("-0.25"), -0.25);
  EXPECT_EQ(number_of("1e3"), 1000);
  EXPECT_EQ(number_of(".5"), 0.5);
  EXPECT_EQ(number_of("1000000000000000000"), 1e18);
  for (const char* none : {"", " 5", "5 ", "+5", "5x", "0x10", "1,5", "nan", "inf", "-inf", "1e19",
                           "-1000000000000000001e1", "1e999", "."})
    EXPECT_FALSE(number_of(none)) << none;
}

TEST(NumberTest, ThereIsOneZero) { EXPECT_EQ(worth_of(*number_of("-0")), worth_of(0)); }

TEST(NumberTest, IsKeptAsAWorth) { EXPECT_EQ(number_in(worth_of(-1.5)), -1.5); }

TEST(NumberTest, IsRoundedToNineDecimals) {
  EXPECT_TRUE(fixed_of(0.1) == 100'000'000);
  EXPECT_TRUE(fixed_of(-2.5) == Fixed{-2'500'000'000});
  EXPECT_TRUE(fixed_of(0.0000000006) == 1);
  EXPECT_TRUE(fixed_of(0.0000000004) == 0);
  EXPECT_TRUE(fixed_of(0.0009765625) == 976'563);  // a half, away from zero
  EXPECT_TRUE(fixed_of(-0.0009765625) == -976'563);
  EXPECT_TRUE(fixed_of(1e18) == Fixed{1'000'000'000} * 1'000'000'000'000'000'000);
}

TEST(NumberTest, SumsLeaveNoTrace) {
  Fixed sum = 0;
  for (const double number : {1e18, 0.1, -3.7, 1e-9}) sum += fixed_of(number);
  for (const double number : {-3.7, 1e18, 1e-9, 0.1}) sum -= fixed_of(number);
  EXPECT_TRUE(sum == 0);
}

TEST(NumberTest, LimitsAreMetExactly) {
  const Fixed one = 1'000'000'000;
  NumberRange range;
  range.low = 0.3;
  EXPECT_TRUE(NumberLimits(range).hold({fixed_of(0.1) * 3, 1}));
  EXPECT_FALSE(NumberLimits(range).hold({fixed_of(0.1) * 3 - 1, 1}));
  range.above_low = true;
  EXPECT_FALSE(NumberLimits(range).hold({fixed_of(0.1) * 3, 1}));
  EXPECT_TRUE(NumberLimits(range).hold({one, 3}));  // a third is more than 0.3
  range = {};
  range.high = 2;
  EXPECT_TRUE(NumberLimits(range).hold({6 * one, 3}));
  EXPECT_FALSE(NumberLimits(range).hold({6 * one + 1, 3}));
  range.below_high = true;
  EXPECT_FALSE(NumberLimits(range).hold({6 * one, 3}));
  range = {};
  range.other_than = -2;
  EXPECT_FALSE(NumberLimits(range).hold({-4 * one, 2}));
  EXPECT_TRUE(NumberLimits(range).hold({-4 * one, 3}));
}

}  // namespace
}  // namespace tocsin::correlate
