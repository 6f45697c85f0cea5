// Reads a time as structured bodies write it.
// Path:      text of a value -> event time (ingest/decode/json, cef, key_value)
// Units:     ns since 1970Z
// Threads:   pure functions
// Errors:    an empty optional
// Source:    RFC 3339; CEF 25 "Date Formats" (MMM dd yyyy HH:mm:ss)
// Tested by: tests/ingest/decode/written_time_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin::ingest {

struct WrittenTime {
  std::int64_t ns = 0;
  bool local = false;  // written without a zone; ns is as if in UTC

  bool operator==(const WrittenTime&) const = default;
};

// RFC 3339 (T or a blank, any fraction, zone optional, also "UTC" or "GMT" behind a blank), or
// seconds (with a fraction), milliseconds, microseconds or nanoseconds since 1970, told apart by
// their size: from 1973 on each has its own count of digits. Anything else is no time.
[[nodiscard]] std::optional<WrittenTime> read_written_time(std::string_view text);

// "Nov 22 2026 03:08:00[.123][ UTC]", as CEF writes it beside epoch milliseconds.
[[nodiscard]] std::optional<WrittenTime> read_month_name_time(std::string_view text);

}  // namespace tocsin::ingest
