#include "base/hash.hpp"

#include <openssl/sha.h>

#include <random>

namespace tocsin::base {

namespace {

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

const std::uint64_t table_seed = random_seed();

Sha256 sha256(std::string_view text) {
  Sha256 out;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

std::string to_hex(const std::uint8_t* data, std::size_t bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes * 2);
  for (std::size_t i = 0; i < bytes; ++i) {
    out += digits[data[i] >> 4U];
    out += digits[data[i] & 15U];
  }
  return out;
}

}  // namespace tocsin::base
