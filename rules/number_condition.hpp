// The condition of a correlation that compares a number: limits may be decimals, a percentile may
// be named.
// Path:      YAML map -> NumberRange, percentile -> Correlation
// Threads:   pure function
// Errors:    rules-4, rules-48, each with its place
// Source:    SIGMA R5, R7
// Tested by: tests/rules/number_condition_test.cpp, tests/cases/rules/numeric.case
#pragma once

#include <cstdint>
#include <optional>

#include "base/yaml.hpp"
#include "rules/correlation.hpp"

namespace tocsin::rules {

class Diagnostics;

struct NumberCondition {
  NumberRange range;
  std::optional<std::uint32_t> percentile;  // thousandths of a percent
  bool by_instants = false;                 // CountRange::by_instants
};

// Of a numeric type; `condition` is a map. The result is usable only when no error was added.
[[nodiscard]] NumberCondition read_number_condition(const base::YamlNode& condition,
                                                    CorrelationType type, Diagnostics& out);

}  // namespace tocsin::rules
