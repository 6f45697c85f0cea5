#include "ingest/syslog/origin.hpp"

#include <tmmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace tocsin::ingest {

namespace {

constexpr std::size_t max_name = 128;
constexpr std::size_t max_pid = 64;
constexpr std::size_t max_host = 255;

enum Class : std::uint8_t {
  in_host = 1,
  in_name = 2,
  in_pid = 4,
  letter = 8,
  digit = 16,
  hex = 32
};

constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> table{};
  const auto set = [&table](std::string_view characters, std::uint8_t bits) {
    for (const char c : characters) {
      auto& row = table[static_cast<unsigned char>(c)];
      row = static_cast<std::uint8_t>(row | bits);
    }
  };
  for (unsigned c = 'a'; c <= 'z'; ++c) {
    table[c] = in_host | in_name | in_pid | letter | (c <= 'f' ? hex : 0);
    table[c - 32] = table[c];
  }
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = in_host | in_name | in_pid | digit | hex;
  for (unsigned c = 0x80; c <= 0xFF; ++c) table[c] = in_host | in_name;
  set("-_", in_host | in_name | in_pid);
  set("./@", in_host | in_name);
  set(":", in_host);
  set("+\\~", in_name);
  return table;
}();

bool is(char c, int bits) { return (classes[static_cast<unsigned char>(c)] & bits) != 0; }

std::string_view without_blank(std::string_view text) {
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

std::size_t word_size(std::string_view text) { return std::min(text.find(' '), text.size()); }

// Words that grade a message; no program and no host is named like this.
bool is_level(std::string_view word) {
  using namespace std::string_view_literals;
  // By length, so that most words are told by it.
  constexpr std::array levels = {"err"sv,    "info"sv,    "warn"sv,     "crit"sv,
                                 "error"sv,  "debug"sv,   "trace"sv,    "fatal"sv,
                                 "alert"sv,  "panic"sv,   "emerg"sv,    "notice"sv,
                                 "severe"sv, "warning"sv, "critical"sv, "emergency"sv};
  constexpr std::array<std::uint8_t, 11> first = {0, 0, 0, 0, 1, 4, 11, 13, 14, 15, 16};
  if (word.size() < 3 || word.size() > 9) return false;
  if (word == "SECURITY" || word == "VERBOSE") return true;  // Asterisk's
  for (std::size_t i = first[word.size()]; i < first[word.size() + 1]; ++i) {
    std::size_t same = 0;
    while (same < word.size() && (word[same] | 0x20) == levels[i][same]) ++same;
    if (same == word.size()) return true;
  }
  return false;
}

bool is_upper_level(std::string_view word) {
  return !word.empty() && word.front() >= 'A' && word.front() <= 'Z' && is_level(word);
}

// The name of a tag: letters, digits and some marks, at least one letter; "(…)" may be a part of
// it.
std::size_t name_size(std::string_view text) {
  std::size_t size = 0;
  bool has_letter = false;
  while (size < text.size() && size <= max_name) {
    const char c = text[size];
    if (is(c, in_name)) {
      has_letter = has_letter || is(c, letter);
      ++size;
    } else if (c == '(' && size > 0) {
      const std::size_t end = text.substr(0, max_name).find_first_of(") ", size);
      if (end == std::string_view::npos || text[end] != ')') return 0;
      size = end + 1;
    } else {
      break;
    }
  }
  return has_letter && size <= max_name ? size : 0;
}

// "[12]" at the front of `text`: its size, 0 when it is something else.
std::size_t pid_size(std::string_view text, std::string_view& pid) {
  if (text.empty() || text.front() != '[') return 0;
  std::size_t size = 1;
  while (size < text.size() && size <= max_pid && is(text[size], in_pid)) ++size;
  if (size == 1 || size == text.size() || text[size] != ']') return 0;
  pid = text.substr(1, size - 1);
  return size + 1;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is(c, digit); });
}

// What may stand behind "name:", so that "http://host" and "10:30" are no tags.
bool ends_tag(std::string_view behind) {
  if (behind.empty()) return true;
  constexpr std::string_view openers = " \t[{(<'\"";
  return openers.find(behind.front()) != std::string_view::npos || behind.starts_with("CEF:") ||
         behind.starts_with("LEEF:");
}

bool is_address(std::string_view word) {
  std::size_t dots = 0;
  std::size_t colons = 0;
  for (const char c : word) {
    if (c == '.') {
      ++dots;
    } else if (c == ':') {
      ++colons;
    } else if (!is(c, hex)) {
      return false;
    }
  }
  // Not "10:30:00".
  if (colons >= 2) return colons == 7 || word.find("::") != std::string_view::npos;
  return dots == 3 && colons == 0 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c == '.' || is(c, digit); }) &&
         word.front() != '.' && word.back() != '.';
}

// What syslog daemons themselves write behind the host, without a tag.
bool is_untagged(std::string_view text) {
  return text.starts_with("last message repeated ") || text.starts_with("message repeated ") ||
         text.starts_with("-- MARK --");
}

// The size of the word at the front that could be a host, 0 when it could not.
std::size_t host_size(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() == '[') {
    const std::size_t end = text.find(']');
    const bool whole = end != std::string_view::npos && end <= 46 &&
                       (end + 1 == text.size() || text[end + 1] == ' ');
    return whole && is_address(text.substr(1, end - 1)) ? end + 1 : 0;
  }
  std::size_t size = 0;
  while (size < text.size() && is(text[size], in_host)) ++size;
  if (size < text.size() && text[size] == '%' && text.substr(0, size).find("::") != text.npos) {
    // The interface of a link-local address.
    ++size;
    while (size < text.size() && is(text[size], in_host)) ++size;
  }
  if (size == 0 || size > max_host || (size < text.size() && text[size] != ' ')) return 0;
  const std::string_view word = text.substr(0, size);
  return word.find(':') == std::string_view::npos || is_address(word.substr(0, word.find('%')))
             ? size
             : 0;
}

bool is_enough(const Origin& tag, HostEvidence evidence) {
  if (evidence < HostEvidence::pid) return true;
  return !tag.pid.empty() && (tag.has_colon || evidence == HostEvidence::pid);
}

__m128i classes_of(__m128i bytes) {
  // A character is in the class when its two halves share a bit: 1 "-./", 2 digits, 4 a-o and A-O,
  // 8 p-z and P-Z, 16 '_'.
  const __m128i low_halves =
      _mm_setr_epi8(10, 14, 14, 14, 14, 14, 14, 14, 14, 14, 12, 4, 4, 5, 5, 21);
  const __m128i high_halves = _mm_setr_epi8(0, 0, 1, 2, 4, 24, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i half = _mm_set1_epi8(0x0F);
  return _mm_and_si128(
      _mm_shuffle_epi8(low_halves, _mm_and_si128(bytes, half)),
      _mm_shuffle_epi8(high_halves, _mm_and_si128(_mm_srli_epi16(bytes, 4), half)));
}

// Bit i tells of byte i.
struct Bits {
  std::uint32_t outside;  // neither letter, digit, '-', '.', '/' nor '_'
  std::uint32_t digits;
};

Bits look_at_16(const char* at) {
  __m128i bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  const __m128i found = classes_of(bytes);
  return {static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(found, _mm_setzero_si128()))),
          static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(found, _mm_set1_epi8(2))))};
}

Bits look_at_32(const char* at) {
  const Bits low = look_at_16(at);
  const Bits high = look_at_16(at + 16);
  return {low.outside | high.outside << 16U, low.digits | high.digits << 16U};
}

// What read_plain_origin may look at: a host and a blank, 32 bytes of tag, ": " behind them.
constexpr std::size_t reach = 15 + 1 + 32 + 2;

constexpr std::uint64_t packed(std::string_view word) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < word.size(); ++i)
    key |= static_cast<std::uint64_t>(static_cast<unsigned char>(word[i])) << (8 * i);
  return key;
}

// Might the name of `size` bytes at `at` (8 may be read) be a level, CEF or LEEF? Never a false no.
bool is_special(const char* at, std::size_t size) {
  std::uint64_t key = 0;
  std::memcpy(&key, at, sizeof key);
  key |= 0x2020202020202020U;
  if (size < 8) key &= (std::uint64_t{1} << (8 * size)) - 1;
  switch (size) {
    case 3:
      return key == packed("err") || key == packed("cef");
    case 4:
      return key == packed("info") || key == packed("warn") || key == packed("crit") ||
             key == packed("leef");
    case 5:
      return key == packed("error") || key == packed("debug") || key == packed("trace") ||
             key == packed("fatal") || key == packed("alert") || key == packed("panic") ||
             key == packed("emerg");
    case 6:
      return key == packed("notice") || key == packed("severe");
    case 7:
      return key == packed("warning");
    case 8:
      return key == packed("critical");
    case 9:
      return key == packed("emergenc");
    default:
      return false;
  }
}

}  // namespace

bool is_host(std::string_view word) { return !word.empty() && host_size(word) == word.size(); }

bool read_plain_origin(std::string_view text, SyslogHeader& out) {
  std::array<char, reach> padded;
  const char* front = text.begin();
  if (text.size() < reach) {
    std::memset(padded.data(), 0, padded.size());
    std::memcpy(padded.data(), text.data(), text.size());
    front = padded.data();
  }
  const std::uint32_t host_end = look_at_16(front).outside;
  if (host_end == 0) return false;
  const auto host = static_cast<std::size_t>(std::countr_zero(host_end));
  // Capitals might be a level's.
  if (host == 0 || front[host] != ' ' || (front[0] >= 'A' && front[0] <= 'Z')) return false;
  const char* const tag = front + host + 1;
  const Bits window = look_at_32(tag);
  if (window.outside == 0) return false;
  const auto name = static_cast<std::size_t>(std::countr_zero(window.outside));
  if (name == 0 || !is(tag[0], letter)) return false;
  std::size_t colon = name;
  std::size_t pid = 0;
  if (tag[name] == '[') {
    const std::uint32_t behind = window.outside & (window.outside - 1);
    if (behind == 0) return false;
    const auto close = static_cast<std::size_t>(std::countr_zero(behind));
    pid = close - name - 1;
    const std::uint32_t digits = window.digits >> (name + 1);
    if (tag[close] != ']' || pid == 0 || static_cast<std::size_t>(std::countr_one(digits)) < pid)
      return false;
    colon = close + 1;
  }
  if (tag[colon] != ':' || tag[colon + 1] != ' ' || is_special(tag, name)) return false;
  const std::size_t at = host + 1;
  out.host = text.substr(0, host);
  out.program = text.substr(at, name);
  if (pid > 0) out.pid = text.substr(at + name + 1, pid);
  out.message = text.substr(at + colon + 2);
  return true;
}

bool read_tag(std::string_view text, Origin& out) {
  const std::size_t size = name_size(text);
  if (size == 0) return false;
  const std::string_view name = text.substr(0, size);
  std::string_view behind = text.substr(size);
  std::string_view pid;
  bool has_colon = true;
  if (behind.starts_with(" [")) {
    // "sogod [12]: ": only with the colon, other words go on like this too.
    const std::size_t used = pid_size(behind.substr(1), pid);
    if (used == 0 || !behind.substr(1 + used).starts_with(": ") || !all_digits(pid)) return false;
    behind.remove_prefix(used + 2);
  } else if (const std::size_t used = pid_size(behind, pid); used != 0) {
    behind.remove_prefix(used);
    if (!behind.empty() && behind.front() == ':') {
      behind.remove_prefix(1);
    } else if (!all_digits(pid) || (!behind.empty() && behind.front() != ' ')) {
      return false;
    } else {
      has_colon = false;
    }
  } else if (!behind.empty() && behind.front() == ':') {
    behind.remove_prefix(1);
    if (!ends_tag(behind) || name == "CEF" || name == "LEEF") return false;
  } else {
    return false;
  }
  if (is_level(name)) return false;
  out.program = name;
  out.pid = pid;
  out.message = without_blank(behind);
  out.has_colon = has_colon;
  return true;
}

bool read_origin(std::string_view text, HostEvidence evidence, Origin& out) {
  out.message = text;
  const std::size_t size = host_size(text);
  if (size == 0) {
    Origin tag;
    if (!read_tag(text, tag) || !is_enough(tag, evidence)) return false;
    out = tag;
    return true;
  }
  std::string_view host = text.substr(0, size);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  const std::string_view behind = without_blanks(text.substr(size));
  Origin tag;
  if (!is_upper_level(host) && read_tag(behind, tag) && is_enough(tag, evidence)) {
    out = tag;
    out.host = host;
    return true;
  }
  if (evidence < HostEvidence::pid) {
    if (behind.starts_with('[') && read_tag(text, tag)) {
      out = tag;
      return true;
    }
    // F5 writes the level between host and tag.
    const std::size_t level = word_size(behind);
    if (is_level(behind.substr(0, level)) && read_tag(without_blanks(behind.substr(level)), tag)) {
      out = tag;
      out.host = host;
      return true;
    }
  }
  const bool certain = evidence < HostEvidence::pid &&
                       (is_address(host) || is_untagged(behind) || behind.starts_with("%"));
  if (!certain && (evidence != HostEvidence::position || is_upper_level(host))) return false;
  out.host = host;
  // Cisco separates the host by " : ".
  out.message = behind.starts_with(": ") ? without_blanks(behind.substr(2))
                                         : without_blank(text.substr(size));
  return true;
}

}  // namespace tocsin::ingest
