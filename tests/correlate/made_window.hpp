// Entries of three words, as a window holds them.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "correlate/window.hpp"

namespace tocsin::correlate {

struct MadeWindow {
  std::vector<std::array<std::uint64_t, 3>> rows;
  void add(std::int64_t time, std::uint64_t rules) {
    rows.push_back({static_cast<std::uint64_t>(time), (rows.size() + 1) * 4096, rules});
  }
  Window window() {
    return {reinterpret_cast<std::byte*>(rows.data()), static_cast<std::uint32_t>(rows.size()),
            worth_stride};
  }
};

}  // namespace tocsin::correlate
