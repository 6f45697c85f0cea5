// Hashes: a keyed one for tables that strangers fill, and SHA-256 for names of content.
// Threads:   pure functions
// Errors:    none
// Source:    FIPS 180-4 (by OpenSSL); folded multiplication as in wyhash
// Tested by: tests/base/hash_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tocsin::base {

// Random per process. No output may depend on it: it only spreads keys over a table.
extern const std::uint64_t table_seed;

[[nodiscard]] inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// 64 bits of `text` under `seed`. Fast for short keys; not a cryptographic hash.
[[nodiscard]] inline std::uint64_t keyed_hash(std::string_view text,
                                              std::uint64_t seed = table_seed) {
  constexpr std::uint64_t k0 = 0xa0761d6478bd642fULL, k1 = 0xe7037ed1a0b428dbULL;
  const char* p = text.data();
  std::size_t left = text.size();
  std::uint64_t state = seed ^ fold(text.size() ^ k0, k1);
  auto load8 = [](const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    return word;
  };
  while (left > 16) {
    state = fold(load8(p) ^ k0 ^ seed, load8(p + 8) ^ state);
    p += 16;
    left -= 16;
  }
  std::uint64_t a = 0, b = 0;
  if (left >= 8) {
    a = load8(p);
    b = load8(p + left - 8);
  } else if (left >= 4) {
    std::uint32_t low, high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + left - 4, 4);
    a = low;
    b = high;
  } else if (left > 0) {
    a = static_cast<unsigned char>(p[0]) |
        static_cast<std::uint64_t>(static_cast<unsigned char>(p[left / 2])) << 8U |
        static_cast<std::uint64_t>(static_cast<unsigned char>(p[left - 1])) << 16U;
  }
  return fold(fold(a ^ k0 ^ seed, b ^ k1 ^ state), k1 ^ state);
}

// For unordered containers with text keys: transparent, keyed.
struct TextHash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view text) const noexcept { return keyed_hash(text); }
};

using Sha256 = std::array<std::uint8_t, 32>;
[[nodiscard]] Sha256 sha256(std::string_view text);
// Lower-case hexadecimal digits of the first `bytes` bytes.
[[nodiscard]] std::string to_hex(const std::uint8_t* data, std::size_t bytes);

}  // namespace tocsin::base
