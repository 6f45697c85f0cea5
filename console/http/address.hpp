// An address and its port, as options write them.
// Threads:   pure function
// Errors:    console-1
// Source:    RFC 3986 section 3.2.2 (brackets around IPv6 addresses)
// Tested by: tests/console/http/address_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tocsin::console {

struct Address {
  std::string ip;  // an IPv4 or IPv6 address, never a name
  std::uint16_t port = 0;
};

// "127.0.0.1:9514", "[::1]:9514", "localhost:9514" (which is 127.0.0.1).
[[nodiscard]] base::Result<Address> parse_address(std::string_view text);

}  // namespace tocsin::console
