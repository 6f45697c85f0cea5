#include "ingest/syslog/body.hpp"

#include <emmintrin.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "base/text.hpp"

namespace tocsin::ingest {

using event::Anomaly;

namespace {

struct Found {
  bool control = false;
  bool not_ascii = false;
};

void look(__m128i bytes, __m128i& control, __m128i& high) {
  // Unsigned: min(b, 0x1F) == b for what is below a blank; tab is let through, DEL is not.
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
  const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
  control = _mm_or_si128(control, _mm_or_si128(_mm_andnot_si128(tab, low), del));
  high = _mm_or_si128(high, bytes);
}

__m128i load(const char* at) {
  __m128i bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

// Reads whole blocks, the last one overlapping the one before; never past the end.
Found look_through(std::string_view text) {
  constexpr std::size_t block = sizeof(__m128i);
  __m128i control = _mm_setzero_si128();
  __m128i high = _mm_setzero_si128();
  if (text.size() < block) {
    std::array<char, block> padded{};
    padded.fill(' ');
    if (!text.empty()) std::memcpy(padded.data(), text.data(), text.size());
    look(load(padded.data()), control, high);
  } else {
    std::size_t at = 0;
    for (; at + block <= text.size(); at += block) look(load(text.data() + at), control, high);
    look(load(text.data() + text.size() - block), control, high);
  }
  return {_mm_movemask_epi8(control) != 0, _mm_movemask_epi8(high) != 0};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    // ASCII in words of eight.
    while (text.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & 0x8080808080808080U) != 0) break;
      text.remove_prefix(8);
    }
    if (text.empty()) break;
    const std::size_t size = base::utf8_length(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

// The number at the front of `text`, at least 1, before " times"; removed with it.
std::uint32_t take_times(std::string_view& text) {
  std::uint32_t count = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (status != std::errc{} || count == 0) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  constexpr std::string_view times = " times";
  if (!text.starts_with(times)) return 0;
  text.remove_prefix(times.size());
  return count;
}

}  // namespace

event::Anomalies check_bytes(std::string_view text) {
  const Found found = look_through(text);
  event::Anomalies anomalies;
  if (found.control) anomalies.set(Anomaly::control_bytes);
  if (found.not_ascii && !is_utf8(text)) anomalies.set(Anomaly::bad_utf8);
  return anomalies;
}

void find_repeat_in(SyslogHeader& header) {
  std::string_view text = header.message;
  constexpr std::string_view last = "last message repeated ";
  constexpr std::string_view message = "message repeated ";
  if (text.starts_with(last)) {
    text.remove_prefix(last.size());
    const std::uint32_t count = take_times(text);
    if (count != 0) header.repeat = count;
    return;
  }
  if (!text.starts_with(message)) return;
  text.remove_prefix(message.size());
  const std::uint32_t count = take_times(text);
  constexpr std::string_view opening = ": [";
  if (count == 0 || !text.starts_with(opening)) return;
  text.remove_prefix(opening.size());
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (text.ends_with(']')) text.remove_suffix(1);
  header.repeat = count;
  header.repeated = text;
}

}  // namespace tocsin::ingest
