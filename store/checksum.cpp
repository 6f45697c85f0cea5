#include "store/checksum.hpp"

#include <nmmintrin.h>

#include <cstring>

namespace tocsin::store {

std::uint32_t crc32c(std::string_view bytes, std::uint32_t start) {
  std::uint64_t state = ~start;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    state = _mm_crc32_u64(state, word);
  }
  auto narrow = static_cast<std::uint32_t>(state);
  for (; left > 0; ++at, --left) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}

}  // namespace tocsin::store
