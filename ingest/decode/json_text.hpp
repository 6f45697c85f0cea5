// Unescapes JSON strings, in blocks between escapes.
// Path:      the text of a string token -> its value (ingest/decode/json)
// Units:     bytes
// Threads:   pure functions
// Errors:    none; what is rare is left to the caller
// Source:    RFC 8259 section 7
// Tested by: tests/ingest/decode/json_text_test.cpp, json_fuzz
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <optional>

namespace tocsin::ingest {

// How far the functions here read behind the closing quote, and write behind the value.
inline constexpr std::size_t json_text_slack = 16;

// The first quote or backslash from `at` on; there must be a quote.
[[nodiscard]] inline const char* find_quote_or_escape(const char* at) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i escape = _mm_set1_epi8('\\');
  for (;; at += sizeof(__m128i)) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto hits = static_cast<unsigned>(_mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, escape))));
    if (hits != 0) return at + std::countr_zero(hits);
  }
}

// Writes the value of the string that begins at `from`, behind its opening quote, to `to`, and
// returns its size. Nothing for a string with an escape of another kind than a backslash and one of "\\bfnrt,
// or a wrong one: then what stands in `to` means nothing.
[[nodiscard]] std::optional<std::size_t> unescape_plain(const char* from, char* to);

}  // namespace tocsin::ingest
