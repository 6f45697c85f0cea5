// The condition of a detection: how its selections are put together.
// Threads:   values
// Errors:    rules-30 to rules-39, each at its place inside the condition
// Source:    SIGMA section 5 (K1 to K5)
// Tested by: tests/rules/condition_test.cpp, tests/cases/rules/condition.case
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/yaml.hpp"
#include "rules/aggregation.hpp"

namespace tocsin::rules {

class Diagnostics;

struct Condition {
  enum class Kind : std::uint8_t { all_of, any_of, negation, selection };
  Kind kind = Kind::all_of;
  std::vector<Condition> children;  // of all but a selection
  std::size_t selection = 0;        // index into the names given

  bool operator==(const Condition&) const = default;
};

// What the names of a condition are.
enum class ConditionOver : std::uint8_t { selections, rules };

// `node` is a text or a list of texts (any of them). `names` are the detection's selections.
// `rule`: for the answer to an aggregation. Over the rules of a correlation there is no `x of`.
//
//   or   := and ("or" and)*         and := not ("and" not)*         not := "not" not | atom
//   atom := "(" or ")" | ("1" | "any" | "all") "of" ("them" | pattern) | name
[[nodiscard]] Condition read_condition(const base::YamlNode& node,
                                       const std::vector<std::string>& names, Diagnostics& out,
                                       const OldRule& rule = {},
                                       ConditionOver over = ConditionOver::selections);

}  // namespace tocsin::rules
