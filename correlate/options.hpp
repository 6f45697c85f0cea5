// What an operator can set of correlation.
// Units:     durations in ns; bytes
// Threads:   values
// Tested by: tests/correlate/options_test.cpp
#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.hpp"

namespace tocsin::correlate {

struct Options {
  // How far behind its source's newest event an event may come and still be counted in its place.
  base::Nanoseconds lateness = std::chrono::seconds(60);
  // A source from which nothing came for longer than this holds time back no more.
  base::Nanoseconds idle_timeout = std::chrono::seconds(30);
  // Windows above this size are counted (Counters::over_limit), never dropped; 0 = no limit.
  std::size_t window_bytes = 0;
};

}  // namespace tocsin::correlate
