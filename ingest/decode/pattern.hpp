// The pattern language of decoders: literal text with typed captures, read into a tree.
// Path:      text of `match:` (ingest/decode/decoder_file) -> Pattern -> ingest/decode/extractor
// Units:     offsets in bytes of the pattern's text
// Threads:   values
// Errors:    ingest-20 (a pattern that cannot be read), with the offset at which reading stopped
// Source:    docs/decoders.md
// Tested by: tests/ingest/decode/pattern_test.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::ingest {

enum class CaptureType : std::uint8_t {
  word,       // non-blank characters up to what follows in the pattern
  dash,       // a word; a lone "-" stands for none
  integer,    // digits, perhaps with a sign
  number,     // digits, perhaps with a sign and a fraction
  hex,        // hexadecimal digits, perhaps after 0x
  port,       // 0 to 65535
  ip,         // IPv4 or IPv6, perhaps in brackets; ::ffff:1.2.3.4 is 1.2.3.4
  host,       // an address (X.ip) or a name (X.address)
  text,       // up to the first place where what follows fits
  last,       // up to the last place where what follows fits
  rest,       // all that is left; ends the pattern
  quoted,     // "..." with backslash escapes
  bracketed,  // [...]
  key_value,  // key=value pairs to the end, cut by the decoder's `keys:`
  time_clf,
  time_ctime,
  time_iso,
  time_nginx,
  time_epoch,
  time_syslog,
};

struct TypeRow {
  CaptureType type;
  std::string_view name;
};
inline constexpr std::array<TypeRow, 21> capture_types = {{
    {CaptureType::word, "word"},
    {CaptureType::dash, "dash"},
    {CaptureType::integer, "int"},
    {CaptureType::number, "number"},
    {CaptureType::hex, "hex"},
    {CaptureType::port, "port"},
    {CaptureType::ip, "ip"},
    {CaptureType::host, "host"},
    {CaptureType::text, "text"},
    {CaptureType::last, "last"},
    {CaptureType::rest, "rest"},
    {CaptureType::quoted, "quoted"},
    {CaptureType::bracketed, "bracketed"},
    {CaptureType::key_value, "kv"},
    {CaptureType::time_clf, "clf"},
    {CaptureType::time_ctime, "apache_error"},
    {CaptureType::time_ctime, "ctime"},
    {CaptureType::time_iso, "iso"},
    {CaptureType::time_nginx, "nginx_error"},
    {CaptureType::time_epoch, "epoch"},
    {CaptureType::time_syslog, "syslog"},
}};
[[nodiscard]] std::optional<CaptureType> capture_type(std::string_view name);
[[nodiscard]] constexpr bool is_time(CaptureType type) { return type >= CaptureType::time_clf; }

// What a capture is called; the name decides what becomes of the value.
struct CaptureTarget {
  std::string
      name;  // "user.name", "source" (host), "_verb" (for `values:` only), "_", "@time", "*"
  CaptureType type = CaptureType::word;
};

struct Element {
  enum class Kind : std::uint8_t { literal, capture, group };
  Kind kind = Kind::literal;
  std::size_t offset = 0;  // of its first byte in the pattern's text
  std::string literal;
  CaptureTarget target;
  std::vector<Element> group;  // optional: there or not there
};

struct PatternError {
  std::size_t offset = 0;
  std::string sentence;
};

struct Pattern {
  std::vector<Element> elements;
};

// "name" or "name:type"; the error's offset counts from the start of `text`.
[[nodiscard]] std::optional<PatternError> read_target(std::string_view text, CaptureTarget& out);

// The tree of `text`, or why there is none. Checks also what the extractor needs: a capture whose
// end depends on what follows must be followed by literal text (or the end); `rest` and `kv` end
// the pattern; groups are not nested in groups; at most max_parts parts, of them max_captures
// captures, two of type `last`.
[[nodiscard]] std::optional<PatternError> read_pattern(std::string_view text, Pattern& out);

inline constexpr std::size_t max_captures = 32;
inline constexpr std::size_t max_parts = 256;

}  // namespace tocsin::ingest
