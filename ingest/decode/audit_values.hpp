// Values of Linux audit records that are not text: hexadecimal strings and socket addresses.
// Path:      unquoted value -> bytes; saddr -> family, address, port (ingest/decode/audit)
// Threads:   pure functions
// Errors:    an empty optional or an empty address; the caller keeps the value as written
// Source:    kernel/audit.c (audit_log_n_untrustedstring), include/linux/socket.h
// Tested by: tests/ingest/decode/audit_values_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.hpp"

namespace tocsin::ingest {

// Hexadecimal digits only, an even number of them, at least two.
[[nodiscard]] bool is_audit_hex(std::string_view text);
// The bytes of is_audit_hex text, in `arena`.
[[nodiscard]] std::string_view decode_audit_hex(std::string_view text, base::Arena& arena);
// What the kernel would have written in hexadecimal: it holds a quote, a control byte or a byte
// above 0x7e, or a blank.
[[nodiscard]] bool needs_audit_hex(std::string_view text);

struct AuditAddress {
  std::string_view family;  // ipv4, ipv6, unix, netlink; empty: not known or too short
  std::string_view address;
  std::string_view port;
  std::string_view path;  // unix; an abstract name begins with '@'
};
// Texts lie in `arena` or are static. The family's two bytes tell the byte order of the host.
[[nodiscard]] AuditAddress decode_audit_address(std::string_view hex, base::Arena& arena);

// A dotted IPv4 or an IPv6 address, whole.
[[nodiscard]] bool is_ip_address(std::string_view text);

}  // namespace tocsin::ingest
