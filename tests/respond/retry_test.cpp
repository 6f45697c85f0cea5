#include "respond/retry.hpp"

#include <gtest/gtest.h>

namespace tocsin::respond {
namespace {

using namespace std::chrono_literals;

TEST(RetryTest, DoublesUpToTheLongest) {
  EXPECT_EQ(retry_delay(1, 1s, 60s, 0), 1s);
  EXPECT_EQ(retry_delay(2, 1s, 60s, 0), 2s);
  EXPECT_EQ(retry_delay(6, 1s, 60s, 0), 32s);
  EXPECT_EQ(retry_delay(7, 1s, 60s, 0), 60s);
  EXPECT_EQ(retry_delay(4'000'000'000U, 1s, 60s, 0), 60s);
  EXPECT_EQ(retry_delay(1, 9s, 5s, 0), 5s);
}

TEST(RetryTest, ChanceTakesUpToAQuarter) {
  EXPECT_EQ(retry_delay(1, 4s, 60s, 0.5), 3500ms);
  EXPECT_GT(retry_delay(1, 4s, 60s, 0.999), 3s);
}

TEST(RetryTest, TheLongestPossibleWaitDoesNotOverflow) {
  EXPECT_EQ(retry_delay(100, 1s, base::Nanoseconds::max(), 0), base::Nanoseconds::max());
}

}  // namespace
}  // namespace tocsin::respond
