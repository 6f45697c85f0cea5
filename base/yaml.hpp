// Reads YAML that people wrote, within limits, into a tree that knows where everything stands.
// Units:     line and column from 1
// Threads:   pure functions; trees are values
// Errors:    base-1 syntax, base-2 a limit, base-3 a duplicate key, base-4 something not allowed
// (anchor, alias, tag,
//            bad UTF-8, NUL); each with file:line:column. All or nothing: no tree beside an error
// Source:    YAML 1.2.2 as yaml-cpp 0.7 reads it; scalars resolved as PyYAML (YAML 1.1) does
// Tested by: tests/base/yaml_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tocsin::base {

// A named text: a rule file, a decoder, a configuration; from the disk or from the store.
struct SourceText {
  std::string name;
  std::string text;
};

struct YamlLimits {
  std::size_t bytes = 1 << 20;
  std::size_t nodes = 200'000;
  std::size_t depth = 32;
};

class YamlNode {
 public:
  enum class Kind : std::uint8_t { null, scalar, sequence, map };
  struct Member;

  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes or a block scalar: always text
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string text;             // of a scalar, as written
  std::vector<YamlNode> items;  // of a sequence
  std::vector<Member> members;  // of a map, in the order written

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_sequence() const { return kind == Kind::sequence; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }

  // The member's value, nullptr when there is none or this is no map.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;

  // What a plain scalar means in YAML 1.1, as PyYAML reads it; each is empty for quoted text.
  [[nodiscard]] std::optional<bool> as_bool() const;  // yes no on off true false in three spellings
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;  // 10, 010, 0x10, 0b10, 1_000, 1:30
  [[nodiscard]] std::optional<double> as_float() const;          // 1.5, .5, 1.0e+3, .inf, .nan
};

struct YamlNode::Member {
  std::string key;
  bool key_quoted = false;
  std::uint32_t line = 0;  // of the key
  std::uint32_t column = 0;
  YamlNode value;
};

// All documents of `text`; an empty one is a null node. A leading BOM is skipped.
[[nodiscard]] Result<std::vector<YamlNode>> parse_yaml(const SourceText& source,
                                                       const YamlLimits& limits = {});

[[nodiscard]] inline Origin origin_of(std::string_view file, const YamlNode& node) {
  return {std::string(file), node.line, node.column};
}

// The file's text, refused (base-5) when it cannot be read or is longer than `limit` bytes.
[[nodiscard]] Result<SourceText> read_source(const std::string& path, std::size_t limit = 1 << 20);

}  // namespace tocsin::base
