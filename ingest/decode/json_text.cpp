#include "ingest/decode/json_text.hpp"

#include <emmintrin.h>

#include <array>
#include <bit>

namespace tocsin::ingest {

namespace {

static_assert(json_text_slack == sizeof(__m128i));

unsigned quotes_and_escapes(__m128i block) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i escape = _mm_set1_epi8('\\');
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, escape))));
}

__m128i load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

// By the character behind the backslash; 0: none of the plain ones.
constexpr std::array<char, 256> plain_escapes = [] {
  std::array<char, 256> out{};
  out['"'] = '"';
  out['\\'] = '\\';
  out['b'] = '\b';
  out['f'] = '\f';
  out['n'] = '\n';
  out['r'] = '\r';
  out['t'] = '\t';
  return out;
}();

}  // namespace

std::optional<std::size_t> unescape_plain(const char* from, char* to) {
  char* const begin = to;
  while (true) {
    const __m128i block = load(from);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
    const unsigned hits = quotes_and_escapes(block);
    if (hits == 0) {
      from += sizeof(block);
      to += sizeof(block);
      continue;
    }
    const int plain = std::countr_zero(hits);
    from += plain;
    to += plain;
    // Escapes often stand together: the end of a line, a share's name.
    for (; *from == '\\'; from += 2) {
      const char meant = plain_escapes[static_cast<unsigned char>(from[1])];
      if (meant == '\0') return std::nullopt;
      *to++ = meant;
    }
    if (*from == '"') return static_cast<std::size_t>(to - begin);
  }
}

}  // namespace tocsin::ingest
