#include "engine/file_feed.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

// The time of a frame is the number at its begin; none where there is none.
class Numbers final : public FileDecoder {
 public:
  void decode(event::Batch& batch) override {
    ++decoded;
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      const std::string_view raw = batch.raw(i);
      event::Event event;
      event.has_time = !raw.empty() && raw[0] >= '0' && raw[0] <= '9';
      if (event.has_time) event.time = base::EventTime(std::stoll(std::string(raw)));
      event.decoder = event.has_time ? "numbers" : "";
      event.first_field = static_cast<std::uint32_t>(batch.fields.size());
      event.field_count = 1;
      batch.fields.emplace_back(event::field::message, raw);
      batch.events.push_back(event);
    }
  }
  int decoded = 0;
};

class FileFeedTest : public EngineTest {
 protected:
  std::vector<std::string> read(const FileFeedOptions& options) {
    event::SourceTable sources;
    Numbers decoder;
    auto feed = FileFeed::open(options, sources, nullptr, &decoder);
    EXPECT_TRUE(feed) << (feed ? std::string() : base::to_string(feed.error()));
    std::vector<std::string> lines;
    if (!feed) return lines;
    finished_ = 0;
    Work work;
    while ((*feed)->next(work)) {
      for (std::size_t i = 0; i < work.batch.frames.size(); ++i) {
        lines.emplace_back(work.batch.raw(i));
        if (!work.is_decoded) continue;
        // Its event came with it.
        EXPECT_EQ(work.batch.own_fields(work.batch.events.at(i))[0].value(), work.batch.raw(i));
      }
      finished_ += work.finished.size();
      decoded_ += work.decoded;
      work.clear();
    }
    EXPECT_TRUE((*feed)->errors().empty());
    EXPECT_EQ((*feed)->bytes_read(), (*feed)->bytes_total());
    return lines;
  }
  std::size_t finished_ = 0;
  std::size_t decoded_ = 0;
};

TEST_F(FileFeedTest, ConcurrentFilesAreMergedByTime) {
  FileFeedOptions options;
  options.paths = {write("a", "1 a\n4 a\nwith it a\n9 a\n"), write("b", "2 b\n4 b\n5 b\n")};
  const std::vector<std::string> expected = {"1 a", "2 b", "4 a", "with it a", "4 b", "5 b", "9 a"};
  EXPECT_EQ(read(options), expected);
  EXPECT_EQ(finished_, 2U);
  EXPECT_EQ(decoded_, 6U);
  options.batch_frames = 1;
  EXPECT_EQ(read(options), expected);
  EXPECT_EQ(finished_, 2U);
}

TEST_F(FileFeedTest, AfterAResumeALineWithoutATimeHasStillThatOfTheLineBefore) {
  event::SourceTable sources;
  Numbers decoder;
  FileFeedOptions options;
  options.paths = {write("a", "3 a\n9 a\n"), write("b", "behind 5 b\n6 b\n")};
  const auto feed = FileFeed::open(options, sources, nullptr, &decoder);
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

// The text of a batch never moves, however long a line is: what points into it stays good.
TEST_F(FileFeedTest, LongLinesAreMergedToo) {
  std::string a, b;
  for (int i = 0; i < 40; ++i) {
    a += std::to_string(2 * i) + std::string(i % 7 == 0 ? 50'000 : 10, 'a') + "\n";
    b += std::to_string(2 * i + 1) + std::string(i % 5 == 0 ? 30'000 : 3, 'b') + "\n";
  }
  FileFeedOptions options;
  options.paths = {write("a", a), write("b", b)};
  for (const std::size_t bytes : {1U, 20'000U, 262'144U}) {
    options.batch_bytes = bytes;
    const std::vector<std::string> lines = read(options);
    ASSERT_EQ(lines.size(), 80U);
    for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(std::stoull(lines[i]), i) << bytes;
  }
}

TEST_F(FileFeedTest, PartsOfOneLogComeOneAfterTheOther) {
  FileFeedOptions options;
  options.paths = {write("a", "4 a\n9 a\n"), write("b", "2 b\n")};
  options.sequential = true;
  EXPECT_EQ(read(options), (std::vector<std::string>{"4 a", "9 a", "2 b"}));
}

TEST_F(FileFeedTest, AFileThatIsNotThereIsNamed) {
  event::SourceTable sources;
  Numbers decoder;
  FileFeedOptions options;
  options.paths = {path("absent")};
  const auto feed = FileFeed::open(options, sources, nullptr, &decoder);
  ASSERT_FALSE(feed);
  EXPECT_NE(base::to_string(feed.error()).find("absent"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::engine
