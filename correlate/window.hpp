// The detections of one group that can still matter, in event order: a view of its record.
// Units:     ns; places are indices from the oldest on
// Threads:   one; a view is good until the group changes size
// Tested by: tests/correlate/window_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>

#include "correlate/place.hpp"

namespace tocsin::correlate {

// The lowest bit of `order` says that the rule's condition was true here.
struct Entry {
  std::int64_t time;
  std::uint64_t order;

  [[nodiscard]] Place place() const { return {time, order & ~std::uint64_t{1}}; }
  [[nodiscard]] bool is_true() const { return (order & 1U) != 0; }
  void set_true() { order |= 1U; }
};

// What an entry is worth besides its place: the value's id, a weight, the rules that it met. Rules
// whose entries are all alike (Judging::last_n) do without.
inline constexpr std::uint32_t plain_stride = sizeof(Entry);
inline constexpr std::uint32_t worth_stride = sizeof(Entry) + sizeof(std::uint64_t);

struct Window {
  std::byte* data;
  std::uint32_t size;
  std::uint32_t stride;

  [[nodiscard]] Entry& operator[](std::size_t i) const {
    return *reinterpret_cast<Entry*>(data + i * stride);
  }
  [[nodiscard]] std::uint64_t& worth(std::size_t i) const {
    return *reinterpret_cast<std::uint64_t*>(data + i * stride + sizeof(Entry));
  }
  // 1 for entries that are all alike.
  [[nodiscard]] std::uint64_t worth_or_one(std::size_t i) const {
    return stride == plain_stride ? 1 : worth(i);
  }
  // The first entry whose place is above `place`. O(log size).
  [[nodiscard]] std::uint32_t above(Place place) const {
    std::uint32_t low = 0, high = size;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if ((*this)[middle].place() > place) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
};

}  // namespace tocsin::correlate
