// Runs the examples that rules carry: log lines in, detections, alerts and lockouts counted.
// Path:      rules::RuleTest -> Stages, Sequence -> failures
// Threads:   one
// Errors:    a failure is a finding with the place of the test
// Tested by: tests/engine/pack_test_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::engine {

struct PackTestResult {
  std::string rule;  // id
  std::string title;
  std::string name;  // of the test
  base::Origin origin;
  std::vector<std::string> failures;  // empty: it passed
  std::chrono::nanoseconds took{0};
};

// Tests of the rules that `wanted` accepts, in the order of the rules.
[[nodiscard]] std::vector<PackTestResult> run_pack_tests(
    const Setup& setup, const std::function<bool(const rules::Rule&)>& wanted);

}  // namespace tocsin::engine
