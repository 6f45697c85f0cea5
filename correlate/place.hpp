// Where a detection stands in event order: by time, then by sequence number.
// Units:     ns since 1970Z
// Threads:   values
// Tested by: tests/correlate/place_test.cpp
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include "base/check.hpp"
#include "event/batch.hpp"

namespace tocsin::correlate {

// `order` is seq (52 bits), k (11 bits) and one bit that a window uses as its flag and that is 0 in
// a place. k is 0 for a received frame, 1... for records derived from it.
struct Place {
  std::int64_t time = 0;
  std::uint64_t order = 0;

  constexpr auto operator<=>(const Place&) const = default;
  [[nodiscard]] constexpr event::Seq seq() const { return event::Seq(order >> 12U); }
  [[nodiscard]] constexpr std::uint32_t k() const {
    return static_cast<std::uint32_t>(order >> 1U & 0x7FFU);
  }
};

inline constexpr std::uint32_t max_derived = 0x7FF;

[[nodiscard]] inline Place place_of(event::Seq seq, std::uint32_t k, base::EventTime time) {
  CHECK(seq.value < (std::uint64_t{1} << 52U) && k <= max_derived, "a place out of its bounds");
  return {time.value, seq.value << 12U | std::uint64_t{k} << 1U};
}

// The place behind all detections of this time: "later than t" is "> end_of(t)".
[[nodiscard]] constexpr Place end_of(std::int64_t time) {
  return {time, std::numeric_limits<std::uint64_t>::max()};
}

// The ends of the scale are never passed: times are strangers' numbers.
[[nodiscard]] constexpr std::int64_t minus(std::int64_t time, std::int64_t span) {
  std::int64_t out = 0;
  if (__builtin_sub_overflow(time, span, &out)) {
    return span > 0 ? std::numeric_limits<std::int64_t>::min()
                    : std::numeric_limits<std::int64_t>::max();
  }
  return out;
}
[[nodiscard]] constexpr std::int64_t plus(std::int64_t time, std::int64_t span) {
  std::int64_t out = 0;
  if (__builtin_add_overflow(time, span, &out)) {
    return span > 0 ? std::numeric_limits<std::int64_t>::max()
                    : std::numeric_limits<std::int64_t>::min();
  }
  return out;
}

}  // namespace tocsin::correlate
