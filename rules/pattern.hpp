// A Sigma string: text with wildcards, its escapes resolved.
// Threads:   values
// Errors:    none: every string is a pattern
// Source:    SIGMA S2, S3, S4; pySigma's SigmaString
// Tested by: tests/rules/pattern_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::rules {

struct PatternPart {
  enum class Kind : std::uint8_t {
    text,
    any,  // *: any length, also none
    one,  // ?: one code point
  };
  Kind kind = Kind::text;
  std::string text;  // of Kind::text, never empty there

  bool operator==(const PatternPart&) const = default;
};

// No two text parts and no two `any` parts stand side by side. An empty list is the empty text.
struct Pattern {
  std::vector<PatternPart> parts;

  bool operator==(const Pattern&) const = default;

  [[nodiscard]] bool has_wildcards() const;
  // The text of a pattern without wildcards.
  [[nodiscard]] std::string_view plain() const;
  [[nodiscard]] bool starts_with_any() const;
  [[nodiscard]] bool ends_with_any() const;
  // Add a `*` unless there is one already.
  void open_front();
  void open_back();
  // `more` behind it.
  void append(const Pattern& more);
};

// `\*`, `\?` and `\\` are the characters; a backslash before anything else, or at the end, is one.
[[nodiscard]] Pattern parse_pattern(std::string_view text);
// `text` as it is, without wildcards.
[[nodiscard]] Pattern plain_pattern(std::string_view text);
// What parse_pattern reads back to the same pattern.
[[nodiscard]] std::string to_string(const Pattern& pattern);

}  // namespace tocsin::rules
