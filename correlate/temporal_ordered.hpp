// Tells how many of the rules are met one after the other, in their order: temporal_ordered.
// Threads:   pure functions over a group's area
// Source:    SIGMA R8
// Tested by: tests/correlate/temporal_ordered_test.cpp
#pragma once

#include <cstdint>

namespace tocsin::correlate {

// The area is a matrix: row r, column n - 1 = (the latest start of a chain of n events that meets n
// of the rules 0...r in order) - (lowest time) so that 0 means none.
[[nodiscard]] constexpr std::uint32_t ordered_area(std::uint32_t inputs) {
  return inputs * inputs * sizeof(std::int64_t);
}
// An event no older than those before it.
void push_ordered(std::int64_t* area, std::uint32_t inputs, std::int64_t time, std::uint64_t rules);
// The longest chain that starts after `start`.
[[nodiscard]] std::uint64_t met_in_order(const std::int64_t* area, std::uint32_t inputs,
                                         std::int64_t start);

}  // namespace tocsin::correlate
