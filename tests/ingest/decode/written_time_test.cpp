#include "ingest/decode/written_time.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/time.hpp"

namespace tocsin::ingest {
namespace {

std::string shown(std::optional<WrittenTime> time) {
  if (!time) return "none";
  return base::format_rfc3339(time->ns) + (time->local ? " local" : "");
}

TEST(WrittenTime, Rfc3339WithAndWithoutAZone) {
  EXPECT_EQ(shown(read_written_time("2021-04-27T04:08:31.552Z")), "2021-04-27T04:08:31.552000000Z");
  EXPECT_EQ(shown(read_written_time("2021-04-27T04:08:31+0200")), "2021-04-27T02:08:31.000000000Z");
  EXPECT_EQ(shown(read_written_time("2020-08-06 01:21:20")),
            "2020-08-06T01:21:20.000000000Z local");
  EXPECT_EQ(shown(read_written_time("2020-08-06 01:21:20 UTC")), "2020-08-06T01:21:20.000000000Z");
}

TEST(WrittenTime, TheUnitOfAnEpochFollowsFromItsSize) {
  const std::string wanted = "2023-11-14T22:13:20.";
  EXPECT_EQ(shown(read_written_time("1700000000")), wanted + "000000000Z");
  EXPECT_EQ(shown(read_written_time("1700000000.25")), wanted + "250000000Z");
  EXPECT_EQ(shown(read_written_time("1700000000123")), wanted + "123000000Z");
  EXPECT_EQ(shown(read_written_time("1700000000123.5")), wanted + "123500000Z");
  EXPECT_EQ(shown(read_written_time("1700000000123456")), wanted + "123456000Z");
  EXPECT_EQ(shown(read_written_time("1700000000123456789")), wanted + "123456789Z");
}

TEST(WrittenTime, WhatIsNoTimeIsNone) {
  for (const char* text :
       {"", "0", "12", "99999999", "-1700000000", "1700000000.", "1700000000.x",
        "17000000000000000000", "99999999999999999999999", "2021-02-30T00:00:00Z", "2021-04-27",
        "2021-04-27T04:08", "never", "1700000000 ", "1.7e9", "2021-04-27T04:08:31Zx"}) {
    EXPECT_EQ(shown(read_written_time(text)), "none") << text;
  }
}

TEST(WrittenTime, MonthNames) {
  EXPECT_EQ(shown(read_month_name_time("Nov 22 2026 03:08:00")),
            "2026-11-22T03:08:00.000000000Z local");
  EXPECT_EQ(shown(read_month_name_time("Nov  2 2026 03:08:00.123 UTC")),
            "2026-11-02T03:08:00.123000000Z");
  EXPECT_EQ(shown(read_month_name_time("Nix 22 2026 03:08:00")), "none");
  EXPECT_EQ(shown(read_month_name_time("Feb 30 2026 03:08:00")), "none");
  EXPECT_EQ(shown(read_month_name_time("Nov 22 2026 03:08:00 and more text than a time has")),
            "none");
}

}  // namespace
}  // namespace tocsin::ingest
