#include "rules/date_part.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

TEST(DatePartTest, TakesEachPartAsItIsWritten) {
  const char* const time = "2026-11-22T03:08:59.5+09:00";
  EXPECT_EQ(date_part(time, DatePart::year), 2026);
  EXPECT_EQ(date_part(time, DatePart::month), 11);
  EXPECT_EQ(date_part(time, DatePart::day), 22);
  EXPECT_EQ(date_part(time, DatePart::hour), 3);
  EXPECT_EQ(date_part(time, DatePart::minute), 8);
  EXPECT_EQ(date_part("2026-11-22 23:59", DatePart::hour), 23);
}

TEST(DatePartTest, CountsIsoWeeks) {
  EXPECT_EQ(date_part("2026-01-01", DatePart::week), 1);
  EXPECT_EQ(date_part("2020-12-31", DatePart::week), 53);
  EXPECT_EQ(date_part("2021-01-03", DatePart::week), 53);
  EXPECT_EQ(date_part("2021-01-04", DatePart::week), 1);
  EXPECT_EQ(date_part("2024-12-30", DatePart::week), 1);
  EXPECT_EQ(date_part("1969-12-29", DatePart::week), 1);
}

TEST(DatePartTest, RefusesWhatIsNoTime) {
  EXPECT_FALSE(date_part("", DatePart::year));
  EXPECT_FALSE(date_part("20261122", DatePart::year));
  EXPECT_FALSE(date_part("2026-13-01", DatePart::year));
  EXPECT_FALSE(date_part("2026-01-32", DatePart::day));
  EXPECT_FALSE(date_part("2026-01-01x", DatePart::day));
  EXPECT_FALSE(date_part("2026-01-01", DatePart::hour)) << "a date has no hour";
  EXPECT_FALSE(date_part("2026-01-01T24:00", DatePart::hour));
  EXPECT_FALSE(date_part("2026-01-01T10:60", DatePart::minute));
}

}  // namespace
}  // namespace tocsin::rules
