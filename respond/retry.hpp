// How long to wait before the next attempt.
// Units:     ns
// Threads:   pure function
// Tested by: tests/respond/retry_test.cpp
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.hpp"

namespace tocsin::respond {

// `first`, doubled with each attempt that failed up to `longest`, and then up to a quarter of it
// less
// (`chance` in [0, 1)), so that channels that failed together do not come back together.
[[nodiscard]] inline base::Nanoseconds retry_delay(std::uint32_t failed_attempts,
                                                   base::Nanoseconds first,
                                                   base::Nanoseconds longest, double chance) {
  base::Nanoseconds delay = std::min(first, longest);
  for (std::uint32_t i = 1; i < failed_attempts && delay < longest; ++i)
    delay = delay > longest / 2 ? longest : delay * 2;
  constexpr double most = 0.25;
  return delay - base::Nanoseconds(
                     static_cast<std::int64_t>(static_cast<double>(delay.count()) * most * chance));
}

}  // namespace tocsin::respond
