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
