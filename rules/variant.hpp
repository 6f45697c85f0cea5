// What a mapping pack makes of a rule: the same question, asked of other events under their names.
// Path:      RuleDocument + MappingPack -> Variant -> Compiled, beside the rule itself
// Threads:   pure function
// Errors:    none; a pack that says nothing of a rule makes no variant of it
// Source:    pySigma's transformations; docs/sigma.md, "Mappings"
// Tested by: tests/rules/variant_test.cpp, tests/engine/mapping_library_test.cpp
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "event/logsource.hpp"
#include "rules/document.hpp"
#include "rules/mapping.hpp"

namespace tocsin::rules {

// A rule itself stays as it is: a variant is a second way to meet it.
struct Variant {
  event::Logsource logsource;
  Detection detection;
  std::vector<Detection> filters;  // of the rule, under the same names
  std::string canonical;           // the transformations that changed it; equal texts do the same
};

// The pack's transformations one after the other, each on what the ones before made. Nothing when
// none of them changes the rule.
[[nodiscard]] std::optional<Variant> variant_of(const MappingPack& pack, const RuleDocument& rule,
                                                std::span<const FilterDocument* const> filters);

}  // namespace tocsin::rules
