// Typed readers of the values inside a message body: addresses, numbers, times.
// Units:     each takes [at, end) and returns where the value ended, nullptr when there is none
// Threads:   pure functions
// Errors:    nullptr
// Source:    RFC 4291 2.2 (addresses); times as ingest/syslog/timestamp reads them
// Tested by: tests/ingest/decode/value_reader_test.cpp
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/decode/pattern.hpp"
#include "ingest/syslog/timestamp.hpp"

namespace tocsin::ingest {

struct CapturedValue {
  const char* data = nullptr;  // nullptr: in an optional group that was not there
  std::uint32_t size = 0;
  bool is_address = false;  // of a host: an IP address, not a name
  bool escaped = false;     // of a quoted text: holds backslash escapes

  [[nodiscard]] std::string_view text() const { return {data, size}; }
};

// `type` is one of the times of CaptureType. All parts of `out` are in range.
[[nodiscard]] const char* read_time_as(CaptureType type, const char* at, const char* end,
                                       StatedTime& out);

// Strict dotted IPv4: four numbers 0 to 255, with nothing like a fifth behind.
[[nodiscard]] const char* read_ipv4(const char* at, const char* end);

// IPv4 or IPv6, the latter also in brackets and with a zone (%eth0). `value` is the address alone,
// and of an IPv4-mapped address its IPv4 part.
[[nodiscard]] const char* read_ip(const char* at, const char* end, std::string_view& value);

[[nodiscard]] const char* read_integer(const char* at, const char* end);
[[nodiscard]] const char* read_number(const char* at, const char* end);
[[nodiscard]] const char* read_hex(const char* at, const char* end);
[[nodiscard]] const char* read_port(const char* at, const char* end);

// The whole of `text` as a value of `type` (one that needs no pattern around it): false when it is
// none. An empty text, and a lone "-" where the type takes it for none, gives an empty value. A port
// behind an address is left off.
[[nodiscard]] bool read_whole(CaptureType type, std::string_view text, CapturedValue& value,
                              StatedTime& time);

// A host name: letters, digits, `.`, `-` and `_`, at most 255.
[[nodiscard]] bool is_host_name(std::string_view text);

}  // namespace tocsin::ingest
