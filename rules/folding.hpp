// Text without its case, by Unicode simple folding: one code point becomes one code point.
// Units:     bytes of UTF-8; bytes that are no UTF-8 stay as they are
// Threads:   pure functions
// Errors:    none
// Source:    Unicode CaseFolding (C + S), by make_folding_table.py; SIGMA S1
// Tested by: tests/rules/folding_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::rules {

[[nodiscard]] std::uint32_t fold_code_point(std::uint32_t code);

// Most bytes that folding `size` bytes can give: two bytes become three at worst.
[[nodiscard]] constexpr std::size_t folded_bound(std::size_t size) { return size + size / 2 + 1; }

// Writes the folded text to `out` (folded_bound bytes of room) and returns its size.
std::size_t fold_to(std::string_view text, char* out);
[[nodiscard]] std::string folded(std::string_view text);

[[nodiscard]] bool is_ascii(std::string_view text);
// Whether a letter beyond ASCII that folds to an ASCII letter may be in it: the long s (C5 BF), the
// Kelvin sign (E2 84 AA).
[[nodiscard]] bool may_fold_to_ascii(std::string_view text);

}  // namespace tocsin::rules
