// Errors and warnings of one source text, gathered while its documents are read.
// Threads:   one
// Tested by: tests/rules/diagnostics_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "base/yaml.hpp"

namespace tocsin::rules {

class Diagnostics {
 public:
  // Borrows the source, which gives the exact place inside a scalar.
  explicit Diagnostics(const base::SourceText& source) : source_(&source) {}

  base::Errors errors;
  base::Errors warnings;

  [[nodiscard]] const std::string& file() const { return source_->name; }
  [[nodiscard]] base::Origin at(const base::YamlNode& node) const {
    return {source_->name, node.line, node.column};
  }
  [[nodiscard]] base::Origin at(const base::YamlNode::Member& member) const {
    return {source_->name, member.line, member.column};
  }
  // The place of byte `offset` of a scalar's text, in quotes, folded or in a block as it may be;
  // the scalar's own place when the two cannot be brought together.
  [[nodiscard]] base::Origin inside(const base::YamlNode& scalar, std::size_t offset) const;
  // The place of byte `offset` of a key.
  [[nodiscard]] base::Origin inside(const base::YamlNode::Member& member, std::size_t offset) const;

  void error(const char* code, base::Origin origin, std::string sentence) {
    errors.push_back({code, std::move(sentence), std::move(origin)});
  }
  void warn(const char* code, base::Origin origin, std::string sentence) {
    warnings.push_back({code, std::move(sentence), std::move(origin)});
  }

  // ---- typed values; an error (rules-3, "`what` must be ...") and an empty result otherwise
  std::optional<std::string> text(const base::YamlNode& node, std::string_view what);
  std::optional<bool> boolean(const base::YamlNode& node, std::string_view what);
  std::optional<std::int64_t> integer(const base::YamlNode& node, std::string_view what);
  // One text, or a list of texts. A null is an empty list.
  std::optional<std::vector<std::string>> texts(const base::YamlNode& node, std::string_view what);
  // A duration as people write it: 30s, 10m.
  std::optional<base::Nanoseconds> duration(const base::YamlNode& node, std::string_view what);

  // "`key` is not known here; did you mean `x`?" as rules-4.
  void unknown_key(const base::YamlNode::Member& member, std::string_view where,
                   const std::vector<std::string_view>& known);

 private:
  const base::SourceText* source_;
};

}  // namespace tocsin::rules
