// What windash, wide, utf16, base64 and base64offset make of a pattern.
// Threads:   pure functions
// Errors:    an empty optional: the pattern cannot be encoded so
// Source:    SIGMA section 4 and 9
// Tested by: tests/rules/encoding_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rules/pattern.hpp"

namespace tocsin::rules {

// Every combination of - / and the three long dashes in place of each dash at the start of a word
// (not behind a letter, digit or underscore, and before one). At most 5^4 of them.
[[nodiscard]] std::optional<std::vector<Pattern>> windash_variants(const Pattern& pattern);

enum class Utf16 : std::uint8_t { little_endian, big_endian, marked };  // marked: FF FE, then LE
// The text parts as UTF-16; wildcards stay as they are.
[[nodiscard]] std::optional<std::vector<Pattern>> utf16_encoded(const Pattern& pattern, Utf16 form);

[[nodiscard]] std::optional<std::vector<Pattern>> base64_encoded(const Pattern& pattern);
// The three forms that the bytes take inside longer base64 text, without the characters that
// depend on what stands around them.
[[nodiscard]] std::optional<std::vector<Pattern>> base64_offsets(const Pattern& pattern);

}  // namespace tocsin::rules
