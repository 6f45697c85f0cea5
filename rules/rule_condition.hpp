// The condition of a temporal correlation over the names of its rules, as alternatives.
// Path:      YAML text -> Alternatives -> Correlation
// Threads:   pure functions
// Errors:    rules-31 to rules-36, rules-49, each at its place inside the condition
// Source:    SIGMA R9, R14, K1
// Tested by: tests/rules/rule_condition_test.cpp, tests/cases/rules/rule_condition.case
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/yaml.hpp"
#include "rules/correlation.hpp"

namespace tocsin::rules {

class Diagnostics;

// The names that stand in a condition, each once, and where in its text.
struct NamedRule {
  std::string name;
  std::size_t offset = 0;
};
[[nodiscard]] std::vector<NamedRule> rules_in(const base::YamlNode& condition);

// `names`: what `rules` lists, at most most_temporal_rules; a bit each. No alternative implies
// another. The result is usable only when no error was added.
[[nodiscard]] std::vector<Alternative> read_rule_condition(const base::YamlNode& condition,
                                                           const std::vector<std::string>& names,
                                                           Diagnostics& out);

}  // namespace tocsin::rules
