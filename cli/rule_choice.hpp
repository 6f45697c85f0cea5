// Which rules an operator means by a word: an id, a name, or a file.
// Threads:   pure functions
// Errors:    none; no rule is an empty list
// Tested by: tests/cli/rule_choice_test.cpp
#pragma once

#include <string>
#include <vector>

#include "event/batch.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::cli {

[[nodiscard]] bool names_a_file(const std::string& rule);

// Those of a file without what other rules of it refer to, or the one of that id or name.
[[nodiscard]] std::vector<event::RuleIndex> rules_meant(const rules::RuleSet& rules,
                                                        const std::string& word);

// "no rule has the id or name ...; did you mean ...?"
[[nodiscard]] std::string no_such_rule(const rules::RuleSet& rules, const std::string& word);

}  // namespace tocsin::cli
