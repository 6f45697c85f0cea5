// Hour, day, week and the like of a time as it is written, without any change of zone.
// Threads:   pure function
// Errors:    an empty optional: no time, or one without that part
// Source:    SIGMA section 4 (minute ... year); ISO 8601 for weeks, 1 to 53
// Tested by: tests/rules/date_part_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin::rules {

enum class DatePart : std::uint8_t { none, minute, hour, day, week, month, year };

// `text` is YYYY-MM-DD, alone or followed by T or a blank and HH:MM and anything more.
[[nodiscard]] std::optional<std::int64_t> date_part(std::string_view text, DatePart part);

}  // namespace tocsin::rules
