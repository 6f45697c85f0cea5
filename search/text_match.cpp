#include "search/text_match.hpp"

#include <algorithm>
#include <array>

#include "rules/folding.hpp"

namespace tocsin::search {

namespace {

constexpr std::string_view long_s = "\xC5\xBF";
constexpr std::string_view kelvin_sign = "\xE2\x84\xAA";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

void fold_part(std::string_view text, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + rules::folded_bound(text.size()));
  out.resize(begin + rules::fold_to(text, out.data() + begin));
}

void fold_beyond_ascii(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(long_s), text.find(kelvin_sign));
    if (at == std::string_view::npos) return fold_part(text, out);
    const std::size_t size =
        text.substr(at).starts_with(long_s) ? long_s.size() : kelvin_sign.size();
    fold_part(text.substr(0, at), out);
    out += text.substr(at, size);
    text.remove_prefix(at + size);
  }
}

// The rest of the pattern, from `piece` on, behind `at`: pieces that follow a wildcard stand before
// the next blank. The last one ends at the end of a word.
bool rest_fits(const Pattern& pattern, std::size_t piece, std::string_view text, std::size_t at) {
  if (piece == pattern.pieces.size()) {
    const std::string& last = pattern.pieces.back();
    return last.empty() || !is_word_byte(last.back()) || word_ends(text, at);
  }
  const std::string& wanted = pattern.pieces[piece];
  if (wanted.empty()) return rest_fits(pattern, piece + 1, text, at);
  std::size_t end = at;  // of the run that a wildcard may stand for
  while (end < text.size() && !is_blank(text[end])) ++end;
  // The first place will do for all pieces but the last, whose end has to be one of a word.
  const bool is_last = piece + 1 == pattern.pieces.size();
  for (std::size_t from = at;;) {
    const std::size_t found = text.find(wanted, from);
    if (found == std::string_view::npos || found > end) return false;
    if (rest_fits(pattern, piece + 1, text, found + wanted.size())) return true;
    if (!is_last) return false;
    from = found + 1;
  }
}

std::string as_json(std::string_view text, bool with_slashes) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\' || (c == '/' && with_slashes)) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

void fold_into(std::string_view text, std::string& out) {
  out.resize(text.size());
  unsigned char beyond = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    beyond |= static_cast<unsigned char>(c);
    out[i] = static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 'a' - 'A' : 0));
  }
  if (beyond < 0x80) [[likely]] {
    return;
  }
  out.clear();
  fold_beyond_ascii(text, out);
}

std::string folded(std::string_view text) {
  std::string out;
  fold_into(text, out);
  return out;
}

bool fits_whole(const Pattern& pattern, std::string_view text) {
  const auto& pieces = pattern.pieces;
  if (pieces.size() == 1) return text == pieces.front();
  const std::string& first = pieces.front();
  const std::string& last = pieces.back();
  if (text.size() < first.size() + last.size() || !text.starts_with(first) ||
      !text.ends_with(last)) {
    return false;
  }
  text.remove_prefix(first.size());
  text.remove_suffix(last.size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const std::size_t at = text.find(pieces[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + pieces[i].size());
  }
  return true;
}

bool word_begins(std::string_view text, std::size_t at) {
  if (at == 0 || !is_word_byte(text[at - 1])) return true;
  static constexpr std::string_view escapes = "bfnrt";
  return at >= 2 && text[at - 2] == '\\' && escapes.find(text[at - 1]) != std::string_view::npos;
}

bool word_ends(std::string_view text, std::size_t at) {
  return at >= text.size() || !is_word_byte(text[at]);
}

Phrase phrase_of(const Pattern& pattern) {
  Phrase phrase{{pattern}};
  for (const bool with_slashes : {false, true}) {
    Pattern written;
    for (const std::string& piece : pattern.pieces)
      written.pieces.push_back(as_json(piece, with_slashes));
    if (std::ranges::find(phrase.forms, written) == phrase.forms.end())
      phrase.forms.push_back(std::move(written));
  }
  return phrase;
}

bool has_words(const Pattern& pattern, std::string_view text) {
  // A wildcard at the front lets a word begin before the pattern: it asks for no border.
  const std::size_t front = pattern.pieces.front().empty() ? 1 : 0;
  const std::string& first = pattern.pieces[front];
  if (first.empty()) return true;
  const bool needs_begin = front == 0 && is_word_byte(first.front());
  for (std::size_t from = 0;;) {
    const std::size_t at = text.find(first, from);
    if (at == std::string_view::npos) return false;
    if ((!needs_begin || word_begins(text, at)) &&
        rest_fits(pattern, front + 1, text, at + first.size())) {
      return true;
    }
    from = at + 1;
  }
}

bool has_words(const Phrase& phrase, std::string_view text) {
  return std::ranges::any_of(phrase.forms,
                             [text](const Pattern& form) { return has_words(form, text); });
}

}  // namespace tocsin::search
