#include "rules/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tocsin::rules {

std::optional<Address> parse_address(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
  // Most values are no address at all; the first character tells.
  const char first = text[0];
  const bool may_be = (first >= '0' && first <= '9') || (first >= 'a' && first <= 'f') ||
                      (first >= 'A' && first <= 'F') || first == ':';
  if (!may_be || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  Address out;
  if (inet_pton(AF_INET, buffer, out.bytes.data()) == 1) return out;
  out = {};
  if (inet_pton(AF_INET6, buffer, out.bytes.data()) != 1) return std::nullopt;
  static constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(mapped.begin(), mapped.end(), out.bytes.begin())) {
    Address v4;
    std::copy(out.bytes.begin() + 12, out.bytes.end(), v4.bytes.begin());
    return v4;
  }
  out.v6 = true;
  return out;
}

Address masked(const Address& address, unsigned bits) {
  Address out = address;
  for (unsigned i = 0; i < out.bytes.size(); ++i) {
    const unsigned kept = bits > i * 8 ? std::min(8U, bits - i * 8) : 0;
    out.bytes[i] = static_cast<std::uint8_t>(out.bytes[i] & (0xFF00U >> kept));
  }
  return out;
}

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_address(text.substr(0, slash));
  const std::string_view suffix = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, status] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), bits);
  if (!address || suffix.empty() || status != std::errc{} || end != suffix.data() + suffix.size())
    return std::nullopt;
  if (bits > (address->v6 ? 128U : 32U) || masked(*address, bits) != *address) return std::nullopt;
  return Network{*address, bits};
}

}  // namespace tocsin::rules
