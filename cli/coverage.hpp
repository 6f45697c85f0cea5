// `tocsin coverage`: the ATT&CK techniques that rules are tagged with, as a Navigator layer.
// Path:      tags of rules -> JSON (layer format 4.5)
// Threads:   main thread
// Errors:    exit 3 when packs have errors; cli-5 a layer that cannot be written
// Source:    github.com/mitre-attack/attack-navigator, layers/spec/v4.5
// Tested by: tests/cli/coverage_test.cpp, tests/cases/cli/rules.case
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "cli/streams.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::cli {

struct Coverage {
  // "T1059.001" -> the titles of its rules, in the order of the rules.
  std::map<std::string, std::vector<std::string>> techniques;
  std::map<std::string, std::size_t> tactics;  // rules that name a tactic and no technique
  std::size_t tagged = 0;                      // rules with a technique
  std::size_t untagged = 0;                    // rules with neither
};

[[nodiscard]] Coverage coverage_of(std::span<const rules::Rule> rules);
// One object, a technique with its score (how many rules) and their titles.
[[nodiscard]] std::string layer_json(const Coverage& coverage, std::string_view name);
[[nodiscard]] int run_coverage(const CoverageCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
