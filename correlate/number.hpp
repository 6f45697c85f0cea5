// Numbers that detections carry: read, added up and compared so that no platform differs.
// Path:      text of a field -> worth of an entry -> Fixed -> whether a condition holds
// Units:     Fixed: 10^-9
// Threads:   values
// Errors:    none; what is no number is said, not guessed
// Source:    SIGMA R1, R5, R7
// Tested by: tests/correlate/number_test.cpp
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

#include "correlate/spec.hpp"

namespace tocsin::correlate {

// Beyond it, either way, a number is taken for none: sums of four thousand million stay exact.
inline constexpr double largest_number = 1e18;

// A decimal number as texts and JSON write it, with or without exponent; nothing for other text,
// for what no double holds, and beyond largest_number. There is one zero.
[[nodiscard]] std::optional<double> number_of(std::string_view text);

// A number as an entry's worth, and back.
[[nodiscard]] constexpr std::uint64_t worth_of(double number) {
  return std::bit_cast<std::uint64_t>(number);
}
[[nodiscard]] constexpr double number_in(std::uint64_t worth) {
  return std::bit_cast<double>(worth);
}

// Whole units of 10^-9: what is added can be taken away again without a trace.
using Fixed = __int128;
// The integer part, and the rest rounded to 10^-9, halves away from zero. Never falls as the
// number rises.
[[nodiscard]] Fixed fixed_of(double number);

// What a condition compares, as a fraction, so that nothing is rounded on the way.
struct Ratio {
  Fixed over = 0;  // of 10^-9
  std::int64_t under = 1;
};

class NumberLimits {
 public:
  explicit NumberLimits(const NumberRange& range);
  [[nodiscard]] bool hold(const Ratio& ratio) const;

 private:
  struct Limit {
    Fixed at;
    bool included;
  };
  std::optional<Limit> low_;
  std::optional<Limit> high_;
  std::optional<Fixed> other_than_;
};

}  // namespace tocsin::correlate
