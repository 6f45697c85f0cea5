#include "rules/placeholder.hpp"

#include <utility>

namespace tocsin::rules {

namespace {

std::size_t bytes_of(const Pattern& pattern) {
  std::size_t bytes = pattern.parts.size();
  for (const PatternPart& part : pattern.parts) bytes += part.text.size();
  return bytes;
}

// Every pattern of `all` with every value of the list behind it. False: that is too much.
bool cross(std::vector<Pattern>& all, const ValueList& list) {
  if (all.size() * list.values.size() > most_expanded) return false;
  std::vector<Pattern> made;
  made.reserve(all.size() * list.values.size());
  std::size_t bytes = 0;
  for (const Pattern& one : all) {
    for (const Pattern& value : list.values) {
      Pattern both = one;
      both.append(value);
      bytes += bytes_of(both);
      if (bytes > most_expanded_bytes) return false;
      made.push_back(std::move(both));
    }
  }
  all = std::move(made);
  return true;
}

// A value as a regular expression: wildcards are any characters, all else stands for itself.
void append_regex(std::string& out, const Pattern& value) {
  constexpr std::string_view special = "\\^$.|?*+()[]{}-#&~/ \t\n";
  for (const PatternPart& part : value.parts) {
    if (part.kind == PatternPart::Kind::any) out += "(?s:.*)";
    if (part.kind == PatternPart::Kind::one) out += "(?s:.)";
    for (const char c : part.text) {
      if (c == '\0') {
        out += "\\x00";
      } else if (c == '\n') {
        out += "\\n";
      } else {
        if (special.find(c) != std::string_view::npos) out += '\\';
        out += c;
      }
    }
  }
}

}  // namespace

// (?<!\\)%[^%]+% as pySigma has it: a percent sign behind a backslash begins no placeholder, but
// may end one.
std::vector<Placeholder> split_at_placeholders(std::string_view text) {
  std::vector<Placeholder> out(1);
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '%') {
      out.back().before += '%';
      at += 2;
      continue;
    }
    const std::size_t end = text[at] == '%' ? text.find('%', at + 1) : std::string_view::npos;
    if (end == std::string_view::npos || end == at + 1) {
      out.back().before += text[at++];
      continue;
    }
    out.back().name = text.substr(at + 1, end - at - 1);
    out.emplace_back();
    at = end + 1;
  }
  return out;
}

Expanded expanded(const Pattern& pattern, ListUse& lists) {
  Expanded out;
  out.patterns.resize(1);
  const auto append = [&](const Pattern& more) {
    for (Pattern& one : out.patterns) one.append(more);
  };
  for (const PatternPart& part : pattern.parts) {
    if (part.kind != PatternPart::Kind::text) {
      append({{part}});
      continue;
    }
    for (const Placeholder& place : split_at_placeholders(part.text)) {
      append(plain_pattern(place.before));
      if (place.name.empty()) continue;
      const ValueList* list = lists.take(place.name);
      if (list == nullptr || list->is_broken) {
        out.missing = place.name;
        return out;
      }
      if (!cross(out.patterns, *list)) {
        out.is_too_much = true;
        return out;
      }
    }
  }
  return out;
}

ExpandedRegex expanded_regex(std::string_view text, ListUse& lists) {
  ExpandedRegex out;
  for (const Placeholder& place : split_at_placeholders(text)) {
    out.text += place.before;
    if (place.name.empty()) continue;
    const ValueList* list = lists.take(place.name);
    if (list == nullptr || list->is_broken) {
      out.missing = place.name;
      return out;
    }
    // What no text has: a list without values.
    out.text += list->values.empty() ? "(?:[^\\s\\S]" : "(?:";
    for (const Pattern& value : list->values) {
      if (&value != &list->values.front()) out.text += '|';
      append_regex(out.text, value);
    }
    out.text += ')';
  }
  return out;
}

}  // namespace tocsin::rules
