#include "rules/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace tocsin::rules {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Byte offset of (line, column) in `text`; yaml-cpp counts columns in characters.
std::optional<std::size_t> offset_of(std::string_view text, std::uint32_t line,
                                     std::uint32_t column) {
  if (line == 0 || column == 0) return std::nullopt;
  std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (std::uint32_t i = 1; i < line; ++i) {
    const std::size_t newline = text.find('\n', at);
    if (newline == std::string_view::npos) return std::nullopt;
    at = newline + 1;
  }
  for (std::uint32_t i = 1; i < column; ++i) {
    if (at >= text.size() || text[at] == '\n') return std::nullopt;
    at += std::max<std::size_t>(1, base::utf8_length(text.substr(at)));
  }
  return at;
}

// Walks source and scalar side by side; a run of blanks equals any other.
std::optional<std::size_t> align(std::string_view source, std::size_t at, std::string_view text,
                                 std::size_t offset) {
  if (at < source.size() && (source[at] == '|' || source[at] == '>')) {
    at = source.find('\n', at);
    if (at == std::string_view::npos) return std::nullopt;
  } else if (at < source.size() && (source[at] == '"' || source[at] == '\'')) {
    ++at;
  }
  const auto skip = [&] {
    while (at < source.size() && is_blank(source[at])) ++at;
  };
  if (!text.empty() && !is_blank(text[0])) skip();
  for (std::size_t i = 0; i < offset; ++i) {
    if (i >= text.size()) break;
    if (is_blank(text[i])) {
      if (at >= source.size() || !is_blank(source[at])) return std::nullopt;
      skip();
      while (i + 1 < offset && i + 1 < text.size() && is_blank(text[i + 1])) ++i;
      continue;
    }
    if (at >= source.size() || source[at] != text[i]) return std::nullopt;
    ++at;
  }
  if (offset < text.size() && !is_blank(text[offset])) skip();
  return at;
}

base::Origin place(const base::SourceText& source, std::uint32_t line, std::uint32_t column,
                   std::string_view text, std::size_t offset) {
  base::Origin out{source.name, line, column};
  const auto start = offset_of(source.text, line, column);
  if (!start) return out;
  const auto found = align(source.text, *start, text, offset);
  if (!found) return out;
  for (std::size_t at = *start; at < *found;) {
    if (source.text[at] == '\n') {
      ++out.line;
      out.column = 1;
      ++at;
    } else {
      ++out.column;
      at += std::max<std::size_t>(1, base::utf8_length(std::string_view(source.text).substr(at)));
    }
  }
  return out;
}

}  // namespace

base::Origin Diagnostics::inside(const base::YamlNode& scalar, std::size_t offset) const {
  return place(*source_, scalar.line, scalar.column, scalar.text, offset);
}

base::Origin Diagnostics::inside(const base::YamlNode::Member& member, std::size_t offset) const {
  return place(*source_, member.line, member.column, member.key, offset);
}

std::optional<std::string> Diagnostics::text(const base::YamlNode& node, std::string_view what) {
  if (node.is_scalar()) return node.text;
  error("rules-3", at(node), fmt::format("`{}` must be text", what));
  return std::nullopt;
}

std::optional<bool> Diagnostics::boolean(const base::YamlNode& node, std::string_view what) {
  if (const auto value = node.as_bool()) return value;
  error("rules-3", at(node), fmt::format("`{}` must be true or false", what));
  return std::nullopt;
}

std::optional<std::int64_t> Diagnostics::integer(const base::YamlNode& node,
                                                 std::string_view what) {
  if (const auto value = node.as_integer()) return value;
  error("rules-3", at(node), fmt::format("`{}` must be an integer", what));
  return std::nullopt;
}

std::optional<std::vector<std::string>> Diagnostics::texts(const base::YamlNode& node,
                                                           std::string_view what) {
  std::vector<std::string> out;
  if (node.is_null()) return out;
  if (node.is_scalar()) {
    out.push_back(node.text);
    return out;
  }
  if (node.is_sequence() && std::ranges::all_of(node.items, &base::YamlNode::is_scalar)) {
    for (const base::YamlNode& item : node.items) out.push_back(item.text);
    return out;
  }
  error("rules-3", at(node), fmt::format("`{}` must be a text or a list of texts", what));
  return std::nullopt;
}

std::optional<base::Nanoseconds> Diagnostics::duration(const base::YamlNode& node,
                                                       std::string_view what) {
  if (node.is_scalar()) {
    const auto value = base::parse_duration(node.text);
    if (value && value->count() > 0) return value;
  }
  error("rules-3", at(node),
        fmt::format("`{}` must be a time span with its unit, as in 30s, 10m, 2h or 7d", what));
  return std::nullopt;
}

void Diagnostics::unknown_key(const base::YamlNode::Member& member, std::string_view where,
                              const std::vector<std::string_view>& known) {
  const std::string_view near = base::nearest(member.key, known);
  error("rules-4", at(member),
        near.empty() ? fmt::format("`{}` is not known in {}", base::printable(member.key), where)
                     : fmt::format("`{}` is not known in {}; did you mean `{}`?",
                                   base::printable(member.key), where, near));
}

}  // namespace tocsin::rules
