#include "search/reading.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace tocsin::search {

namespace {

using base::Result;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

char lower(char c) { return static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 'a' - 'A' : 0)); }

// What a backslash takes its meaning from. Before anything else it is a backslash, as in a path.
bool is_special(char c) {
  return std::string_view("\\*\"()|:<>[]{}~, ").find(c) != std::string_view::npos;
}

Pattern folded_pieces(const std::vector<std::string>& pieces) {
  Pattern pattern;
  for (const std::string& piece : pieces) pattern.pieces.push_back(folded(piece));
  return pattern;
}

}  // namespace

void Reading::skip_blanks() {
  while (!at_end() && is_blank(next())) step();
}

bool Reading::take(char c) {
  skip_blanks();
  if (at_end() || next() != c) return false;
  step();
  return true;
}

bool Reading::stands(std::string_view word) const {
  const std::string_view rest = text_.substr(std::min(at_, text_.size()));
  if (rest.size() < word.size() || !std::equal(word.begin(), word.end(), rest.begin(),
                                               [](char a, char b) { return a == lower(b); })) {
    return false;
  }
  if (rest.size() == word.size()) return true;
  const char behind = rest[word.size()];
  return is_blank(behind) || behind == '(' || behind == ')' || behind == '|' || behind == '"';
}

bool Reading::take_word(std::string_view word) {
  skip_blanks();
  if (!stands(word)) return false;
  at_ += word.size();
  return true;
}

bool Reading::at_regex() const {
  if (next() != '~') return false;
  std::size_t at = at_ + 1;
  while (at < text_.size() && is_blank(text_[at])) ++at;
  return at < text_.size() && text_[at] == '"';
}

bool Reading::ends(Mode mode) const {
  const char c = next();
  if (is_blank(c) || c == '(' || c == ')' || c == '|' || c == '"') return true;
  switch (mode) {
    case Mode::name:
      return c == ':' || c == '<' || c == '>' || at_regex();
    case Mode::value:
      return false;
    case Mode::range:
      return c == ']' || c == '}';
    case Mode::column:
      return c == ',' || c == '<' || c == '>';
  }
  return true;
}

Result<Word> Reading::read(Mode mode) {
  Word word;
  word.at = at_;
  std::vector<std::string> pieces(1);
  while (!at_end() && !ends(mode)) {
    char c = next();
    if (c == '*') {
      pieces.emplace_back();
      word.text += '*';
      step();
      continue;
    }
    if (c == '\\' && at_ + 1 < text_.size() && is_special(text_[at_ + 1])) {
      step();
      c = next();
    }
    pieces.back() += c;
    word.text += c;
    step();
  }
  word.pattern = folded_pieces(pieces);
  return word;
}

Result<Word> Reading::read_name() { return read(Mode::name); }

Result<Word> Reading::read_value(bool in_range) {
  return read(in_range ? Mode::range : Mode::value);
}

Result<Word> Reading::read_quoted() {
  Word word;
  word.at = at_;
  word.is_quoted = true;
  step();
  while (!at_end() && next() != '"') {
    char c = next();
    if (c == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\')) {
      step();
      c = next();
    }
    word.text += c;
    step();
  }
  if (at_end()) return fail("search-3", word.at, "this quote is not closed");
  step();
  word.pattern = folded_pieces({word.text});
  return word;
}

Result<Word> Reading::read_column() {
  skip_blanks();
  if (!at_end() && next() == '"') return read_quoted();
  TRY(Word word, read(Mode::column));
  TRY_VOID(finish_column(word));
  return word;
}

// As an aggregate is called that has no `as`.
Result<void> Reading::finish_column(Word& word) {
  if (word.text.empty() || at_end() || next() != '(') return {};
  const std::size_t open = at_;
  while (!at_end() && next() != ')') step();
  if (at_end()) return fail("search-3", open, "this bracket is not closed");
  step();
  word.text += text_.substr(open, at_ - open);
  word.pattern = folded_pieces({word.text});
  return {};
}

std::unexpected<base::Error> Reading::fail(const char* code, std::size_t at,
                                           std::string sentence) const {
  const std::string_view before = text_.substr(0, std::min(at, text_.size()));
  const auto characters = std::ranges::count_if(
      before, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; });
  return base::fail(code, std::move(sentence),
                    {"query", 1, static_cast<std::uint32_t>(characters) + 1});
}

std::unexpected<base::Error> Reading::expected(std::string_view what) const {
  if (at_end()) return fail("search-2", text_.size(), fmt::format("{} was expected here", what));
  std::size_t end = at_;
  while (end < text_.size() && !is_blank(text_[end]) && end - at_ < 32) ++end;
  const std::string_view found =
      base::utf8_prefix(text_.substr(at_), std::max<std::size_t>(end - at_, 4));
  const std::string_view shown = found.substr(0, found.find_first_of(" \t\r\n"));
  return fail("search-2", at_,
              fmt::format("{} was expected before `{}`", what, base::printable(shown)));
}

}  // namespace tocsin::search
