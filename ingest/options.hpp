// What can be configured about framing and syslog headers.
// Units:     sizes in bytes, durations in ns
// Threads:   values
// Tested by: tests/ingest/options_test.cpp
#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "base/options.hpp"

namespace tocsin::ingest {

// How long a frame may be, and how long it may be for its rest to be thrown away instead of the
// connection.
struct FrameLimits {
  std::size_t max_frame = 64 * 1024;
  std::size_t max_discard = std::size_t{16} << 20;
};
[[nodiscard]] std::span<const base::Option<FrameLimits>> frame_option_rows();

// What a batch may hold before it is handed on. The text limit is passed by one frame at most.
struct BatchLimits {
  std::size_t text = 256 * 1024;
  std::size_t frames = 4096;
};

// Plausibility of stated times (live inputs only), and the bounds of structured data.
struct SyslogOptions {
  base::Nanoseconds max_future = std::chrono::minutes(5);
  base::Nanoseconds max_past = std::chrono::hours(7 * 24);
  std::size_t max_elements = 64;
  std::size_t max_parameters = 256;
};
[[nodiscard]] std::span<const base::Option<SyslogOptions>> syslog_option_rows();

}  // namespace tocsin::ingest
