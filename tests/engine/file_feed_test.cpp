#include "engine/file_feed.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

// The time of a frame is the number at its begin; none where there is none.
class Numbers final : public FrameTimes {
 public:
  void read(event::Batch& batch, std::vector<std::optional<base::EventTime>>& out) override {
    out.clear();
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      const std::string raw(batch.raw(i));
      const bool number = !raw.empty() && raw[0] >= '0' && raw[0] <= '9';
      out.push_back(number ? std::optional(base::EventTime(std::stoll(raw))) : std::nullopt);
    }
  }
};

class FileFeedTest : public EngineTest {
 protected:
  std::vector<std::string> read(const FileFeedOptions& options) {
    event::SourceTable sources;
    Numbers times;
    auto feed = FileFeed::open(options, sources, nullptr, &times);
    EXPECT_TRUE(feed) << (feed ? std::string() : base::to_string(feed.error()));
    std::vector<std::string> lines;
    if (!feed) return lines;
    finished_ = 0;
    Work work;
    while ((*feed)->next(work)) {
      for (std::size_t i = 0; i < work.batch.frames.size(); ++i)
        lines.emplace_back(work.batch.raw(i));
      finished_ += work.finished.size();
      work.clear();
    }
    EXPECT_TRUE((*feed)->errors().empty());
    EXPECT_EQ((*feed)->bytes_read(), (*feed)->bytes_total());
    return lines;
  }
  std::size_t finished_ = 0;
};

TEST_F(FileFeedTest, ConcurrentFilesAreMergedByTime) {
  FileFeedOptions options;
  options.paths = {write("a", "1 a\n4 a\nwith it a\n9 a\n"), write("b", "2 b\n4 b\n5 b\n")};
  const std::vector<std::string> expected = {"1 a", "2 b", "4 a", "with it a", "4 b", "5 b", "9 a"};
  EXPECT_EQ(read(options), expected);
  EXPECT_EQ(finished_, 2U);
  options.batch_frames = 1;
  EXPECT_EQ(read(options), expected);
  EXPECT_EQ(finished_, 2U);
}

TEST_F(FileFeedTest, AfterAResumeALineWithoutATimeHasStillThatOfTheLineBefore) {
  event::SourceTable sources;
  Numbers times;
  FileFeedOptions options;
  options.paths = {write("a", "3 a\n9 a\n"), write("b", "behind 5 b\n6 b\n")};
  const auto feed = FileFeed::open(options, sources, nullptr, &times);
  ASSERT_TRUE(feed) << base::to_string(feed.error());
  (*feed)->go_on_from([&](event::SourceId source) {
    return sources[source].input.ends_with("b") ? std::optional(base::EventTime(5)) : std::nullopt;
  });
  std::vector<std::string> lines;
  Work work;
  while ((*feed)->next(work)) {
    for (std::size_t i = 0; i < work.batch.frames.size(); ++i)
      lines.emplace_back(work.batch.raw(i));
    work.clear();
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"3 a", "behind 5 b", "6 b", "9 a"}));
}

TEST_F(FileFeedTest, PartsOfOneLogComeOneAfterTheOther) {
  FileFeedOptions options;
  options.paths = {write("a", "4 a\n9 a\n"), write("b", "2 b\n")};
  options.sequential = true;
  EXPECT_EQ(read(options), (std::vector<std::string>{"4 a", "9 a", "2 b"}));
}

TEST_F(FileFeedTest, AFileThatIsNotThereIsNamed) {
  event::SourceTable sources;
  Numbers times;
  FileFeedOptions options;
  options.paths = {path("absent")};
  const auto feed = FileFeed::open(options, sources, nullptr, &times);
  ASSERT_FALSE(feed);
  EXPECT_NE(base::to_string(feed.error()).find("absent"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::engine
