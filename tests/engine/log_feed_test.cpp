#include "engine/log_feed.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

using LogFeedTest = EngineTest;

TEST_F(LogFeedTest, GivesTheStoredFramesOfTheSpan) {
  ReplayOptions options = options_for({write("auth.log", failures("bob", 40, 40))}, path("store"));
  options.files.batch_bytes = 1024;
  run(options);
  const auto store = open(path("store"));
  for (const auto& [from, last] : {std::pair{1U, 40U}, {7U, 23U}, {40U, 40U}}) {
    LogFeed feed(*store, event::Seq(from), event::Seq(last));
    std::size_t frames = 0;
    Work work;
    while (feed.next(work)) {
      for (std::size_t i = 0; i < work.batch.frames.size(); ++i) {
        EXPECT_NE(work.batch.raw(i).find("Failed password for bob"), std::string_view::npos);
      }
      frames += work.batch.frames.size();
      work.clear();
    }
    EXPECT_FALSE(feed.error());
    EXPECT_EQ(frames, last - from + 1);
  }
}

TEST_F(LogFeedTest, ABatchEndsWhereAMarkStands) {
  ReplayOptions options = options_for({write("auth.log", failures("bob", 40, 40))}, path("store"));
  options.files.batch_bytes = 1024;
  run(options);
  const auto store = open(path("store"));
  const event::SourceId one(1), two(2);
  const std::vector<LogMark> marks = {
      {event::Seq(4), 0, two, {}},  // before what is read
      {event::Seq(7), 0, one, {}},
      {event::Seq(7), 1, {}, base::ReceivedTime(70)},
      {event::Seq(7), 2, {}, base::ReceivedTime(71)},
      {event::Seq(7), 3, two, {}},
      {event::Seq(8), 0, {}, base::ReceivedTime(80)},
      {event::Seq(40), 0, one, {}},
  };
  LogFeed feed(*store, event::Seq(5), event::Seq(40), marks);
  // What came by when: "frames" and the marks behind them.
  std::vector<std::string> seen;
  std::uint64_t next = 5;
  Work work;
  for (; feed.next(work); work.clear()) {
    for (std::size_t i = 0; i < work.batch.frames.size(); ++i) {
      const std::string second = ":" + std::to_string(100 + (next - 1) % 60).substr(1) + " web01";
      EXPECT_NE(work.batch.raw(i).find(second), std::string_view::npos) << next;
      ++next;
    }
    std::string marked;
    for (const event::SourceId source : work.finished)
      marked += " f" + std::to_string(source.value);
    if (work.clock)
      marked += " c" + std::to_string(work.clock->now.value) + "." + std::to_string(work.clock->k);
    if (!marked.empty()) seen.push_back(std::to_string(next - 1) + marked);
  }
  EXPECT_FALSE(feed.error());
  EXPECT_EQ(next, 41U);
  EXPECT_EQ(seen, (std::vector<std::string>{"4 f2", "7 f1 c70.1", "7 c71.2", "7 f2", "8 c80.0",
                                            "40 f1"}));
}

TEST_F(LogFeedTest, MarksAloneAreGivenToo) {
  run(options_for({write("auth.log", failures("bob", 40, 4))}, path("store")));
  const auto store = open(path("store"));
  const std::vector<LogMark> marks = {{event::Seq(4), 0, event::SourceId(1), {}}};
  LogFeed feed(*store, event::Seq(5), event::Seq(4), marks);
  Work work;
  ASSERT_TRUE(feed.next(work));
  EXPECT_TRUE(work.batch.frames.empty());
  EXPECT_EQ(work.finished.size(), 1U);
  work.clear();
  EXPECT_FALSE(feed.next(work));
  EXPECT_FALSE(feed.error());
}

TEST_F(LogFeedTest, ALogThatEndsEarlyIsAnError) {
  run(options_for({write("auth.log", failures("bob", 40, 4))}, path("store")));
  const auto store = open(path("store"));
  LogFeed feed(*store, event::Seq(1), event::Seq(9));
  Work work;
  while (feed.next(work)) work.clear();
  ASSERT_TRUE(feed.error());
  EXPECT_EQ(feed.error()->code, "engine-4");
}

}  // namespace
}  // namespace tocsin::engine
