#include "correlate/instants.hpp"

#include <gtest/gtest.h>

namespace tocsin::correlate {
namespace {

constexpr std::int64_t timespan = 100;

TEST(InstantsTest, AGroupIsJudgedFromATimespanBehindItsFirstDetectionOn) {
  Instants life{};
  EXPECT_TRUE(life.is_over(0, timespan)) << "nothing began";
  life.enter({5, 2}, timespan, true);
  EXPECT_EQ(life.start, 105);
  EXPECT_EQ(life.newest, 2U);
  life.enter({50, 4}, timespan, false);
  EXPECT_EQ(life.start, 105);
  EXPECT_EQ(life.newest, 4U);
}

TEST(InstantsTest, IsForgottenATimespanAfterItRanEmptyAndBeginsAnew) {
  Instants life{};
  life.enter({5, 2}, timespan, true);
  life.empty_since = 105;
  life.set(Instants::holds, true);
  EXPECT_FALSE(life.is_over(204, timespan));
  EXPECT_TRUE(life.is_over(205, timespan));
  Instants soon = life;
  soon.enter({204, 4}, timespan, true);
  EXPECT_EQ(soon.start, 105);
  EXPECT_TRUE(soon.has(Instants::holds));
  life.enter({205, 4}, timespan, true);
  EXPECT_EQ(life.start, 305);
  EXPECT_FALSE(life.has(Instants::holds)) << "what was true was so of a group that is forgotten";
}

TEST(InstantsTest, AnExpectedGroupIsNeverForgotten) {
  Instants life{};
  life.expect(7, timespan);
  EXPECT_EQ(life.start, 107);
  EXPECT_FALSE(life.is_over(1'000'000, timespan));
  life.enter({5000, 2}, timespan, true);
  EXPECT_EQ(life.start, 107);
}

TEST(InstantsTest, AConditionGoesOnWhileSomethingIsThereToEndIt) {
  Instants life{};
  life.enter({5, 2}, timespan, true);
  EXPECT_FALSE(life.goes_on(false));
  life.set(Instants::holds, true);
  EXPECT_TRUE(life.goes_on(false));
  EXPECT_FALSE(life.goes_on(true)) << "it is forgotten, and what comes then is new";
  life.expect(7, timespan);
  EXPECT_TRUE(life.goes_on(true));
}

}  // namespace
}  // namespace tocsin::correlate
