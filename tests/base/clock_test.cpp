#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(ClockTest, AWallClockStepLeavesMonotonicTimeAlone) {
  ManualClock clock(100);
  clock.step_wall_clock(std::chrono::nanoseconds(-50));
  EXPECT_EQ(clock.now().value, 50);
  EXPECT_EQ(clock.monotonic().count(), 0);
}

}  // namespace
}  // namespace tocsin::base
