// The trees of many YAML texts: read once, kept in a cache as long as none of the texts changes.
// Path:      SourceTexts -> YamlForest -> rules/document
// Threads:   take() is safe for different texts at once; keep() after all of them
// Errors:    those of parse_yaml, text by text
// Source:    an entry is, for each text, the length of its bytes and these: the number of documents
//            (0: it has to be parsed), then the nodes. A node: kind and quoted in one byte, line,
//            column, and text, items or members. A member: its key, line, column, quoted, node
// Tested by: tests/base/yaml_forest_test.cpp
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk_cache.hpp"
#include "base/yaml.hpp"

namespace tocsin::base {

class YamlForest {
 public:
  // The texts must outlive the forest. `cache` may be null.
  YamlForest(std::span<const SourceText> sources, const YamlLimits& limits,
             std::shared_ptr<DiskCache> cache);

  // What parse_yaml gives for the text at that place.
  [[nodiscard]] Result<std::vector<YamlNode>> take(std::size_t source);
  // Puts into the cache what it did not have.
  void keep();

 private:
  void find_trees();

  std::span<const SourceText> sources_;
  YamlLimits limits_;
  std::shared_ptr<DiskCache> cache_;
  Sha256 name_{};
  std::string kept_;
  std::vector<std::string_view> trees_;  // by text, into kept_; empty when it had none
  std::vector<std::string> made_;        // by text, when nothing was kept
};

}  // namespace tocsin::base
