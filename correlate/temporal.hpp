// Tells how many of the rules are met in the window, each by an event of its own: temporal.
// Threads:   pure functions over a group's area
// Source:    SIGMA R8; bipartite matching by augmenting paths (Kuhn); the sets of events that can
//            be matched are a matroid, so taking the newest first finds the best for every window
// Tested by: tests/correlate/temporal_test.cpp
#pragma once

#include <array>
#include <cstdint>

#include "correlate/spec.hpp"

namespace tocsin::correlate {

// Events, each with a rule of its own among those that it met (a bit each).
class Matching {
 public:
  explicit Matching(std::uint32_t inputs) : inputs_(inputs) {}

  // Whether the event finds a rule, earlier ones moving aside where needed. O(inputs squared).
  bool add(std::uint64_t rules);
  // The rules that an event must have met one of to be added.
  [[nodiscard]] std::uint64_t open() const;
  [[nodiscard]] std::uint32_t size() const { return size_; }

 private:
  bool place(std::uint32_t event, std::uint64_t& seen);

  std::uint32_t inputs_;
  std::uint32_t size_ = 0;
  std::uint64_t taken_ = 0;                          // rules
  std::array<std::uint32_t, max_inputs> by_{};       // rule -> event, of taken rules
  std::array<std::uint64_t, max_inputs + 1> met_{};  // event -> rules
};

// The area holds (time, rules met) of the newest events that can all be matched, oldest first;
// rules 0 = no more. Those of them inside a window are as many as can be matched there.
[[nodiscard]] constexpr std::uint32_t temporal_area(std::uint32_t inputs) {
  return inputs * 2 * sizeof(std::int64_t);
}
// An event no older than those before it. O(inputs); O(inputs cubed) when events met several rules.
void push_temporal(std::int64_t* area, std::uint32_t inputs, std::int64_t time,
                   std::uint64_t rules);
// The most rules that can be met by distinct events after `start`. O(inputs).
[[nodiscard]] std::uint64_t met_in_any_order(const std::int64_t* area, std::uint32_t inputs,
                                             std::int64_t start);

}  // namespace tocsin::correlate
