// Text that a query looks for: whole values with wildcards, and words of a line; letters in any
// case.
// Units:     bytes of UTF-8; what is no UTF-8 is compared as it is
// Threads:   pure functions over values
// Errors:    none
// Source:    docs/search.md, "What is compared"
// Tested by: tests/search/text_match_test.cpp, tests/search/agreement_test.cpp
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::search {

// Text without its case, in all alphabets. A letter beyond ASCII never becomes one of ASCII (the
// Kelvin sign is no k), so that what is ASCII in a query is ASCII in all that it finds.
void fold_into(std::string_view text, std::string& out);
[[nodiscard]] std::string folded(std::string_view text);

// Pieces of folded text with wildcards between them: `a*b` is {a, b}, `a*` is {a, ""}.
struct Pattern {
  std::vector<std::string> pieces;

  bool operator==(const Pattern&) const = default;
};

// The whole of `text` (folded) fits; a wildcard stands for any text.
[[nodiscard]] bool fits_whole(const Pattern& pattern, std::string_view text);

// A word is of ASCII letters and digits, `_`, and all that is beyond ASCII.
[[nodiscard]] constexpr bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
// Whether a word may begin at `at`: behind the text's begin, a byte that is of no word, or an
// escape as JSON writes line feeds (`\n` before a word is not its first letter).
[[nodiscard]] bool word_begins(std::string_view text, std::size_t at);
[[nodiscard]] bool word_ends(std::string_view text, std::size_t at);

// Text as it stands in a line, or as JSON writes it: any of the forms will do.
struct Phrase {
  std::vector<Pattern> forms;
};
[[nodiscard]] Phrase phrase_of(const Pattern& pattern);

// The pattern stands somewhere in `text` (folded), not inside a longer word. A wildcard stands for
// text without blanks; at an end of the pattern it lets the word go on.
[[nodiscard]] bool has_words(const Pattern& pattern, std::string_view text);
[[nodiscard]] bool has_words(const Phrase& phrase, std::string_view text);

}  // namespace tocsin::search
