// Typed readers of the values inside a message body: addresses, numbers, times.
// Units:     each takes [at, end) and returns where the value ended, nullptr when there is none
// Threads:   pure functions
// Errors:    nullptr
// Source:    RFC 4291 2.2 (addresses), Common Log Format, asctime(3), RFC 3339
// Tested by: tests/ingest/decode/value_reader_test.cpp
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/decode/pattern.hpp"

namespace tocsin::ingest {

// A time as written, its parts checked against the calendar. Second 60 reads as 59.999999999.
struct CalendarTime {
  std::int32_t year = 0;  // 0: not stated
  std::uint8_t month = 0;
  std::uint8_t day = 0;
  std::uint8_t hour = 0;
  std::uint8_t minute = 0;
  std::uint8_t second = 0;
  bool has_offset = false;
  bool leap_second = false;
  std::uint32_t nanosecond = 0;
  std::int32_t offset = 0;  // seconds east of UTC
};

struct CapturedValue {
  const char* data = nullptr;  // nullptr: in an optional group that was not there
  std::uint32_t size = 0;
  bool is_address = false;  // of a host: an IP address, not a name
  bool escaped = false;     // of a quoted text: holds backslash escapes

  [[nodiscard]] std::string_view text() const { return {data, size}; }
};

// ns since 1970Z as if the time's zone were UTC, less its own offset where it states one.
[[nodiscard]] std::int64_t as_utc(const CalendarTime& time);

// `type` is one of the times of CaptureType.
[[nodiscard]] const char* read_time(CaptureType type, const char* at, const char* end,
                                    CalendarTime& out);

// Strict dotted IPv4: four numbers 0 to 255, with nothing like a fifth behind.
[[nodiscard]] const char* read_ipv4(const char* at, const char* end);

// IPv4 or IPv6, the latter also in brackets and with a zone (%eth0). `value` is the address alone,
// and of an IPv4-mapped address its IPv4 part.
[[nodiscard]] const char* read_ip(const char* at, const char* end, std::string_view& value);

[[nodiscard]] const char* read_integer(const char* at, const char* end);
[[nodiscard]] const char* read_number(const char* at, const char* end);
[[nodiscard]] const char* read_hex(const char* at, const char* end);
[[nodiscard]] const char* read_port(const char* at, const char* end);

// The whole of `text` as a value of `type` (of one that needs no pattern around it): false when it is
// none. An empty text, and a lone "-" where the type takes it for none, gives an empty value.
[[nodiscard]] bool read_whole(CaptureType type, std::string_view text, CapturedValue& value,
                              CalendarTime& time);

// A host name: letters, digits, `.`, `-` and `_`, at most 255.
[[nodiscard]] bool is_host_name(std::string_view text);

}  // namespace tocsin::ingest
