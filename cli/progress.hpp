// One line on a terminal that says how far a long reading is, its rate and the time left.
// Units:     bytes, events, seconds
// Threads:   one
// Tested by: tests/cli/progress_test.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tocsin::cli {

struct ProgressState {
  std::uint64_t events = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_total = 0;  // 0: not known
  std::chrono::nanoseconds elapsed{0};
};

// "42 % · 1.8 M events · 1.6 M/s · 3 s left"; parts that are not known are left out.
[[nodiscard]] std::string progress_line(const ProgressState& state);

// 1234567 as "1.2 M", 12 as "12".
[[nodiscard]] std::string short_number(double number);

}  // namespace tocsin::cli
