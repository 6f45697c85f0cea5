// The texts that decide what Tocsin sees and says: files of decoders, rules, value lists and
// mapping packs.
// Path:      folders and files -> base::SourceText (engine/pipeline, store)
// Threads:   pure functions
// Errors:    engine-1 a path that is not there, engine-2 no files in a folder; base-5 unreadable
// Tested by: tests/engine/packs_test.cpp
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/yaml.hpp"

namespace tocsin::engine {

struct PackTexts {
  std::vector<base::SourceText> decoders;
  std::vector<base::SourceText> rules;
  std::vector<base::SourceText> lists;  // values for rules with placeholders
  std::vector<base::SourceText> mappings;

  bool operator==(const PackTexts&) const;
};

// Where the packs of this installation lie: $TOCSIN_SHARE, else share/tocsin beside the program (a
// build), else ../share/tocsin (an installed one). Nothing when none of them is a folder.
[[nodiscard]] std::optional<std::string> share_folder();

// All .yml and .yaml files below `path` (or the file itself), sorted by path.
[[nodiscard]] base::Result<std::vector<std::string>> find_files(const std::string& path);

// Appends the texts of all files of all paths; all errors at once.
[[nodiscard]] base::Errors read_texts(const std::vector<std::string>& paths,
                                      std::vector<base::SourceText>& out);

// Names the content, not the place: the same texts in the same order give the same hash.
[[nodiscard]] base::Sha256 content_hash(const PackTexts& packs, std::string_view options);

}  // namespace tocsin::engine
