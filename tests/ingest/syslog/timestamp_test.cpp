#include "ingest/syslog/timestamp.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace tocsin::ingest {
namespace {

constexpr base::ReceivedTime received{1'763'780'400'000'000'000};  // 2025-11-22T03:00:00Z

std::string utc(const StatedTime& stated, std::int64_t year_from = 0,
                base::ReceivedTime now = received, const Zone& zone = Zone()) {
  const std::optional<Instant> instant = resolve_time(stated, zone, year_from, now);
  return instant ? base::format_rfc3339(instant->ns) : "none";
}
std::string utc(std::string_view text) { return utc(read_time(text)); }

struct Case {
  std::string_view text;  // "|" stands where the time ends
  std::string_view time;
};

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    const std::size_t end = one.text.find('|');
    const std::string text =
        std::string(one.text.substr(0, end)) + std::string(one.text.substr(end + 1));
    const StatedTime stated = read_time(text);
    EXPECT_EQ(stated.size, end) << text;
    EXPECT_EQ(utc(stated), one.time) << text;
  }
}

TEST(Timestamp, Rfc3164AndItsHabits) {
  check({{"Oct 11 22:14:15| host", "2025-10-11T22:14:15.000000000Z"},
         {"Oct  1 22:14:15| host", "2025-10-01T22:14:15.000000000Z"},
         {"Oct 1 22:14:15| host", "2025-10-01T22:14:15.000000000Z"},
         {"Oct 01 22:14:15|: %SYS", "2025-10-01T22:14:15.000000000Z"},
         {"Oct 11 22:14:15.123| host", "2025-10-11T22:14:15.123000000Z"},
         {"Oct 11 2003 22:14:15| host", "2003-10-11T22:14:15.000000000Z"},
         {"Oct 11 03 22:14:15| host", "2003-10-11T22:14:15.000000000Z"},
         {"Oct 11 98 22:14:15| host", "1998-10-11T22:14:15.000000000Z"},
         {"Oct 11 22:14:15 2003| host", "2003-10-11T22:14:15.000000000Z"},
         {"Oct 11 22:14:15 CEST 2003| host", "2003-10-11T20:14:15.000000000Z"},
         {"Oct 11 22:14:15 EST|: x", "2025-10-12T03:14:15.000000000Z"},
         {"Oct 11 22:14:15 UTC| host", "2025-10-11T22:14:15.000000000Z"},
         {"Oct 11 22:14:15| EST host", "2025-10-11T22:14:15.000000000Z"},
         {"Oct 11 22:14:15 -0700| host", "2025-10-12T05:14:15.000000000Z"},
         {"Oct 11 22:14:15+02:00| host", "2025-10-11T20:14:15.000000000Z"},
         {"Oct 11 22:14:15| 2001:db8::1 x", "2025-10-11T22:14:15.000000000Z"},
         {"1990 Oct 22 10:52:01 TZ-6| h", "1990-10-22T16:52:01.000000000Z"},
         {"2013 Oct 09 17:09:04| WinEvtLog", "2013-10-09T17:09:04.000000000Z"},
         {"M\xC3\xA4r 11 22:14:15| h", "2026-03-11T22:14:15.000000000Z"}});
}

TEST(Timestamp, Iso) {
  check({{"2003-10-11T22:14:15.003Z| h", "2003-10-11T22:14:15.003000000Z"},
         {"2003-10-11T22:14:15.003000001-07:00| h", "2003-10-12T05:14:15.003000001Z"},
         {"2003-10-11T22:14:15.0030000019Z| h", "2003-10-11T22:14:15.003000001Z"},
         {"2003-10-11T22:14:15| h", "2003-10-11T22:14:15.000000000Z"},
         {"2003-10-11T22:14:15+0200| h", "2003-10-11T20:14:15.000000000Z"},
         {"2003-10-11T22:14:15+02| h", "2003-10-11T20:14:15.000000000Z"},
         {"2003-10-11 22:14:15,003| h", "2003-10-11T22:14:15.003000000Z"},
         {"2003-10-11 22:14:15.245255-0700|  h", "2003-10-12T05:14:15.245255000Z"},
         {"2003-10-11 22:14:15 -05:00| [x]", "2003-10-12T03:14:15.000000000Z"},
         {"2003-10-11  5:14:15| 8 [x]", "2003-10-11T05:14:15.000000000Z"},
         {"2003/10/11 22:14:15| [error]", "2003-10-11T22:14:15.000000000Z"},
         {"2003-10-11 22:14:15 UTC| [1]", "2003-10-11T22:14:15.000000000Z"}});
}

TEST(Timestamp, OtherForms) {
  check({{"Sat Oct 11 22:14:15 2003| [pid 2]", "2003-10-11T22:14:15.000000000Z"},
         {"Sat Oct 11 22:14:15.123456 2003|] x", "2003-10-11T22:14:15.123456000Z"},
         {"Sat May  7 03:17:27 CDT 2011| x", "2011-05-07T08:17:27.000000000Z"},
         {"11-Oct-2003 22:14:15.003| client", "2003-10-11T22:14:15.003000000Z"},
         {"11/Oct/2003:22:14:15 +0200|] x", "2003-10-11T20:14:15.000000000Z"},
         {"1/Apr/2014:00:00:01 -0500|] x", "2014-04-01T05:00:01.000000000Z"}});
}

TEST(Timestamp, WhatIsNone) {
  for (const char* text :
       {"", "Oct 11", "Oct 11 22:14", "Oct 11 22:14:1", "Oct 11 22:14:155", "Oct 111 22:14:15 h",
        "Oct  22:14:15 host", "Now 11 22:14:15 host", "Oct 11 22:14:15x", "2003-10-11",
        "2003-10-11T", "2003-10/11 22:14:15", "20031011T221415Z....", "1.2.3.4 - - [x] yyyyyyyy",
        "12345678901234567890", "Oct 11 222 22:14:15 host", "Sat Oct 11 2003 22:14:15"})
    EXPECT_EQ(read_time(text).form, TimeForm::none) << text;
}

TEST(Timestamp, TimesThatDoNotExist) {
  for (const char* text :
       {"Feb 30 10:00:00 h", "Oct 00 10:00:00 h", "Oct 11 24:00:00 h", "Oct 11 00:60:00 h",
        "Oct 11 00:00:61 h", "2003-13-11T22:14:15Z h", "2003-02-29T22:14:15Z h",
        "2003-10-11T22:14:15+24:00 h", "Feb 29 2023 10:00:00 h", "9999-01-01T00:00:00Z h"}) {
    EXPECT_NE(read_time(text).form, TimeForm::none) << text;
    EXPECT_EQ(utc(text), "none") << text;
  }
}

TEST(Timestamp, LeapSecondIsTheEndOfTheSecondBefore) {
  const StatedTime stated = read_time("Dec 31 23:59:60 h");
  EXPECT_TRUE(stated.leap_second);
  EXPECT_EQ(utc(read_time("2016-12-31T23:59:60Z h")), "2016-12-31T23:59:59.999999999Z");
  EXPECT_FALSE(read_time("Dec 31 23:59:59 h").leap_second);
}

TEST(Timestamp, StrictIsWhatRfc5424Allows) {
  EXPECT_TRUE(read_iso_time("2003-10-11T22:14:15.123456Z").strict);
  EXPECT_TRUE(read_iso_time("2003-10-11T22:14:15+02:00").strict);
  for (const char* text :
       {"2003-10-11T22:14:15.1234567Z", "2003-10-11t22:14:15Z", "2003-10-11T22:14:15z",
        "2003-10-11T22:14:60Z", "2003-10-11T22:14:15", "2003-10-11T22:14:15+0200",
        "2003-10-11T22:14:15,5Z", "2003-1-11T22:14:15Z", "2003-10-11T2:14:15Z"})
    EXPECT_FALSE(read_iso_time(text).strict) << text;
  EXPECT_EQ(read_iso_time("2003-10-11 22:14:15Z").form, TimeForm::none);
}

TEST(Timestamp, TheNearestYear) {
  const auto at = [](std::string_view when) {
    return base::ReceivedTime(base::parse_rfc3339(when).value());
  };
  const StatedTime eve = read_time("Dec 31 23:59:58 h");
  const StatedTime day = read_time("Jan  1 00:00:01 h");
  EXPECT_EQ(utc(eve, 0, at("2026-01-01T00:00:05Z")).substr(0, 4), "2025");
  EXPECT_EQ(utc(day, 0, at("2025-12-31T23:59:00Z")).substr(0, 4), "2026");
  EXPECT_EQ(utc(eve, 0, at("2025-12-31T23:59:59Z")).substr(0, 4), "2025");
  EXPECT_TRUE(resolve_time(eve, Zone(), 0, at("2026-01-01T00:00:05Z"))->other_year);
  EXPECT_FALSE(resolve_time(day, Zone(), 0, at("2026-01-01T00:00:05Z"))->other_year);
  const StatedTime leap = read_time("Feb 29 12:00:00 h");
  EXPECT_EQ(utc(leap, 0, at("2024-03-01T00:00:00Z")).substr(0, 10), "2024-02-29");
  EXPECT_EQ(utc(leap, 0, at("2023-03-01T00:00:00Z")), "none");
  EXPECT_EQ(utc(leap, 0, at("2025-02-28T00:00:00Z")), "none");
}

TEST(Timestamp, TheYearFromAnInstant) {
  const std::int64_t from = base::parse_rfc3339("2024-11-30T00:00:00Z").value();
  const auto in = [from](std::string_view text) {
    return utc(read_time(text), from).substr(0, 10);
  };
  EXPECT_EQ(in("Nov 30 00:00:00 h"), "2024-11-30");
  EXPECT_EQ(in("Nov 29 23:59:59 h"), "2025-11-29");
  EXPECT_EQ(in("Dec 31 23:59:59 h"), "2024-12-31");
  EXPECT_EQ(in("Jan  1 00:00:00 h"), "2025-01-01");
  EXPECT_EQ(utc(read_time("Feb 29 00:00:00 h"), from), "none");
  EXPECT_FALSE(resolve_time(read_time("Jan  1 00:00:00 h"), Zone(), from, received)->other_year);
}

TEST(Timestamp, ExtremesDoNotOverflow) {
  for (const std::int64_t ns :
       {INT64_MIN, INT64_MIN + 1, std::int64_t{-1}, std::int64_t{1}, INT64_MAX - 1, INT64_MAX}) {
    (void)resolve_time(read_time("Feb 29 00:00:00 h"), Zone(), 0, base::ReceivedTime(ns));
    (void)resolve_time(read_time("Dec 31 23:59:59 h"), Zone(), ns, base::ReceivedTime(ns));
  }
  EXPECT_EQ(utc("2261-12-31T23:59:59Z h"), "2261-12-31T23:59:59.000000000Z");
}

TEST(Timestamp, YearOf) {
  EXPECT_EQ(year_of(0), 1970);
  EXPECT_EQ(year_of(-1), 1969);
  EXPECT_EQ(year_of(received.value), 2025);
}

}  // namespace
}  // namespace tocsin::ingest
