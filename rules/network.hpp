// IP networks and addresses, for the modifier cidr.
// Threads:   values and pure functions
// Errors:    parsers give an empty optional
// Source:    SIGMA section 4, cidr
// Tested by: tests/rules/network_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin::rules {

// Network byte order; an IPv4 address stands in the first four bytes. An IPv4 address written as
// ::ffff:a.b.c.d is an IPv4 address.
struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;

  auto operator<=>(const Address&) const = default;
};
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
// The first `bits` bits, the rest 0.
[[nodiscard]] Address masked(const Address& address, unsigned bits);

struct Network {
  Address address;
  unsigned bits = 0;

  auto operator<=>(const Network&) const = default;
  [[nodiscard]] bool contains(const Address& other) const {
    return other.v6 == address.v6 && masked(other, bits) == address;
  }
};
// "10.0.0.0/8", "2001:db8::/32"; refused when bits behind the prefix are set.
[[nodiscard]] std::optional<Network> parse_network(std::string_view text);

}  // namespace tocsin::rules
