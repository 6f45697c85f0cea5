#include "search/value_test.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace tocsin::search {
namespace {

TEST(ValueTest, ATimeStandsForAllThatItCouldMean) {
  const auto width = [](const char* text) {
    const auto time = read_time(text);
    return time ? time->last - time->first + 1 : 0;
  };
  EXPECT_EQ(width("2026-11-22"), 86'400 * base::ns_per_second);
  EXPECT_EQ(width("2026-11-22T03:08"), 60 * base::ns_per_second);
  EXPECT_EQ(width("2026-11-22T03:08:00Z"), base::ns_per_second);
  EXPECT_EQ(width("2026-11-22 03:08:00"), base::ns_per_second);
  EXPECT_EQ(width("2026-11-22T03:08:00.5+02:00"), 1);
  EXPECT_EQ(width("2026-13-22"), 0);
  EXPECT_EQ(width("20261122"), 0);
  EXPECT_EQ(width(""), 0);
}

TEST(ValueTest, WhatIsNoNumberIsInNoRangeOfNumbers) {
  Range range;
  Range::Border least;
  least.number = 1;
  range.from = least;
  EXPECT_TRUE(in_range(range, "1"));
  EXPECT_TRUE(in_range(range, "1.5e3"));
  EXPECT_FALSE(in_range(range, "0.5"));
  EXPECT_FALSE(in_range(range, "5 "));
  EXPECT_FALSE(in_range(range, "inf"));
  EXPECT_FALSE(in_range(range, "nan"));
  EXPECT_FALSE(in_range(range, ""));
}

TEST(ValueTest, AnAddressIsBetweenAddressesOfItsKindOnly) {
  Range range;
  range.kind = Range::Kind::address;
  Range::Border least;
  least.address = *rules::parse_address("10.0.0.9");
  range.from = least;
  EXPECT_TRUE(in_range(range, "10.0.0.10"));
  EXPECT_FALSE(in_range(range, "10.0.0.8"));
  EXPECT_FALSE(in_range(range, "::1"));
}

TEST(ValueTest, AnExactTextNeedsNoSpecialCase) {
  ValueTest test;
  test.kind = ValueTest::Kind::text;
  test.text = {
      {"stra\xC3\x9F"
       "e"}};
  Scratch scratch;
  EXPECT_TRUE(holds(test,
                    "STRA\xE1\xBA\x9E"
                    "E",
                    scratch))
      << "the capital is one byte longer";
  EXPECT_FALSE(holds(test, "strasse", scratch));
}

}  // namespace
}  // namespace tocsin::search
