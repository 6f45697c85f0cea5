#include "ingest/listen/follow_input.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/ingest/listen/live_inputs.hpp"

namespace tocsin::ingest {
namespace {

class FollowInputTest : public LiveInputs {
 protected:
  InputOptions files(std::vector<std::string> paths) {
    InputOptions options = input("files", "file");
    options.path = std::move(paths);
    options.poll_interval = std::chrono::milliseconds(2);
    return options;
  }
  void expect_bytes() {
    const InputCounters& input = counters("files");
    EXPECT_EQ(input.received_bytes.get(),
              input.frame_bytes.get() + input.framing_bytes.get() + input.discarded_bytes.get());
  }
  TemporaryFolder folder_;
};

TEST_F(FollowInputTest, FilesOfAPatternEachWithItsSource) {
  write_file(folder_ / "a.log", "a1\n");
  write_file(folder_ / "b.log", "b1\n");
  write_file(folder_ / "c.txt", "no\n");
  run({files({folder_ / "*.log"})});
  ASSERT_TRUE(frames_come(2));
  write_file(folder_ / "d.log", "d1\n");
  append_file(folder_ / "a.log", "a2\n");
  ASSERT_TRUE(frames_come(4));
  stop();
  std::set<std::string> seen;
  for (const KeptFrame& frame : engine_->frames()) {
    const event::Source& source = sources_[frame.source];
    EXPECT_EQ(source.input, "files");
    EXPECT_EQ(source.transport, event::Transport::file);
    EXPECT_EQ(source.peer, folder_ / (frame.text.substr(0, 1) + ".log"));
    seen.insert(frame.text);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"a1", "a2", "b1", "d1"}));
  expect_conservation("files");
  expect_bytes();
}

TEST_F(FollowInputTest, EachLineOnceOverRestarts) {
  const std::string path = folder_ / "auth.log";
  for (int round = 0; round < 10; ++round) {
    append_file(path, "line " + std::to_string(2 * round) + "\n");
    run({files({path})});
    // A file that nobody has looked at yet cannot be found under another name.
    if (round == 0) {
      ASSERT_TRUE(frames_come(1));
    }
    append_file(path, "line " + std::to_string(2 * round + 1) + "\n");
    if (round % 3 == 0) std::filesystem::rename(path, path + "." + std::to_string(round));
    ASSERT_TRUE(frames_come(static_cast<std::size_t>(2 * round + 2)));
    stop();
  }
  const auto texts = engine_->texts();
  ASSERT_EQ(texts.size(), 20U);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], "line " + std::to_string(i));
  EXPECT_EQ(counters("files").gaps.get(), 0U);
}

// A batch that was taken but not committed is read again: its position went with it.
TEST_F(FollowInputTest, WithoutACommitLinesComeAgain) {
  const std::string path = folder_ / "auth.log";
  write_file(path, numbered_lines(100));
  run({files({path})});
  ASSERT_TRUE(frames_come(100));
  stop();
  offsets_.put({follow_key(path), ""});
  MapOffsets fresh;
  Listeners again;
  Intake intake({}, *clock_);
  KeepingEngine engine(intake, fresh);
  ASSERT_TRUE(again.start({files({path})}, intake, sources_, fresh, *clock_).empty());
  engine.run();
  EXPECT_TRUE(wait_until([&] { return engine.count() == 100; }));
  again.stop();
  engine.join();
}

TEST_F(FollowInputTest, BackPressureAndManyFilesLoseNothing) {
  for (int i = 0; i < 20; ++i)
    write_file(folder_ / ("f" + std::to_string(i) + ".log"), numbered_lines(1000));
  IntakeOptions small;
  small.batches = 1;
  small.batch.frames = 64;
  run({files({folder_ / "*.log"})}, small);
  engine_->hold(true);
  ASSERT_TRUE(wait_until([&] { return counters("files").waits.get() > 0; }));
  engine_->hold(false);
  ASSERT_TRUE(frames_come(20'000));
  stop();
  EXPECT_EQ(engine_->count(), 20'000U);
  EXPECT_EQ(offsets_.size(), 20U);
  expect_conservation("files");
  expect_bytes();
}

TEST_F(FollowInputTest, FromTheEndWhenAskedFor) {
  write_file(folder_ / "a.log", "old\n");
  InputOptions options = files({folder_ / "*.log"});
  options.from_begin = false;
  run({options});
  ASSERT_TRUE(wait_until([&] {
    append_file(folder_ / "a.log", "new\n");
    return engine_->count() > 0;
  }));
  write_file(folder_ / "b.log", "appeared later: all of it\n");
  ASSERT_TRUE(wait_until([&] {
    const auto texts = engine_->texts();
    return std::find(texts.begin(), texts.end(), "appeared later: all of it") != texts.end();
  }));
  stop();
  const auto texts = engine_->texts();
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "old"), 0);
}

TEST_F(FollowInputTest, AWriterThatRotatesAllTheTime) {
  const std::string path = folder_ / "busy.log";
  write_file(path, "");
  run({files({path})});
  constexpr int count = 4000;
  int next = 0;
  auto write_line = [&](const std::string& to) {
    append_file(to, "line " + std::to_string(next++) + "\n");
  };
  while (next < count) {
    // Two renamings between two looks would hide a file for good: as any follower, it needs a look.
    write_line(path);
    ASSERT_TRUE(frames_come(static_cast<std::size_t>(next)));
    for (int i = 0; i < 498; ++i) write_line(path);
    const std::string renamed = path + "." + std::to_string(next);
    std::filesystem::rename(path, renamed);
    write_line(renamed);
    write_file(path, "");
  }
  ASSERT_TRUE(frames_come(count));
  stop();
  const auto texts = engine_->texts();
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < texts.size(); ++i)
    ASSERT_EQ(texts[i], "line " + std::to_string(i)) << i;
}

}  // namespace
}  // namespace tocsin::ingest
