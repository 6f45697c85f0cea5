#include "ingest/decode/pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"

namespace tocsin::ingest {

std::optional<CaptureType> capture_type(std::string_view name) {
  for (const TypeRow& row : capture_types) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

namespace {

constexpr std::string_view special = "<>{}\\";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '@' || c == '-';
}

PatternError unknown_type(std::size_t offset, std::string_view name) {
  std::vector<std::string_view> names(capture_types.size());
  std::ranges::transform(capture_types, names.begin(), &TypeRow::name);
  const std::string_view meant = base::nearest(name, names);
  std::string sentence = fmt::format("`{}` is not a type of captures", name);
  if (!meant.empty()) sentence += fmt::format("; is `{}` meant?", meant);
  return {offset, sentence};
}

// The end of a value of this type is where what follows begins.
bool needs_end(CaptureType type) {
  using enum CaptureType;
  return type == word || type == dash || type == text || type == last || type == host;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<PatternError> read(Pattern& out) {
    if (auto error = sequence(out.elements, false)) return error;
    if (out.elements.empty()) return PatternError{0, "the pattern is empty"};
    if (auto error = check(out.elements, true)) return error;
    if (captures_ > max_captures) {
      return PatternError{0, fmt::format("more than {} captures", max_captures)};
    }
    if (lasts_ > 2) return PatternError{0, "more than two captures of type `last`"};
    return std::nullopt;
  }

 private:
  std::optional<PatternError> sequence(std::vector<Element>& out, bool in_group) {
    while (at_ < text_.size()) {
      if (++parts_ > max_parts)
        return PatternError{at_, fmt::format("more than {} parts in a pattern", max_parts)};
      const char c = text_[at_];
      if (c == '<') {
        if (auto error = capture(out)) return error;
      } else if (c == '{') {
        if (in_group) return PatternError{at_, "a group inside a group"};
        Element element;
        element.kind = Element::Kind::group;
        element.offset = at_++;
        if (auto error = sequence(element.group, true)) return error;
        if (at_ >= text_.size()) return PatternError{element.offset, "this group is not closed"};
        ++at_;
        if (element.group.empty()) return PatternError{element.offset, "this group is empty"};
        out.push_back(std::move(element));
      } else if (c == '}') {
        if (in_group) return std::nullopt;
        return PatternError{at_, "`}` without `{`; write \\} for the character itself"};
      } else if (auto error = literal(out)) {
        return error;
      }
    }
    return std::nullopt;
  }

  std::optional<PatternError> literal(std::vector<Element>& out) {
    Element element;
    element.offset = at_;
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '<' || c == '{' || c == '}') break;
      if (c == '\\') {
        if (at_ + 1 >= text_.size()) return PatternError{at_, "a backslash at the end"};
        c = text_[++at_];
        if (c == 't') {
          c = '\t';
        } else if (special.find(c) == std::string_view::npos) {
          return PatternError{at_ - 1, "after a backslash only < > { } \\ and t may stand"};
        }
      }
      if (c == '\n') return PatternError{at_, "a pattern is one line"};
      element.literal += c;
    }
    out.push_back(std::move(element));
    return std::nullopt;
  }

  std::optional<PatternError> capture(std::vector<Element>& out) {
    Element element;
    element.kind = Element::Kind::capture;
    element.offset = at_;
    const std::size_t close = text_.find('>', at_);
    if (close == std::string_view::npos) {
      return PatternError{at_, "this capture is not closed; write \\< for the character itself"};
    }
    if (auto error = read_target(text_.substr(at_ + 1, close - at_ - 1), element.target)) {
      error->offset += at_ + 1;
      return error;
    }
    at_ = close + 1;
    ++captures_;
    if (element.target.type == CaptureType::last) ++lasts_;
    out.push_back(std::move(element));
    return std::nullopt;
  }

  // Whether literal text, or the end where that is allowed, follows elements[i].
  static bool has_end(const std::vector<Element>& elements, std::size_t i, bool at_end) {
    for (std::size_t next = i + 1; next < elements.size(); ++next) {
      const Element& element = elements[next];
      if (element.kind == Element::Kind::literal) return true;
      if (element.kind == Element::Kind::capture) return false;
      if (element.group.front().kind != Element::Kind::literal) return false;
    }
    return at_end;
  }

  static std::optional<PatternError> check(const std::vector<Element>& elements, bool top) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const Element& element = elements[i];
      if (element.kind == Element::Kind::group) {
        // What follows a group also follows its last element.
        if (auto error = check_group(elements, i)) return error;
        continue;
      }
      if (element.kind != Element::Kind::capture) continue;
      const CaptureType type = element.target.type;
      const bool ends = type == CaptureType::rest || type == CaptureType::key_value;
      if (ends && (i + 1 != elements.size() || !top)) {
        return PatternError{element.offset, "nothing may follow this capture in a pattern"};
      }
      if (needs_end(type) && !has_end(elements, i, true)) {
        return PatternError{element.offset,
                            "literal text must follow, so that it is known where this value ends"};
      }
    }
    return std::nullopt;
  }

  static std::optional<PatternError> check_group(const std::vector<Element>& elements,
                                                 std::size_t i) {
    std::vector<Element> flat = elements[i].group;
    const bool to_end = i + 1 == elements.size();
    for (std::size_t next = 0; next < flat.size(); ++next) {
      const bool ends = flat[next].kind == Element::Kind::capture &&
                        (flat[next].target.type == CaptureType::rest ||
                         flat[next].target.type == CaptureType::key_value);
      if (ends && (!to_end || next + 1 != flat.size())) {
        return PatternError{flat[next].offset, "nothing may follow this capture in a pattern"};
      }
    }
    flat.insert(flat.end(), elements.begin() + static_cast<std::ptrdiff_t>(i) + 1, elements.end());
    for (std::size_t next = 0; next < elements[i].group.size(); ++next) {
      const Element& element = flat[next];
      if (element.kind == Element::Kind::capture && needs_end(element.target.type) &&
          !has_end(flat, next, true)) {
        return PatternError{element.offset,
                            "literal text must follow, so that it is known where this value ends"};
      }
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t captures_ = 0;
  std::size_t parts_ = 0;  // captures, groups, literal texts
  std::size_t lasts_ = 0;
};

}  // namespace

std::optional<PatternError> read_target(std::string_view text, CaptureTarget& out) {
  const std::size_t colon = text.find(':');
  out.name = std::string(text.substr(0, colon));
  out.type = CaptureType::word;
  if (out.name.empty())
    return PatternError{0, "a capture needs a name, or `_` when it is not kept"};
  if (out.name != "*") {
    for (std::size_t i = 0; i < out.name.size(); ++i) {
      if (!is_name_character(out.name[i])) {
        return PatternError{i, "a name has letters, digits, `.`, `_` and `-` only"};
      }
    }
  }
  if (colon != std::string_view::npos) {
    const auto type = capture_type(text.substr(colon + 1));
    if (!type) return unknown_type(colon + 1, text.substr(colon + 1));
    out.type = *type;
  }
  if ((out.name == "@time") != is_time(out.type) && out.name != "_") {
    return PatternError{0, "a type of time goes with the name `@time`, and only with it"};
  }
  if (out.name[0] == '@' && out.name != "@time") {
    return PatternError{0, "`@time` is the only name that begins with `@`"};
  }
  if ((out.name == "*") != (out.type == CaptureType::key_value)) {
    return PatternError{0, "key=value pairs are written <*:kv>"};
  }
  return std::nullopt;
}

std::optional<PatternError> read_pattern(std::string_view text, Pattern& out) {
  return Reader(text).read(out);
}

}  // namespace tocsin::ingest
