// The life of a group whose rule is judged by instants: where it begins, since when its window is
// empty, where it ends.
// Units:     ns
// Threads:   values; one stands in the area of a group, all zero at first
// Errors:    none
// Source:    DESIGN section 7, what only silence can satisfy
// Tested by: tests/correlate/instants_test.cpp, tests/correlate/history_test.cpp
#pragma once

#include <cstdint>

#include "correlate/place.hpp"

namespace tocsin::correlate {

// A group begins with its first detection, is judged from one timespan later on, and is forgotten
// one timespan after its window ran empty; the next detection begins it anew. An expected group
// begins with the first event of all and is never forgotten.
struct Instants {
  std::int64_t start;        // nothing is judged before
  std::int64_t judged;       // what changed up to here has been judged
  std::int64_t empty_since;  // of an empty window: when the last detection left it
  std::uint64_t newest;      // order of the newest detection, 0 = none
  std::uint64_t flags;

  static constexpr std::uint64_t begun = 1;
  static constexpr std::uint64_t holds = 2;  // the condition, at the last instant judged
  static constexpr std::uint64_t expected = 4;
  static constexpr std::uint64_t waits = 8;  // for the oldest detection to leave

  [[nodiscard]] bool has(std::uint64_t flag) const { return (flags & flag) != 0; }
  void set(std::uint64_t flag, bool to) { flags = to ? flags | flag : flags & ~flag; }

  // The first event of all came at `time`.
  void expect(std::int64_t time, std::int64_t timespan) {
    start = plus(time, timespan);
    judged = time;
    flags |= begun | expected;
  }
  // A detection enters a window that is `empty` or not.
  void enter(Place place, std::int64_t timespan, bool empty) {
    newest = place.order;
    const bool again = empty && !has(expected) && ends(timespan) <= place.time;
    if (has(begun) && !again) return;
    start = plus(place.time, timespan);
    flags = (flags & ~holds) | begun;
  }
  // When a group with an empty window is forgotten.
  [[nodiscard]] std::int64_t ends(std::int64_t timespan) const {
    return plus(empty_since, timespan);
  }
  [[nodiscard]] bool is_over(std::int64_t watermark, std::int64_t timespan) const {
    return !has(expected) && (!has(begun) || ends(timespan) <= watermark);
  }
  // True until something changes: its alert cannot end before.
  [[nodiscard]] bool goes_on(bool empty) const { return has(holds) && (!empty || has(expected)); }
};
static_assert(sizeof(Instants) == 40);

}  // namespace tocsin::correlate
