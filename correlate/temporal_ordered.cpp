#include "correlate/temporal_ordered.hpp"

#include <algorithm>
#include <limits>

namespace tocsin::correlate {

namespace {

// Times as unsigned numbers in the same order, so that a zeroed area means "no chain".
constexpr std::uint64_t sign = std::uint64_t{1} << 63U;
std::uint64_t raised(std::int64_t time) { return static_cast<std::uint64_t>(time) ^ sign; }
std::uint64_t& cell(std::int64_t* area, std::size_t at) {
  return reinterpret_cast<std::uint64_t*>(area)[at];
}

}  // namespace

void push_ordered(std::int64_t* area, std::uint32_t inputs, std::int64_t when,
                  std::uint64_t rules) {
  const std::uint64_t time = raised(when);
  // From the last rule down, so that a row still holds what was before this event: one event fills
  // one place.
  for (std::uint32_t rule = inputs; rule-- > 0;) {
    if ((rules >> rule & 1U) == 0) continue;
    for (std::uint32_t length = rule + 1; length >= 1; --length) {
      const std::uint64_t start =
          length == 1 ? time : cell(area, std::size_t{rule - 1} * inputs + length - 2);
      if (start == 0) continue;
      // A chain among rules 0...rule is one among 0...later too.
      for (std::uint32_t later = rule; later < inputs; ++later) {
        std::uint64_t& best = cell(area, std::size_t{later} * inputs + length - 1);
        if (best >= start) break;
        best = start;
      }
    }
  }
}

std::uint64_t met_in_order(const std::int64_t* area, std::uint32_t inputs, std::int64_t start) {
  const auto* last =
      reinterpret_cast<const std::uint64_t*>(area) + std::size_t{inputs - 1} * inputs;
  for (std::uint32_t length = inputs; length >= 1; --length) {
    if (last[length - 1] > raised(start)) return length;
  }
  return 0;
}

}  // namespace tocsin::correlate
