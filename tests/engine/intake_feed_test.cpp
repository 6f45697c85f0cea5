#include "engine/intake_feed.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

class IntakeFeedTest : public testing::Test {
 protected:
  static std::shared_ptr<const engine::Setup> setup() {
    return std::make_shared<const engine::Setup>();
  }
  base::ManualClock clock_;
  ingest::Intake intake_{{}, clock_};
  IntakeFeed feed_{intake_.queue(), clock_, std::chrono::seconds(30)};
  Work work_;
};

// The first batch of a setup is told apart even though nothing is in it: the border is now.
TEST_F(IntakeFeedTest, TheFirstBatchOfASetupIsABorder) {
  const auto first = setup(), second = setup();
  const auto next = [this] {
    work_.clear();
    EXPECT_TRUE(feed_.next(work_));
    return std::pair(work_.setup, work_.border);
  };
  feed_.judge_by(first);
  EXPECT_EQ(next(), std::pair(first, true));
  EXPECT_EQ(next(), std::pair(first, false));
  feed_.judge_by(second);
  EXPECT_EQ(next(), std::pair(second, true));
  EXPECT_EQ(next(), std::pair(second, false));
}

TEST_F(IntakeFeedTest, TimeIsToldOnceASecond) {
  clock_.advance(std::chrono::seconds(5));
  EXPECT_TRUE(feed_.next(work_));
  ASSERT_TRUE(work_.clock);
  EXPECT_EQ(work_.clock->now, clock_.now());
  EXPECT_FALSE(work_.clock->listened) << "not yet for as long as a source may be idle";
  work_.clear();
  EXPECT_TRUE(feed_.next(work_));
  EXPECT_FALSE(work_.clock);
  clock_.advance(std::chrono::seconds(25));
  work_.clear();
  EXPECT_TRUE(feed_.next(work_));
  ASSERT_TRUE(work_.clock);
  EXPECT_TRUE(work_.clock->listened);
}

}  // namespace
}  // namespace tocsin::engine
