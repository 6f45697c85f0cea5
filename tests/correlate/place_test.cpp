#include "correlate/place.hpp"

#include <gtest/gtest.h>

namespace tocsin::correlate {
namespace {

Place at(std::int64_t time, std::uint64_t seq, std::uint32_t k) {
  return place_of(event::Seq(seq), k, base::EventTime(time));
}

TEST(PlaceTest, TimeThenSeqThenDerivedRecord) {
  EXPECT_LT(at(1, 9, 3), at(2, 1, 0));
  EXPECT_LT(at(1, 1, 3), at(1, 2, 0));
  EXPECT_LT(at(1, 1, 0), at(1, 1, 1));
  EXPECT_LT(at(1, 5, max_derived), end_of(1));
  EXPECT_LT(end_of(1), at(2, 1, 0));
  EXPECT_EQ(at(-5, 77, 3).seq(), event::Seq(77));
  EXPECT_EQ(at(-5, 77, 3).k(), 3U);
}

TEST(PlaceTest, SpansStopAtTheEndsOfTime) {
  constexpr std::int64_t low = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t high = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(minus(5, 3), 2);
  EXPECT_EQ(minus(low + 1, 10), low);
  EXPECT_EQ(plus(high - 1, 10), high);
  EXPECT_EQ(plus(low, 10), low + 10);
}

TEST(PlaceDeathTest, ANumberThatDoesNotFitIsABug) {
  EXPECT_DEATH(at(0, 1, max_derived + 1), "bounds");
  EXPECT_DEATH(at(0, std::uint64_t{1} << 52U, 0), "bounds");
}

}  // namespace
}  // namespace tocsin::correlate
