#include "correlate/watermark.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>

namespace tocsin::correlate {
namespace {

using event::SourceId;
using std::chrono::nanoseconds;

bool see(Watermark& watermark, std::uint32_t source, std::int64_t time, std::int64_t received) {
  return watermark.observe(SourceId(source), base::EventTime(time), base::ReceivedTime(received));
}

TEST(WatermarkTest, IsTheLowestOfTheHighestLessLateness) {
  Watermark watermark(nanoseconds(10), nanoseconds(100));
  EXPECT_TRUE(see(watermark, 1, 50, 0));
  EXPECT_EQ(watermark.value(), 40);
  EXPECT_FALSE(see(watermark, 2, 45, 0));
  EXPECT_EQ(watermark.value(), 40);  // never back
  see(watermark, 1, 90, 0);
  EXPECT_EQ(watermark.value(), 40);
  see(watermark, 2, 60, 0);
  EXPECT_EQ(watermark.value(), 50);
}

TEST(WatermarkTest, IsRaisedToWhereAnotherHasCome) {
  Watermark watermark(nanoseconds(10), nanoseconds(100));
  EXPECT_TRUE(watermark.raise(30));
  EXPECT_FALSE(watermark.raise(20));
  EXPECT_EQ(watermark.value(), 30);
  EXPECT_FALSE(see(watermark, 1, 35, 0)) << "25 is behind it";
  EXPECT_TRUE(see(watermark, 1, 50, 0));
  EXPECT_EQ(watermark.value(), 40);
}

TEST(WatermarkTest, AnIdleSourceHoldsNothingBackAndAFinishedOneNeither) {
  Watermark watermark(nanoseconds(0), nanoseconds(100));
  see(watermark, 1, 10, 0);
  see(watermark, 2, 20, 0);
  see(watermark, 2, 30, 100);
  EXPECT_EQ(watermark.value(), 10);
  see(watermark, 2, 31, 101);
  EXPECT_EQ(watermark.value(), 31);
  see(watermark, 3, 40, 101);
  see(watermark, 2, 50, 101);
  EXPECT_EQ(watermark.value(), 40);
  EXPECT_TRUE(watermark.finish(SourceId(3)));
  EXPECT_EQ(watermark.value(), 50);
  EXPECT_FALSE(watermark.tick(base::ReceivedTime(100000)));
  EXPECT_EQ(watermark.active(), 0U);
}

TEST(WatermarkTest, WhenAllAreSilentGoesOnFromWhereTheLastOneHadCome) {
  Watermark watermark(nanoseconds(5), nanoseconds(100));
  EXPECT_EQ(watermark.value_at(base::ReceivedTime(1000)), Watermark::never) << "nothing ever came";
  EXPECT_FALSE(watermark.go_on(base::ReceivedTime(0)));
  see(watermark, 2, 10, 0);
  see(watermark, 1, 7000, 0);  // a clock far ahead
  see(watermark, 2, 20, 50);
  EXPECT_EQ(watermark.value(), 15);
  EXPECT_EQ(watermark.value_at(base::ReceivedTime(101)), 15) << "source 1 alone is silent";
  EXPECT_EQ(watermark.value_at(base::ReceivedTime(150)), 15) << "not longer than the timeout";
  EXPECT_EQ(watermark.value_at(base::ReceivedTime(151)), 20 + 101 - 5);
  EXPECT_EQ(watermark.value(), 15) << "asking changes nothing";
  EXPECT_TRUE(watermark.go_on(base::ReceivedTime(151)));
  EXPECT_EQ(watermark.value(), 116);
  EXPECT_FALSE(watermark.go_on(base::ReceivedTime(151)));
  EXPECT_TRUE(watermark.go_on(base::ReceivedTime(1050)));
  EXPECT_EQ(watermark.value(), 20 + 1000 - 5);
  see(watermark, 2, 1025, 1051);  // goes on where it would be, and is not late
  EXPECT_EQ(watermark.value(), 1020);
}

TEST(WatermarkTest, ALineThatIsTooLateSaysThatSomebodySpeaks) {
  Watermark watermark(nanoseconds(5), nanoseconds(100));
  see(watermark, 1, 20, 0);
  EXPECT_FALSE(watermark.tick(base::ReceivedTime(1000)));
  EXPECT_EQ(watermark.active(), 0U);
  EXPECT_EQ(watermark.value(), 15);
  EXPECT_TRUE(watermark.go_on(base::ReceivedTime(1000)));
  EXPECT_EQ(watermark.value(), 1015);
}

TEST(WatermarkTest, BehindASourceThatEndedTimeStands) {
  Watermark watermark(nanoseconds(5), nanoseconds(100));
  see(watermark, 1, 20, 0);
  EXPECT_FALSE(watermark.finish(SourceId(1)));
  EXPECT_FALSE(watermark.go_on(base::ReceivedTime(1000)));
  EXPECT_EQ(watermark.value(), 15);
}

TEST(WatermarkTest, KnowsWhatIsBehindItsOwnSource) {
  Watermark watermark(nanoseconds(60), nanoseconds(100));
  see(watermark, 1, 50, 0);
  EXPECT_TRUE(watermark.behind(SourceId(1), base::EventTime(49)));
  EXPECT_FALSE(watermark.behind(SourceId(1), base::EventTime(50)));
  EXPECT_FALSE(watermark.behind(SourceId(2), base::EventTime(0)));
}

// The definition, straight: looks at all sources each time.
struct Plain {
  struct Source {
    std::int64_t highest = Watermark::never, received = 0;
    bool active = false;
    int heard = 0;
  };
  std::map<std::uint32_t, Source> sources;
  std::int64_t value = Watermark::never, now = 0;
  std::optional<std::uint32_t> last_idle;

  void settle(std::int64_t lateness, std::int64_t idle, bool all_silent) {
    std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
    int heard = -1;
    for (auto& [id, source] : sources) {
      if (source.active && source.received < now - idle) {
        source.active = false;
        if (source.heard > heard) last_idle = id;
        heard = std::max(heard, source.heard);
      }
      if (source.active) lowest = std::min(lowest, source.highest);
    }
    if (lowest == std::numeric_limits<std::int64_t>::max() && all_silent && last_idle)
      lowest = sources[*last_idle].highest + now - sources[*last_idle].received;
    if (lowest != std::numeric_limits<std::int64_t>::max())
      value = std::max(value, lowest - lateness);
  }
};

TEST(WatermarkTest, EqualsTheDefinitionOnRandomSources) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    Watermark fast(nanoseconds(20), nanoseconds(50));
    Plain plain;
    std::int64_t received = 0;
    for (int step = 0; step < 200; ++step) {
      received += static_cast<std::int64_t>(random() % 12) - 2;
      const auto source = static_cast<std::uint32_t>(random() % 6);
      const std::int64_t time = received + static_cast<std::int64_t>(random() % 40);
      if (random() % 40 == 0) received += 60;
      plain.now = std::max(plain.now, received);
      bool all_silent = false;
      std::int64_t foreseen = 0;
      switch (random() % 12) {
        case 0:
          fast.tick(base::ReceivedTime(received));
          break;
        case 1:
          plain.now = fast.now();
          fast.finish(SourceId(source));
          if (plain.sources.contains(source) && plain.sources[source].active) {
            plain.sources[source].active = false;
            plain.last_idle.reset();
          }
          break;
        case 2:
          all_silent = true;
          foreseen = fast.value_at(base::ReceivedTime(received));
          fast.go_on(base::ReceivedTime(received));
          ASSERT_EQ(foreseen, fast.value());
          break;
        default: {
          see(fast, source, time, received);
          Plain::Source& own = plain.sources[source];
          own = {std::max(own.highest, time), plain.now, true, step};
        }
      }
      plain.settle(20, 50, all_silent);
      ASSERT_EQ(fast.value(), plain.value) << "round " << round << " step " << step;
      if (step % 17 == 0) {
        Watermark loaded(nanoseconds(20), nanoseconds(50));
        loaded.load(fast.value(), fast.now(), fast.idle(), fast.save());
        fast = loaded;
      }
    }
  }
}

}  // namespace
}  // namespace tocsin::correlate
