// Numbers in order, with an eye on one rank: the percentile of a window too large to look through.
// Units:     bytes of the pool; n = numbers
// Threads:   one
// Errors:    none
// Tested by: tests/correlate/ranking_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <span>

#include "correlate/number.hpp"
#include "correlate/pool.hpp"

namespace tocsin::correlate {

// The value at this percentile of `numbers`, which it sorts: linear interpolation at rank
// percentile * (n - 1). O(n log n).
[[nodiscard]] Ratio percentile_of(std::span<double> numbers, std::uint32_t percentile);

// The rank that the percentile asks for moves by at most one when a number comes or goes, so one
// step along the order finds it again.
class Ranking {
 public:
  // The pool outlives it.
  Ranking(Pool& pool, std::uint32_t percentile)
      : numbers_(std::less<>(), PoolAllocator<double>(pool)),
        at_(numbers_.end()),
        percentile_(percentile) {}
  Ranking(const Ranking&) = delete;
  Ranking& operator=(const Ranking&) = delete;

  void insert(double number);  // O(log n)
  // One that is in here. O(log n)
  void erase(double number);
  // Of one that is not empty. O(1)
  [[nodiscard]] Ratio percentile() const;
  [[nodiscard]] std::size_t size() const { return numbers_.size(); }

 private:
  using Numbers = std::multiset<double, std::less<>, PoolAllocator<double>>;

  void seek();

  Numbers numbers_;
  Numbers::iterator at_;  // of rank rank_, unless empty
  std::size_t rank_ = 0;
  std::uint32_t percentile_;
};

}  // namespace tocsin::correlate
