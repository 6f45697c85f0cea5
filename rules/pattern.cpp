#include "rules/pattern.hpp"

#include <algorithm>

namespace tocsin::rules {

namespace {

// That nearly all patterns have at most: a text between two asterisks.
constexpr std::size_t most_parts = 3;

}  // namespace

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
  out.parts.reserve(most_parts);
  const auto add_text = [&](std::string_view plain) {
    if (out.parts.empty() || out.parts.back().kind != PatternPart::Kind::text)
      out.parts.push_back({PatternPart::Kind::text, {}});
    out.parts.back().text += plain;
  };
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find_first_of("\\*?"), text.size());
    if (plain > 0) add_text(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char c = text[0];
    const char next = text.size() > 1 ? text[1] : '\0';
    text.remove_prefix(1);
    if (c == '\\') {
      const bool escapes = next == '*' || next == '?' || next == '\\';
      add_text(escapes ? std::string_view(&next, 1) : "\\");
      if (escapes) text.remove_prefix(1);
    } else if (c == '*') {
      out.open_back();
    } else {
      out.parts.push_back({PatternPart::Kind::one, {}});
    }
  }
  return out;
}

Pattern plain_pattern(std::string_view text) {
  Pattern out;
  out.parts.reserve(most_parts);
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
