// Searches short stretches of log text, where a call of memmem would cost more than it finds.
// Units:     bytes
// Threads:   pure functions
// Errors:    nullptr when there is none
// Source:    "SIMD-friendly algorithms for substring searching", W. Mula (first and last byte)
// Tested by: tests/ingest/decode/find_text_test.cpp
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tocsin::ingest {

// All of these may read up to 15 bytes behind `end`, whose content does not matter.

// The first place in [at, end) of a blank (space or tab) or of `other`; `end` when there is none.
inline const char* find_blank_or(char other, const char* at, const char* end) {
  const __m128i space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t');
  const __m128i wanted = _mm_set1_epi8(other);
  for (; at < end; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i equal =
        _mm_or_si128(_mm_cmpeq_epi8(block, wanted),
                     _mm_or_si128(_mm_cmpeq_epi8(block, space), _mm_cmpeq_epi8(block, tab)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(equal));
    if (mask != 0) {
      const char* found = at + std::countr_zero(mask);
      return found < end ? found : end;
    }
  }
  return end;
}

// The first place in [at, end) where the whole of `text` (not empty) stands.
inline const char* find_first(std::string_view text, const char* at, const char* end) {
  const std::size_t size = text.size();
  if (static_cast<std::size_t>(end - at) < size) return nullptr;
  const char* stop = end - size + 1;  // one past the last place
  const __m128i first = _mm_set1_epi8(text.front()), last = _mm_set1_epi8(text.back());
  for (; at < stop; at += 16) {
    const __m128i front = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i back = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + size - 1));
    auto mask = static_cast<unsigned>(
        _mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(front, first), _mm_cmpeq_epi8(back, last))));
    while (mask != 0) {
      const char* found = at + std::countr_zero(mask);
      if (found >= stop) return nullptr;
      if (size <= 2 || std::memcmp(found + 1, text.data() + 1, size - 2) == 0) return found;
      mask &= mask - 1;
    }
  }
  return nullptr;
}

// The last place in [at, end) where the whole of `text` (not empty) stands.
inline const char* find_last(std::string_view text, const char* at, const char* end) {
  const std::size_t size = text.size();
  if (static_cast<std::size_t>(end - at) < size) return nullptr;
  const __m128i first = _mm_set1_epi8(text.front()), last = _mm_set1_epi8(text.back());
  const char* stop = end - size + 1;  // one past the last place
  while (stop > at) {
    // Blocks end where the one before began; the first of the text may be shorter.
    const char* block = stop - at > 16 ? stop - 16 : at;
    const auto wanted = (std::uint32_t{1} << static_cast<unsigned>(stop - block)) - 1U;
    const __m128i front = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
    const __m128i back = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + size - 1));
    auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(
                    _mm_and_si128(_mm_cmpeq_epi8(front, first), _mm_cmpeq_epi8(back, last)))) &
                wanted;
    while (mask != 0) {
      const unsigned bit = 31U - static_cast<unsigned>(std::countl_zero(mask));
      const char* found = block + bit;
      if (size <= 2 || std::memcmp(found + 1, text.data() + 1, size - 2) == 0) return found;
      mask &= ~(std::uint32_t{1} << bit);
    }
    stop = block;
  }
  return nullptr;
}

}  // namespace tocsin::ingest
