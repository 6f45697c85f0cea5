#include "rules/folding.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.hpp"

namespace tocsin::rules {

namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t stride;
  std::int32_t delta;
};

constexpr Range ranges[] = {
#include "rules/folding_table.inc"
};

std::uint32_t decode(const char* at, std::size_t length) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(at[i]));
  };
  switch (length) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    case 3:
      return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    default:
      return (byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U |
             (byte(3) & 0x3FU);
  }
}

std::size_t encode(std::uint32_t code, char* out) {
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<char>(0xC0U | code >> 6U);
    out[1] = static_cast<char>(0x80U | (code & 0x3FU));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = static_cast<char>(0xE0U | code >> 12U);
    out[1] = static_cast<char>(0x80U | (code >> 6U & 0x3FU));
    out[2] = static_cast<char>(0x80U | (code & 0x3FU));
    return 3;
  }
  out[0] = static_cast<char>(0xF0U | code >> 18U);
  out[1] = static_cast<char>(0x80U | (code >> 12U & 0x3FU));
  out[2] = static_cast<char>(0x80U | (code >> 6U & 0x3FU));
  out[3] = static_cast<char>(0x80U | (code & 0x3FU));
  return 4;
}

char fold_ascii(char c) {
  return static_cast<char>(c | (static_cast<unsigned char>(c - 'A') < 26 ? 0x20 : 0));
}

// Most of a text is ASCII even where not all of it is: eight bytes at a time.
std::size_t fold_unicode(std::string_view text, char* out) {
  char* const start = out;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::uint64_t word = 0;
    if (end - at >= 8) {
      std::memcpy(&word, at, 8);
      if ((word & 0x8080808080808080U) == 0) {
        for (int i = 0; i < 8; ++i) out[i] = fold_ascii(at[i]);
        at += 8;
        out += 8;
        continue;
      }
    }
    if (static_cast<unsigned char>(*at) < 0x80) {
      *out++ = fold_ascii(*at++);
      continue;
    }
    const std::size_t length = base::utf8_length({at, static_cast<std::size_t>(end - at)});
    if (length == 0) {
      *out++ = *at++;
      continue;
    }
    out += encode(fold_code_point(decode(at, length)), out);
    at += length;
  }
  return static_cast<std::size_t>(out - start);
}

// Whether `test` sets the highest bit of some byte of the text. Bytes of the last block are seen
// twice where the text is no multiple of 16.
template <typename Test>
bool any_of_blocks(std::string_view text, Test&& test) {
  const auto load = [](const char* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  };
  if (text.size() < 16) {
    char block[16] = {};
    if (!text.empty()) std::memcpy(block, text.data(), text.size());
    return _mm_movemask_epi8(test(load(block))) != 0;
  }
  __m128i seen = test(load(text.data() + text.size() - 16));
  const auto see = [&](const char* at) { seen = _mm_or_si128(seen, test(load(at))); };
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= 64; at += 64) {
    see(at);
    see(at + 16);
    see(at + 32);
    see(at + 48);
  }
  for (; end - at >= 16; at += 16) see(at);
  return _mm_movemask_epi8(seen) != 0;
}

}  // namespace

std::uint32_t fold_code_point(std::uint32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
  const Range* found = std::ranges::lower_bound(ranges, code, {}, &Range::last);
  if (found == std::end(ranges) || code < found->first) return code;
  if ((code - found->first) % found->stride != 0) return code;
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(code) + found->delta);
}

std::size_t fold_to(std::string_view text, char* out) {
  unsigned char seen = 0;
  // Plain enough for the compiler to do sixteen bytes at a time.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    seen |= c;
    out[i] = static_cast<char>(c | ((c >= 'A') & (c <= 'Z')) << 5U);
  }
  return seen < 0x80 ? text.size() : fold_unicode(text, out);
}

std::string folded(std::string_view text) {
  std::string out(folded_bound(text.size()), '\0');
  out.resize(fold_to(text, out.data()));
  return out;
}

bool may_fold_to_ascii(std::string_view text) {
  if (is_ascii(text)) return false;
  const __m128i c5 = _mm_set1_epi8('\xC5');
  const __m128i e2 = _mm_set1_epi8('\xE2');
  const auto seen = any_of_blocks(text, [&](__m128i block) {
    return _mm_or_si128(_mm_cmpeq_epi8(block, c5), _mm_cmpeq_epi8(block, e2));
  });
  return seen && (text.find("\xC5\xBF") != std::string_view::npos ||
                  text.find("\xE2\x84\xAA") != std::string_view::npos);
}

bool is_ascii(std::string_view text) {
  return !any_of_blocks(text, [](__m128i block) { return block; });
}

}  // namespace tocsin::rules
