// Tells whether one of the ways in which a condition over rules can hold does: temporal types with
// `and`, `or`, `not`.
// Threads:   immutable; functions over a group's area
// Source:    SIGMA R9
// Tested by: tests/correlate/alternatives_test.cpp
#pragma once

#include <cstdint>
#include <vector>

#include "correlate/spec.hpp"

namespace tocsin::correlate {

// The bits of `rules` that stand in `mask`, closed up.
[[nodiscard]] std::uint64_t bits_among(std::uint64_t rules, std::uint32_t mask);

class Alternatives {
 public:
  explicit Alternatives(const CorrelationSpec& spec);

  // The area holds for each alternative when a negated rule was last met, and what temporal.hpp or
  // temporal_ordered.hpp keep for its positive ones.
  [[nodiscard]] std::uint32_t area_bytes() const { return bytes_; }
  // The rules that a window can begin with, and those that count for one.
  [[nodiscard]] std::uint64_t begins() const { return begins_; }
  [[nodiscard]] std::uint64_t positive() const { return positive_; }
  // An event no older than those before it. O(alternatives), times what the type takes.
  void push(std::int64_t* area, std::int64_t time, std::uint64_t rules) const;
  // Whether one holds for the events after `start`. `begin`: the rules met where the window begins,
  // of which one must be a rule that the alternative begins with.
  [[nodiscard]] bool hold(const std::int64_t* area, std::int64_t start,
                          std::uint64_t begin = ~std::uint64_t{0}) const;

 private:
  struct Part {
    std::uint32_t positive;
    std::uint32_t negative;
    std::uint32_t begins;  // what the first of its events can be
    std::uint32_t inputs;  // how many are positive
    std::uint32_t at;      // in the area
  };

  bool ordered_;
  std::uint32_t bytes_ = 0;
  std::uint64_t begins_ = 0;
  std::uint64_t positive_ = 0;
  std::vector<Part> parts_;
};

}  // namespace tocsin::correlate
