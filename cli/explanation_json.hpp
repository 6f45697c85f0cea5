// What `tocsin explain --at --json` prints.
// Path:      engine::Explanation -> JSON; docs/rules.md has its members
// Threads:   pure functions
// Errors:    none
// Tested by: tests/cli/explanation_json_test.cpp, tests/cases/cli/explain_at.case
#pragma once

#include <string>

#include "cli/explanation.hpp"

namespace tocsin::cli {

// One object, without a line feed.
[[nodiscard]] std::string explanation_json(const engine::Explanation& said,
                                           const engine::Pipeline& pipeline,
                                           const RulesAsked& asked);

}  // namespace tocsin::cli
