#include "ingest/decode/audit_values.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

namespace tocsin::ingest {

namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string_view port_text(unsigned char high, unsigned char low, base::Arena& arena) {
  std::array<char, 8> text{};
  const auto [end, status] =
      std::to_chars(text.data(), text.data() + text.size(), high << 8U | low);
  return arena.copy({text.data(), static_cast<std::size_t>(end - text.data())});
}

std::string_view address_text(int family, const void* bytes, base::Arena& arena) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(family, bytes, text.data(), text.size()) == nullptr) return {};
  return arena.copy(text.data());
}

}  // namespace

bool is_audit_hex(std::string_view text) {
  if (text.empty() || text.size() % 2 != 0) return false;
  for (const char c : text) {
    if (digit_of(c) < 0) return false;
  }
  return true;
}

std::string_view decode_audit_hex(std::string_view text, base::Arena& arena) {
  const std::size_t size = text.size() / 2;
  char* out = arena.allocate(size);
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = static_cast<char>(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
  }
  return {out, size};
}

bool needs_audit_hex(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '"' || byte < 0x21 || byte > 0x7e) return true;
  }
  return false;
}

AuditAddress decode_audit_address(std::string_view hex, base::Arena& arena) {
  if (!is_audit_hex(hex) || hex.size() < 4) return {};
  const std::string_view text = decode_audit_hex(hex, arena);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  // No family is above 255.
  const unsigned family = bytes[0] == 0 ? bytes[1] : bytes[0];
  AuditAddress out;
  switch (family) {
    case 1: {  // sun_path: 108 bytes, to the first NUL; abstract names begin with one
      out.family = "unix";
      std::string_view path = text.substr(2);
      const bool abstract = path.size() > 1 && path[0] == '\0';
      if (abstract) path.remove_prefix(1);
      path = path.substr(0, path.find('\0'));
      if (abstract && !path.empty()) {
        char* name = arena.allocate(path.size() + 1);
        name[0] = '@';
        std::memcpy(name + 1, path.data(), path.size());
        path = {name, path.size() + 1};
      }
      out.path = path;
      return out;
    }
    case 2:  // sin_port 2, sin_addr 4
      if (text.size() < 8) return {};
      out.family = "ipv4";
      out.port = port_text(bytes[2], bytes[3], arena);
      out.address = address_text(AF_INET, bytes + 4, arena);
      return out;
    case 10:  // sin6_port 2, sin6_flowinfo 4, sin6_addr 16
      if (text.size() < 24) return {};
      out.family = "ipv6";
      out.port = port_text(bytes[2], bytes[3], arena);
      out.address = address_text(AF_INET6, bytes + 8, arena);
      return out;
    case 16:
      out.family = "netlink";
      return out;
    default:
      return {};
  }
}

bool is_ip_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.empty() || text.size() >= copy.size() || text.find('\0') != text.npos) return false;
  std::memcpy(copy.data(), text.data(), text.size());
  std::array<unsigned char, 16> out{};
  return inet_pton(text.find(':') == std::string_view::npos ? AF_INET : AF_INET6, copy.data(),
                   out.data()) == 1;
}

}  // namespace tocsin::ingest
