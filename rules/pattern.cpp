#include "rules/pattern.hpp"

#include <algorithm>

namespace tocsin::rules {

bool Pattern::has_wildcards() const {
  return std::ranges::any_of(
      parts, [](const PatternPart& part) { return part.kind != PatternPart::Kind::text; });
}

std::string_view Pattern::plain() const {
  return parts.empty() ? std::string_view() : std::string_view(parts.front().text);
}

bool Pattern::starts_with_any() const {
  return !parts.empty() && parts.front().kind == PatternPart::Kind::any;
}

bool Pattern::ends_with_any() const {
  return !parts.empty() && parts.back().kind == PatternPart::Kind::any;
}

void Pattern::open_front() {
  if (!starts_with_any()) parts.insert(parts.begin(), {PatternPart::Kind::any, {}});
}

void Pattern::open_back() {
  if (!ends_with_any()) parts.push_back({PatternPart::Kind::any, {}});
}

void Pattern::append(const Pattern& more) {
  using Kind = PatternPart::Kind;
  for (const PatternPart& part : more.parts) {
    const bool same = !parts.empty() && parts.back().kind == part.kind && part.kind != Kind::one;
    if (!same) {
      parts.push_back(part);
    } else if (part.kind == Kind::text) {
      parts.back().text += part.text;
    }
  }
}

Pattern parse_pattern(std::string_view text) {
  Pattern out;
  const auto add_char = [&](char c) {
    if (out.parts.empty() || out.parts.back().kind != PatternPart::Kind::text)
      out.parts.push_back({PatternPart::Kind::text, {}});
    out.parts.back().text += c;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() &&
        (text[i + 1] == '*' || text[i + 1] == '?' || text[i + 1] == '\\')) {
      add_char(text[++i]);
    } else if (c == '*') {
      out.open_back();
    } else if (c == '?') {
      out.parts.push_back({PatternPart::Kind::one, {}});
    } else {
      add_char(c);
    }
  }
  return out;
}

Pattern plain_pattern(std::string_view text) {
  Pattern out;
  if (!text.empty()) out.parts.push_back({PatternPart::Kind::text, std::string(text)});
  return out;
}

std::string to_string(const Pattern& pattern) {
  std::string out;
  for (const PatternPart& part : pattern.parts) {
    if (part.kind == PatternPart::Kind::any) out += '*';
    if (part.kind == PatternPart::Kind::one) out += '?';
    for (const char c : part.text) {
      if (c == '*' || c == '?' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace tocsin::rules
