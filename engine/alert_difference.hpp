// Which alerts of two runs are of the same episodes, and which only one of them has.
// Path:      alerts of a new and of an old form of rules -> AlertDifference
// Threads:   pure function; borrows the alerts
// Errors:    none
// Tested by: tests/engine/alert_difference_test.cpp, tests/cases/cli/backtest.case
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "event/alert.hpp"

namespace tocsin::engine {

// Of the same rule, by its id, and group; from the first of their evidence to when they last were
// true, both have a time in common.
[[nodiscard]] bool same_episode(const event::Alert& a, const event::Alert& b);

struct AlertDifference {
  std::vector<const event::Alert*> only_new;  // in the order given
  std::vector<const event::Alert*> only_old;
  std::uint64_t both = 0;  // of the new ones
  [[nodiscard]] bool any() const { return !only_new.empty() || !only_old.empty(); }
};
// O(n log n).
[[nodiscard]] AlertDifference compare_alerts(std::span<const event::Alert> now,
                                             std::span<const event::Alert> old);

}  // namespace tocsin::engine
