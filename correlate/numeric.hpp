// Tells what the numbers in the window come to: value_sum, value_avg, value_median and
// value_percentile.
// Threads:   pure functions over a group's state and area
// Source:    SIGMA R1, R7
// Tested by: tests/correlate/numeric_test.cpp
#pragma once

#include <cstdint>

#include "correlate/group_table.hpp"
#include "correlate/number.hpp"
#include "correlate/pool.hpp"
#include "correlate/window.hpp"

namespace tocsin::correlate {

// The area of total and average holds the sum. Entry `at` becomes the newest of a window that
// begins after `start`. Amortised O(1).
inline constexpr std::uint32_t sum_area = sizeof(Fixed);
void push_number(State& state, std::int64_t* area, const Window& window, std::uint32_t at,
                 std::int64_t start);
// What is not in the window after `start` leaves it.
void leave_number(State& state, std::int64_t* area, const Window& window, std::int64_t start);
[[nodiscard]] Ratio sum_of(const std::int64_t* area, std::int64_t count);

// Small windows are looked through; the numbers of large ones stand in a Ranking. Amortised
// O(log n).
void push_ranked(State& state, const Window& window, std::uint32_t at, std::int64_t start,
                 std::uint32_t percentile, Pool& pool);
void leave_ranked(State& state, const Window& window, std::int64_t start);
// Of [state.tail, at], which is not empty.
[[nodiscard]] Ratio ranked(const State& state, const Window& window, std::uint32_t at,
                           std::uint32_t percentile);

}  // namespace tocsin::correlate
