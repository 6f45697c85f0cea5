// The wall clock and the monotonic clock behind one interface, so that tests own time.
// Units:     ns since 1970-01-01Z; ns since an arbitrary start
// Threads:   safe
// Tested by: tests/base/clock_test.cpp
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/time.hpp"

namespace tocsin::base {

// Only listeners (to stamp what they receive), timers and metrics hold one; the path from frame to
// alert never does.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual ReceivedTime now() const = 0;
  [[nodiscard]] virtual std::chrono::nanoseconds monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] ReceivedTime now() const override {
    return ReceivedTime(std::chrono::system_clock::now().time_since_epoch().count());
  }
  [[nodiscard]] std::chrono::nanoseconds monotonic() const override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }
};

// Stands still until it is told to move.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t start_ns = 0) : now_(start_ns) {}
  [[nodiscard]] ReceivedTime now() const override { return ReceivedTime(now_.load()); }
  [[nodiscard]] std::chrono::nanoseconds monotonic() const override {
    return std::chrono::nanoseconds(monotonic_.load());
  }

  void advance(std::chrono::nanoseconds step) {
    now_ += step.count();
    monotonic_ += step.count();
  }
  // The wall clock is set by an administrator or by NTP: monotonic time does not move.
  void step_wall_clock(std::chrono::nanoseconds step) { now_ += step.count(); }

 private:
  std::atomic<std::int64_t> now_;
  std::atomic<std::int64_t> monotonic_ = 0;
};

}  // namespace tocsin::base
