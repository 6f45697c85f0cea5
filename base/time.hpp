// The two kinds of time, their text forms, and durations as people write them.
// Units:     nanoseconds since 1970-01-01T00:00:00Z (no leap seconds); durations in nanoseconds
// Threads:   values and pure functions
// Errors:    parsers give an empty optional
// Source:    RFC 3339; civil date algorithms by Howard Hinnant
// Tested by: tests/base/time_test.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace tocsin::base {

using Nanoseconds = std::chrono::nanoseconds;
inline constexpr std::int64_t ns_per_second = 1'000'000'000;

// When the sender says that it happened; what windows run on.
using EventTime = Id<struct EventTimeTag, std::int64_t>;
// When we took it in; recorded with the frame.
using ReceivedTime = Id<struct ReceivedTimeTag, std::int64_t>;

// Days since 1970-01-01 of a date of the Gregorian calendar; month 1..12, day 1..31.
[[nodiscard]] constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month,
                                                     unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month + (month > 2 ? -3U : 9U)) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

struct CivilDate {
  std::int64_t year;
  unsigned month;
  unsigned day;
};
[[nodiscard]] CivilDate civil_from_days(std::int64_t days);

// "2026-11-22T03:08:00.123456789Z", always nine digits and UTC.
[[nodiscard]] std::string format_rfc3339(std::int64_t ns);

// RFC 3339 with any number of fraction digits (cut to nine) and any offset; also a blank instead of
// T. A time without an offset is taken as UTC when `zone_optional`.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text,
                                                        bool zone_optional = false);

// "500ms", "30s", "10m", "2h", "7d", "2w"; a plain 0 is allowed, any other number needs its unit.
[[nodiscard]] std::optional<Nanoseconds> parse_duration(std::string_view text);
// The shortest form that parse_duration reads back to the same value.
[[nodiscard]] std::string format_duration(Nanoseconds duration);

}  // namespace tocsin::base
