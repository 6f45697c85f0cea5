// Tells how many different values stand in the window, and how often each does: value_count, and
// value_percentile where it means a share.
// Threads:   pure functions over a group's state
// Source:    SIGMA R1, R6, R7
// Tested by: tests/correlate/distinct_test.cpp
#pragma once

#include <cstdint>

#include "correlate/group_table.hpp"
#include "correlate/window.hpp"

namespace tocsin::correlate {

// Up to this many entries a window is looked through; from then on values are counted in a table.
inline constexpr std::uint32_t small_window = 32;

// Takes entry state.tail out of the window that ends before `at`. The caller moves the tail on.
void leave_distinct(State& state, const Window& window, std::uint32_t at);
// Takes entry `at` into [state.tail, at).
void enter_distinct(State& state, const Window& window, std::uint32_t at);
// The same backwards: takes the newest entry out of [state.tail, at], entry `at` into
// [at + 1, end).
void undo_enter_distinct(State& state, const Window& window, std::uint32_t at);
void undo_leave_distinct(State& state, const Window& window, std::uint32_t at, std::uint32_t end);
// How many entries of [state.tail, at] have the value of `which`.
[[nodiscard]] std::uint64_t uses_in(const State& state, const Window& window, std::uint32_t at,
                                    std::uint32_t which);
// All are O(1): a small window is looked through, a large one is counted.

}  // namespace tocsin::correlate
