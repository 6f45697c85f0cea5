// Distinct integer types, so that a rule's index cannot be passed where an event's is meant.
// Threads:   values
// Tested by: tests/base/ids_test.cpp
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tocsin::base {

// A number that only compares with its own kind. `Tag` is any type, never defined.
template <typename Tag, typename Number>
struct Id {
  Number value{};

  constexpr Id() = default;
  constexpr explicit Id(Number number) : value(number) {}
  constexpr auto operator<=>(const Id&) const = default;
};

}  // namespace tocsin::base

template <typename Tag, typename Number>
struct std::hash<tocsin::base::Id<Tag, Number>> {
  std::size_t operator()(tocsin::base::Id<Tag, Number> id) const noexcept {
    return std::hash<Number>{}(id.value);
  }
};
