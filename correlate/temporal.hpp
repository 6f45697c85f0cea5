// Tells how many of the rules are met in the window, each by an event of its own: temporal.
// Threads:   pure functions over a group's area
// Source:    SIGMA R8; bipartite matching by augmenting paths (Kuhn)
// Tested by: tests/correlate/temporal_test.cpp
#pragma once

#include <cstdint>

#include "correlate/window.hpp"

namespace tocsin::correlate {

// The area holds, for each rule, time and order of the newest entry that met it; order 0 = none.
// An entry's worth is a bit for each rule that its event met.
[[nodiscard]] constexpr std::uint32_t temporal_area(std::uint32_t inputs) {
  return inputs * 2 * sizeof(std::int64_t);
}
void push_temporal(std::int64_t* area, const Window& window, std::uint32_t at);
// The most rules that can be met by distinct events after `start`, up to entry `at`, which was
// pushed last. O(rules) unless one event is the newest of two rules; then O(entries looked at).
[[nodiscard]] std::uint64_t met_in_any_order(const std::int64_t* area, std::uint32_t inputs,
                                             const Window& window, std::uint32_t at,
                                             std::int64_t start);

}  // namespace tocsin::correlate
