// What every output does with text of strangers: control bytes, bidirectional overrides and bad
// UTF-8 made harmless.
// Threads:   pure functions
// Errors:    none; every byte sequence has an output
// Source:    The Unicode Standard 15, 3.9 (U+FFFD per maximal subpart); BAD-INPUT class 8
// Tested by: tests/base/text_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::base {

// Length of the valid UTF-8 sequence at the front of `text`, 0 when there is none (overlong,
// surrogate, cut).
[[nodiscard]] std::size_t utf8_length(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text);
// The longest prefix of at most `limit` bytes that does not cut a code point of valid UTF-8.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t limit);

// For a terminal or a log line: C0, C1, DEL, bidi overrides, U+2028/9 as \xNN or \u{NNNN}; bad
// bytes as \xNN.
[[nodiscard]] std::string printable(std::string_view text);

// The whole text as a number; nothing when a byte is left over or it does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

}  // namespace tocsin::base
