// The characters of a query one by one: words, quoted texts, and where something is wrong.
// Path:      text -> search/parser, search/stage_parser
// Units:     columns in characters, from 1
// Threads:   one
// Errors:    search-1 too large, search-2 something else was expected, search-3 not closed
// Tested by: tests/search/reading_test.cpp, tests/cases/search/syntax.case
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "search/query.hpp"

namespace tocsin::search {

// A text of the query, and where it stood.
struct Word {
  std::string text;  // as meant, without quotes and escapes
  Pattern pattern;   // folded, cut at its wildcards
  std::size_t at = 0;
  bool is_quoted = false;

  [[nodiscard]] bool has_wildcard() const { return pattern.pieces.size() > 1; }
};

class Reading {
 public:
  explicit Reading(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  void go_back(std::size_t at) { at_ = at; }
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char next() const { return at_end() ? '\0' : text_[at_]; }
  void step() { ++at_; }
  void skip_blanks();
  // Steps over `c` behind blanks; false where something else stands.
  bool take(char c);
  // The same for a word in any case of its letters.
  bool take_word(std::string_view word);
  [[nodiscard]] bool stands(std::string_view word) const;  // without taking it

  // Where a name, or a text that is no value, may stand: ends at `:`, `<` and `>`, too.
  [[nodiscard]] base::Result<Word> read_name();
  // Behind `:` and the like: ends at a blank, a bracket, a quote, a bar. `in_range`: at ] and }.
  [[nodiscard]] base::Result<Word> read_value(bool in_range = false);
  // At a quote.
  [[nodiscard]] base::Result<Word> read_quoted();
  // A name in a list of a stage: ends at a comma, too; `f(name)` is one where it is a column.
  [[nodiscard]] base::Result<Word> read_column();
  // Makes `f` and a bracket right behind it the name of the column f(...).
  [[nodiscard]] base::Result<void> finish_column(Word& word);
  // A tilde that a quoted text follows.
  [[nodiscard]] bool at_regex() const;

  [[nodiscard]] std::unexpected<base::Error> fail(const char* code, std::size_t at,
                                                  std::string sentence) const;
  // "... was expected", and what stands there instead.
  [[nodiscard]] std::unexpected<base::Error> expected(std::string_view what) const;

 private:
  enum class Mode : std::uint8_t { name, value, range, column };
  [[nodiscard]] bool ends(Mode mode) const;
  base::Result<Word> read(Mode mode);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace tocsin::search
