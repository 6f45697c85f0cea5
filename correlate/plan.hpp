// Says what a rule set asks of the correlator: its correlations, and the detection rules that alert
// by themselves.
// Path:      rules::RuleSet -> CorrelationSpecs, linked -> Correlator
// Threads:   pure function
// Errors:    correlate-1 a correlation that the rule reader let pass and that cannot be judged
// Source:    DESIGN section 7; SIGMA section 6
// Tested by: tests/correlate/plan_test.cpp, tests/cases/correlate/*.case
#pragma once

#include <vector>

#include "base/error.hpp"
#include "correlate/spec.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::correlate {

// Inner correlations stand before those that refer to them. A detection rule's own alerts are an
// event_count of at least 1, grouped by those of its grouping's fields that the event has.
[[nodiscard]] base::Result<std::vector<CorrelationSpec>> plan(const rules::RuleSet& rules);

}  // namespace tocsin::correlate
