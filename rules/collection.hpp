// Documents of all files brought together: ids, references, filters, mappings, content hashes.
// Path:      Documents -> Collection -> RuleSet::load
// Threads:   pure function; borrows documents and mappings
// Errors:    rules-51 to rules-55, rules-80 to rules-82, added to the documents' errors; a rule
//            with one is left out, and so (as a warning, rules-77) is what refers to it
// Source:    SIGMA C4, R2, R10, section 7
// Tested by: tests/rules/collection_test.cpp
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "rules/document.hpp"
#include "rules/mapping.hpp"
#include "rules/variant.hpp"

namespace tocsin::rules {

struct CollectedRule {
  RuleDocument* document = nullptr;
  std::string id;
  std::vector<const FilterDocument*> filters;  // of a detection rule
  std::vector<std::size_t> inputs;             // of a correlation: indexes into Collection::rules
  std::vector<Variant> variants;               // of a detection rule: what mapping packs make of it
  const EntityRule* entity = nullptr;          // of its own alerts, where a pack names one
  base::Sha256 content{};
};

struct Collection {
  std::vector<CollectedRule> rules;       // sorted by id
  std::vector<std::size_t> correlations;  // inner ones first

  // The field that `name` (a group-by or value field, or an alias) means for detections of input
  // `input` of a correlation.
  [[nodiscard]] const std::string& field_behind(const CollectedRule& correlation, std::size_t input,
                                                const std::string& name) const;
};

// `known_fields`: names already taken, for there is room for 32768 of them.
[[nodiscard]] Collection collect(Documents& documents, std::size_t known_fields,
                                 const Mappings& mappings = {});

// Deepest nesting of correlations in correlations.
inline constexpr std::size_t most_correlation_levels = 8;

}  // namespace tocsin::rules
