#include "engine/source_watch.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = base::ns_per_second;
constexpr std::int64_t hour = 3600 * second;

class SourceWatchTest : public testing::Test {
 protected:
  SourceWatchTest() {
    options_.skew_warning = std::chrono::seconds(60);
    options_.silence_least = std::chrono::seconds(5);
    restart();
  }
  void restart() {
    watch_ = std::make_unique<SourceWatch>(
        options_, [this](const event::Batch&, std::size_t) { return stated_; });
  }
  // One event of `source`, in a batch of its own, whose stated time is off by `skew`.
  void at(std::int64_t received, std::uint32_t source = 1, std::int64_t skew = 0,
          event::Anomalies anomalies = {}) {
    event::Batch batch;
    batch.add_frame("x", event::SourceId(source), base::ReceivedTime(start + received));
    event::Event event;
    event.time = base::EventTime(start + received + skew);
    event.has_time = true;
    event.anomalies = anomalies;
    batch.events.push_back(event);
    watch_->see(batch);
  }
  [[nodiscard]] SourceWatch::Report look(std::int64_t now) const {
    return watch_->look(base::ReceivedTime(start + now), 100);
  }

  static constexpr std::int64_t start = 1'800'000'000 * second;
  EngineOptions options_;
  std::optional<base::EventTime> stated_;
  std::unique_ptr<SourceWatch> watch_;
};

TEST_F(SourceWatchTest, ASteadySkewIsNamedOnceThereAreEnoughSamples) {
  for (int i = 0; i < 8; ++i) at(i * second, 1, -hour + i * ms);
  EXPECT_EQ(look(8 * second).skewed, 0U);
  at(8 * second, 1, -hour);
  at(8 * second, 2, 59 * second);
  const auto report = look(9 * second);
  EXPECT_EQ(report.watched, 2U);
  EXPECT_EQ(report.skewed, 1U);
  EXPECT_NEAR(static_cast<double>(report.greatest_skew), 3600e9, 1e7);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings[0].source, event::SourceId(1));
  EXPECT_LT(*report.warnings[0].skew, -3599 * second);
}

TEST_F(SourceWatchTest, ASampleASecondHoweverManyEventsCome) {
  for (int i = 0; i < 500; ++i) at(i * ms, 1, hour);
  EXPECT_EQ(look(second).skewed, 0U) << "a backlog that came in half a second tells nothing";
}

TEST_F(SourceWatchTest, WhatIsWithinTheThresholdOrWandersIsNoSkew) {
  for (int i = 0; i < 30; ++i) {
    at(i * second, 1, 60 * second);
    at(i * second, 2, -(60 + 40 * (i % 7)) * second);  // delivered late, now more, now less
    at(i * second, 3, i % 4 == 0 ? hour : 0);          // outliers
  }
  EXPECT_EQ(look(30 * second).skewed, 0U);
}

TEST_F(SourceWatchTest, AClockThatIsSetRightIsForgiven) {
  for (int i = 0; i < 30; ++i) at(i * second, 1, hour);
  EXPECT_EQ(look(30 * second).skewed, 1U);
  for (int i = 30; i < 46; ++i) at(i * second, 1, 0);
  EXPECT_EQ(look(46 * second).skewed, 0U);
}

// A clock so far off is not believed: the event has the time of reception, and what it stated is
// read again.
TEST_F(SourceWatchTest, AStatedTimeThatWasNotBelievedCountsAllTheSame) {
  event::Anomalies skewed;
  skewed.set(event::Anomaly::clock_skew);
  for (int i = 0; i < 9; ++i) {
    stated_ = base::EventTime(start + i * second + hour);
    at(i * second, 1, 0, skewed);
  }
  const auto report = look(9 * second);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(*report.warnings[0].skew, hour);
}

TEST_F(SourceWatchTest, EventsThatStateNoTimeTellNothing) {
  event::Anomalies none;
  none.set(event::Anomaly::no_time);
  for (int i = 0; i < 20; ++i) at(i * second, 1, hour, none);
  EXPECT_EQ(look(20 * second).skewed, 0U);
}

TEST_F(SourceWatchTest, SilenceIsLongerThanUsual) {
  for (int i = 0; i <= 64; ++i) at(i * second, 1);
  EXPECT_EQ(look(64 * second).learning, 0U);
  EXPECT_EQ(look(64 * second + 10 * second).silent, 0U) << "ten usual gaps";
  const auto report = look(64 * second + 10 * second + 1);
  EXPECT_EQ(report.silent, 1U);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(*report.warnings[0].silent, 10 * second + 1);
  EXPECT_EQ(report.warnings[0].usual_gap, second);
  at(80 * second, 1);
  EXPECT_EQ(look(80 * second).silent, 0U);
}

TEST_F(SourceWatchTest, TooLittleIsKnownOfAYoungSource) {
  for (int i = 0; i < 64; ++i) at(i * second, 1);
  const auto report = look(hour);
  EXPECT_EQ(report.learning, 1U);
  EXPECT_EQ(report.silent, 0U);
}

TEST_F(SourceWatchTest, NoSourceIsSilentBeforeTheLeastTime) {
  for (int i = 0; i <= 64; ++i) at(i * ms, 1);
  EXPECT_EQ(look(64 * ms + 5 * second).silent, 0U);
  EXPECT_EQ(look(64 * ms + 5 * second + 1).silent, 1U);
}

TEST_F(SourceWatchTest, BurstsAreUsualWhereTheyCome) {
  std::int64_t now = 0;
  for (int i = 0; i < 30; ++i) {
    for (int k = 0; k < 5; ++k) at(now + k * ms, 1);
    now += 300 * second;
  }
  EXPECT_EQ(look(now - 300 * second + 2990 * second).silent, 0U);
  EXPECT_EQ(look(now - 300 * second + 3010 * second).silent, 1U);
}

TEST_F(SourceWatchTest, OneOutageDoesNotHideTheNext) {
  for (int i = 0; i <= 40; ++i) at(i * second, 1);
  for (int i = 0; i <= 40; ++i) at(10 * hour + i * second, 1);
  EXPECT_EQ(look(10 * hour + 40 * second + 11 * second).silent, 1U);
}

TEST_F(SourceWatchTest, GapsAreThoseBetweenBatches) {
  for (int i = 0; i <= 64; ++i) {
    event::Batch batch;
    for (int k = 0; k < 3; ++k) {  // in turns with another source
      for (const std::uint32_t source : {1U, 2U})
        batch.add_frame("x", event::SourceId(source), base::ReceivedTime(start + i * second));
    }
    batch.events.resize(6);
    watch_->see(batch);
  }
  ASSERT_EQ(look(100 * second).silent, 2U);
  EXPECT_EQ(look(100 * second).warnings[0].usual_gap, second);
}

TEST_F(SourceWatchTest, ItsOwnRecordsAreNoSource) {
  for (int i = 0; i <= 64; ++i) {
    event::Batch batch;
    batch.add_frame("x", event::SourceId(1), base::ReceivedTime(start + i * second));
    batch.events.resize(1);
    batch.events[0].kind = event::EventKind::own;
    watch_->see(batch);
  }
  EXPECT_EQ(look(hour).watched, 0U);
}

TEST_F(SourceWatchTest, MoreSourcesThanThereIsRoomForAreCounted) {
  options_.watched_sources = 2;
  restart();
  for (int i = 0; i <= 64; ++i) at(i * second, 1);
  at(64 * second, 2);
  at(64 * second, 3);
  at(65 * second, 3);
  at(65 * second, 4);
  EXPECT_EQ(look(65 * second).watched, 2U);
  EXPECT_EQ(look(65 * second).unwatched, 2U);
  // A stranger that has been quiet for an hour gives its place up, one that was regular does not.
  at(hour + 70 * second, 3);
  EXPECT_EQ(look(hour + 70 * second).watched, 2U);
  EXPECT_EQ(look(hour + 70 * second).unwatched, 1U);
  EXPECT_EQ(look(hour + 70 * second).silent, 1U) << "source 1";
}

TEST_F(SourceWatchTest, OwnRecordsAreNoSource) {
  at(0, 0);
  EXPECT_EQ(look(second).watched, 0U);
}

TEST(StatedTimeTest, IsWhatTheLineSaysHoweverFarOff) {
  event::SourceTable sources;
  const event::SourceId udp =
      sources.intern({.input = "udp", .peer = "192.0.2.1", .transport = event::Transport::udp});
  const auto stated = stated_time_by(default_setup().pipeline, sources, FoldOptions{});
  event::Batch batch;
  batch.add_frame("<38>1 2026-11-20T22:40:00Z web01 app - - - x", udp,
                  base::ReceivedTime(base::parse_rfc3339("2026-01-01T00:00:00Z").value_or(0)));
  batch.add_frame("<38>no time here", udp, base::ReceivedTime(1));
  EXPECT_EQ(stated(batch, 0)->value, base::parse_rfc3339("2026-11-20T22:40:00Z").value_or(0));
  EXPECT_EQ(stated(batch, 0)->value, base::parse_rfc3339("2026-11-20T22:40:00Z").value_or(0));
}

}  // namespace
}  // namespace tocsin::engine
