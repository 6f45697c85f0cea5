// Reads a time at the front of a text, in the forms that logs use.
// Path:      text -> StatedTime -> instant (zone and year supplied by the source)
// Units:     ns since 1970Z; fractions in ns
// Threads:   pure functions
// Errors:    none; a time that does not exist is read with valid = false
// Source:    RFC 3164 section 4.1.2, RFC 3339, RFC 5424 section 6.2.3, asctime, Cisco IOS
// Tested by: tests/ingest/syslog/timestamp_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "ingest/syslog/zone.hpp"

namespace tocsin::ingest {

enum class TimeForm : std::uint8_t {
  none,
  bsd,        // Oct 11 22:14:15; also with a year, a fraction, a zone name
  iso,        // 2003-10-11T22:14:15.003Z
  iso_blank,  // 2003-10-11 22:14:15,003 and 2003/10/11 22:14:15
  ctime,      // Sat Oct 11 22:14:15 2003
  day_first,  // 11-Oct-2003 22:14:15, 11/Oct/2003:22:14:15 +0200
};

// What the text says, before it is known to be a time in some zone.
struct StatedTime {
  TimeForm form = TimeForm::none;
  bool valid = true;         // all parts are in range (29 February is, without a year)
  bool strict = true;        // follows RFC 5424 to the letter
  bool leap_second = false;  // second 60, already taken as the end of 59
  bool has_offset = false;
  std::int32_t year = -1;  // -1: not stated
  std::uint32_t month = 0;
  std::uint32_t day = 0;
  std::int32_t second_of_day = 0;
  std::int32_t nanosecond = 0;
  std::int32_t offset = 0;  // seconds east of UTC
  std::size_t size = 0;     // bytes of the text
};

// The time at the front of `text`, form none when there is none.
[[nodiscard]] StatedTime read_time(std::string_view text);
// Only RFC 3339's form, with T between date and time.
[[nodiscard]] StatedTime read_iso_time(std::string_view text);

struct Instant {
  std::int64_t ns = 0;
  bool other_year = false;  // the year was inferred, and is not the one of `received`
};
// Nothing when the time does not exist. A time without a year is the first at or after `year_from`,
// or with year_from = 0 the one nearest to `received`.
[[nodiscard]] std::optional<Instant> resolve_time(const StatedTime& stated, const Zone& zone,
                                                  std::int64_t year_from,
                                                  base::ReceivedTime received);

[[nodiscard]] std::int64_t year_of(std::int64_t ns);

}  // namespace tocsin::ingest
