// Options declared once: from a table of rows come the parser, the default configuration file and
// the reference page.
// Units:     sizes in bytes (64KiB, 16MiB, 1GiB), durations with their unit (50ms, 10m), counts
//            plain
// Threads:   pure functions
// Errors:    base-10 unknown key, base-11 wrong type, base-12 out of bounds, base-13 not one of the
//            choices
// Tested by: tests/base/options_test.cpp
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "base/yaml.hpp"

namespace tocsin::base {

// What is said about an option, without the struct that holds it.
struct OptionText {
  std::string_view key;       // within its section, "sync"
  std::string_view unit;      // "bytes", "duration", "events", "" for none
  std::string_view sentence;  // for the reference page and the default file
  std::int64_t min = 0;  // numbers, sizes (bytes), durations (ns); list and text: of their length
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  bool restart = true;            // takes effect only at a restart
  std::string_view choices = {};  // texts: "a|b|c", empty for any
};

// A row: the member of Struct that holds the value (its initialiser is the default) and what is
// said about it.
template <typename Struct>
struct Option {
  std::variant<bool Struct::*, std::int64_t Struct::*, std::size_t Struct::*, Nanoseconds Struct::*,
               std::string Struct::*, std::vector<std::string> Struct::*>
      member;
  OptionText text;
};

// The row as the reference page and the default file print it.
struct OptionInfo {
  std::string key;  // with its section, "store.sync"
  std::string type;
  std::string default_value;
  OptionText text;
};

[[nodiscard]] std::string format_size(std::size_t bytes);
[[nodiscard]] std::optional<std::size_t> parse_size(std::string_view text);

// One reader and one printer for each type of member.
[[nodiscard]] Result<void> read_option(const YamlNode& node, const std::string& file,
                                       const OptionText& text, bool& out);
[[nodiscard]] Result<void> read_option(const YamlNode& node, const std::string& file,
                                       const OptionText& text, std::int64_t& out);
[[nodiscard]] Result<void> read_option(const YamlNode& node, const std::string& file,
                                       const OptionText& text, std::size_t& out);
[[nodiscard]] Result<void> read_option(const YamlNode& node, const std::string& file,
                                       const OptionText& text, Nanoseconds& out);
[[nodiscard]] Result<void> read_option(const YamlNode& node, const std::string& file,
                                       const OptionText& text, std::string& out);
[[nodiscard]] Result<void> read_option(const YamlNode& node, const std::string& file,
                                       const OptionText& text, std::vector<std::string>& out);
[[nodiscard]] std::pair<std::string, std::string> show_option(const OptionText& text,
                                                              bool value);  // {type, value}
[[nodiscard]] std::pair<std::string, std::string> show_option(const OptionText& text,
                                                              std::int64_t value);
[[nodiscard]] std::pair<std::string, std::string> show_option(const OptionText& text,
                                                              std::size_t value);
[[nodiscard]] std::pair<std::string, std::string> show_option(const OptionText& text,
                                                              Nanoseconds value);
[[nodiscard]] std::pair<std::string, std::string> show_option(const OptionText& text,
                                                              const std::string& value);
[[nodiscard]] std::pair<std::string, std::string> show_option(
    const OptionText& text, const std::vector<std::string>& value);
// The value as YAML, texts in double quotes.
template <typename Value>
void append_option(std::string& out, const OptionText& text, const Value& value) {
  out += show_option(text, value).second;
}
void append_option(std::string& out, const OptionText& text, const std::string& value);
void append_option(std::string& out, const OptionText& text, const std::vector<std::string>& value);
[[nodiscard]] Error unknown_key(const YamlNode::Member& member, const std::string& file,
                                const std::vector<std::string_view>& known);

// Reads the map `node` into `out`; keys in `others` are left to the caller. Gives all errors, not
// the first.
template <typename Struct>
[[nodiscard]] Errors read_options(const YamlNode& node, const std::string& file,
                                  std::span<const Option<Struct>> rows, Struct& out,
                                  const std::vector<std::string_view>& others = {}) {
  Errors errors;
  if (node.is_null()) return errors;
  if (!node.is_map())
    return {Error{"base-11", "a map of options was expected here", origin_of(file, node)}};
  std::vector<std::string_view> known = others;
  for (const auto& row : rows) known.push_back(row.text.key);
  for (const YamlNode::Member& member : node.members) {
    bool found = false;
    for (const auto& row : rows) {
      if (row.text.key != member.key) continue;
      found = true;
      auto result = std::visit(
          [&](auto place) { return read_option(member.value, file, row.text, out.*place); },
          row.member);
      if (!result) errors.push_back(std::move(result).error());
    }
    for (std::string_view other : others) found = found || other == member.key;
    if (!found) errors.push_back(unknown_key(member, file, known));
  }
  return errors;
}

template <typename Struct>
[[nodiscard]] std::vector<OptionInfo> describe_options(std::string_view section,
                                                       std::span<const Option<Struct>> rows) {
  std::vector<OptionInfo> infos;
  const Struct defaults{};
  for (const auto& row : rows) {
    auto [type, value] =
        std::visit([&](auto place) { return show_option(row.text, defaults.*place); }, row.member);
    infos.push_back({std::string(section) + "." + std::string(row.text.key), std::move(type),
                     std::move(value), row.text});
  }
  return infos;
}

// Every value of `options` as a YAML map of that name, which read_options() reads back to the same.
template <typename Struct>
[[nodiscard]] std::string options_text(std::string_view section,
                                       std::span<const Option<Struct>> rows,
                                       const Struct& options) {
  std::string out = std::string(section) + ":\n";
  for (const auto& row : rows) {
    out += "  " + std::string(row.text.key) + ": ";
    std::visit([&](auto place) { append_option(out, row.text, options.*place); }, row.member);
    out += '\n';
  }
  return out;
}

// The page docs/reference/options.md and a commented YAML file with every default; `infos` sorted
// by section.
[[nodiscard]] std::string options_page(std::span<const OptionInfo> infos);
[[nodiscard]] std::string options_file(std::span<const OptionInfo> infos);

}  // namespace tocsin::base
