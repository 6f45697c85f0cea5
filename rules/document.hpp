// Reads rule files: Sigma documents of all three kinds, several to a file, all errors at once.
// Path:      base::SourceText -> Documents -> RuleSet::load
// Threads:   a pure function that makes threads of its own; documents are values
// Errors:    rules-1 to rules-6, those of the parts, and base-1 to base-4; each with its place. A
//            document with an error is left out, all others are there
// Source:    Sigma 2.1; SIGMA sections 1 to 7
// Tested by: tests/rules/document_test.cpp, tests/fuzz/rules_fuzz.cpp
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "base/yaml.hpp"
#include "event/logsource.hpp"
#include "rules/condition.hpp"
#include "rules/correlation.hpp"
#include "rules/extension.hpp"
#include "rules/metadata.hpp"
#include "rules/selection.hpp"
#include "rules/value_list.hpp"

namespace tocsin::rules {

struct Detection {
  std::vector<std::string> names;
  std::vector<Selection> selections;  // one for each name
  Condition condition;
  std::vector<Place> name_places;  // one for each name
  Place condition_place;
};

struct RuleDocument {
  Metadata metadata;
  bool has_date = false;
  event::Logsource logsource;
  std::optional<Detection> detection;  // one of the two
  std::optional<Correlation> correlation;
  Extension extension;
  // What decides the rule's meaning, written in one way only; equal texts mean equal rules.
  std::string canonical;
  std::string lists;  // so do the value lists that it uses, but no id is made of them
};

struct FilterDocument {
  Metadata metadata;
  event::Logsource logsource;
  bool every_rule = false;         // of the log source; else those named
  std::vector<std::string> rules;  // ids or names
  Detection detection;
  std::string canonical;
  std::string lists;
};

struct Documents {
  std::vector<RuleDocument> rules;  // in the order of files and places
  std::vector<FilterDocument> filters;
  std::vector<std::string> broken;  // ids and names of the rules left out
  base::Errors errors;
  base::Errors warnings;
};

// Of the files that rules stand in.
inline constexpr base::YamlLimits document_limits{.bytes = 4 << 20};

// Files are read by all processors; what is found stands in their order. `lists`: what placeholders
// stand for. `cache` may have the files' trees.
[[nodiscard]] Documents read_documents(std::span<const base::SourceText> sources,
                                       const ValueLists& lists = {},
                                       const std::shared_ptr<base::DiskCache>& cache = nullptr);

}  // namespace tocsin::rules
