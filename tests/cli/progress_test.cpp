#include "cli/progress.hpp"

#include <gtest/gtest.h>

namespace tocsin::cli {
namespace {

using std::chrono::seconds;

TEST(ProgressTest, SaysShareRateAndTimeLeft) {
  EXPECT_EQ(progress_line({4'000'000, 25, 100, seconds(2)}),
            "25 % · 4.0 M events · 2.0 M/s · 6 s left");
}

TEST(ProgressTest, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(progress_line({1500, 99, 0, seconds(3)}), "1.5 k events · 500/s");
  EXPECT_EQ(progress_line({0, 0, 100, seconds(0)}), "0 % · 0 events");
  EXPECT_EQ(progress_line({10, 100, 100, seconds(1)}), "100 % · 10 events · 10/s");
}

TEST(ProgressTest, LongTimesHaveMinutesAndHours) {
  EXPECT_EQ(progress_line({1, 1, 100, seconds(1)}), "1 % · 1 events · 1/s · 1 min 39 s left");
  EXPECT_EQ(progress_line({1, 1, 10001, seconds(1)}), "0 % · 1 events · 1/s · 2 h 46 min left");
}

}  // namespace
}  // namespace tocsin::cli
