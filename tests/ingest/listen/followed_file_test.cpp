#include "ingest/listen/followed_file.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/listen/test_files.hpp"

namespace tocsin::ingest {
namespace {

using std::chrono::seconds;
using Lines = std::vector<std::string>;

class FollowedFileTest : public testing::Test {
 protected:
  FollowedFile follow() { return FollowedFile(path_, settings_); }

  // Looks, then reads until there is no more.
  Lines poll(FollowedFile& file) {
    const FollowedFile::Events events = file.look(now_);
    gaps_ += events.gaps;
    Lines out;
    FollowedFile::Read result;
    do {
      event::Batch batch;
      result = file.read(batch, event::SourceId(1), base::ReceivedTime(0), now_);
      EXPECT_FALSE(result.error);
      EXPECT_EQ(result.frames, batch.frames.size());
      bytes_ += result.bytes;
      cut_ += result.cut_bytes;
      for (std::size_t i = 0; i < batch.frames.size(); ++i) {
        out.emplace_back(batch.raw(i));
        if (batch.frames[i].anomalies.has(event::Anomaly::frame_incomplete)) out.back() += " (cut)";
      }
    } while (result.more);
    return out;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "auth.log";
  FollowedFile::Settings settings_;
  std::chrono::nanoseconds now_ = seconds(1000);
  std::size_t gaps_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t cut_ = 0;
};

TEST_F(FollowedFileTest, LinesAsTheyAreWritten) {
  FollowedFile file = follow();
  EXPECT_EQ(poll(file), Lines{});  // not there yet
  EXPECT_TRUE(file.empty());
  write_file(path_, "one\ntw");
  EXPECT_EQ(poll(file), Lines{"one"});
  EXPECT_EQ(poll(file), Lines{});
  append_file(path_, "o\nthree\r\n");
  EXPECT_EQ(poll(file), (Lines{"two", "three"}));
  EXPECT_EQ(bytes_, 4U + 2U + 9U);
  EXPECT_EQ(cut_, bytes_);
  EXPECT_EQ(gaps_, 0U);
}

TEST_F(FollowedFileTest, ALastLineWaitsUnlessATimeoutTakesIt) {
  write_file(path_, "no line feed");
  FollowedFile patient = follow();
  poll(patient);
  now_ += seconds(3600);
  EXPECT_EQ(poll(patient), Lines{});
  settings_.line_timeout = seconds(2);
  FollowedFile file = follow();
  EXPECT_EQ(poll(file), Lines{});
  now_ += seconds(1);
  EXPECT_EQ(poll(file), Lines{});
  append_file(path_, "!");
  EXPECT_EQ(poll(file), Lines{});
  now_ += seconds(2);
  EXPECT_EQ(poll(file), Lines{"no line feed!"});
  append_file(path_, "more\n");
  EXPECT_EQ(poll(file), Lines{"more"});
}

TEST_F(FollowedFileTest, RenamingLosesNothing) {
  write_file(path_, "a\n");
  FollowedFile file = follow();
  EXPECT_EQ(poll(file), Lines{"a"});
  append_file(path_, "b\n");
  std::filesystem::rename(path_, path_ + ".1");
  append_file(path_ + ".1", "c\n");  // its writer does not know yet
  EXPECT_EQ(poll(file), (Lines{"b", "c"}));
  write_file(path_, "d\n");
  append_file(path_ + ".1", "c2\n");
  EXPECT_EQ(poll(file), (Lines{"c2", "d"}));
  append_file(path_ + ".1", "c3\n");
  append_file(path_, "e\n");
  EXPECT_EQ(poll(file), (Lines{"c3", "e"}));
  // After a minute of silence it is let go.
  const std::string both = file.position();
  now_ += seconds(61);
  EXPECT_EQ(poll(file), Lines{});
  EXPECT_NE(both.find(';'), std::string::npos);
  EXPECT_EQ(file.position().find(';'), std::string::npos);
  append_file(path_ + ".1", "too late\n");
  append_file(path_, "f\n");
  EXPECT_EQ(poll(file), Lines{"f"});
  EXPECT_EQ(gaps_, 0U);
}

TEST_F(FollowedFileTest, RenamedTwiceInOneInterval) {
  write_file(path_, "a\n");
  FollowedFile file = follow();
  poll(file);
  for (int round = 0; round < 3; ++round) {
    append_file(path_, "old " + std::to_string(round) + "\n");
    std::filesystem::rename(path_, path_ + "." + std::to_string(round));
    write_file(path_, "new " + std::to_string(round) + "\n");
    EXPECT_EQ(poll(file), (Lines{"old " + std::to_string(round), "new " + std::to_string(round)}));
  }
}

TEST_F(FollowedFileTest, TruncationIsNoticed) {
  write_file(path_, "first line of the old file\nsecond\npart");
  FollowedFile file = follow();
  EXPECT_EQ(poll(file).size(), 2U);
  write_file(path_, "new\n");  // the same file, shorter
  EXPECT_EQ(poll(file), (Lines{"part (cut)", "new"}));
  EXPECT_EQ(gaps_, 1U);
  // Emptied and already longer than before.
  write_file(path_, "another begin, and a good deal longer than what stood there\nb\n");
  EXPECT_EQ(poll(file).size(), 2U);
  EXPECT_EQ(gaps_, 2U);
  append_file(path_, "c\n");
  EXPECT_EQ(poll(file), Lines{"c"});
  EXPECT_EQ(cut_, bytes_);
}

TEST_F(FollowedFileTest, EmptiedAndWrittenToTheSameLength) {
  write_file(path_, "aaaa\n");
  FollowedFile file = follow();
  EXPECT_EQ(poll(file), Lines{"aaaa"});
  const auto before = std::filesystem::last_write_time(path_);
  do {
    write_file(path_, "bbbb\n");
  } while (std::filesystem::last_write_time(path_) == before);
  EXPECT_EQ(poll(file), Lines{"bbbb"});
}

TEST_F(FollowedFileTest, GoneAndBack) {
  write_file(path_, "a\n");
  FollowedFile file = follow();
  EXPECT_EQ(poll(file), Lines{"a"});
  std::filesystem::remove(path_);
  EXPECT_EQ(poll(file), Lines{});
  write_file(path_, "b\n");
  EXPECT_EQ(poll(file), Lines{"b"});
  std::filesystem::remove(path_);
  poll(file);
  now_ += seconds(61);
  poll(file);
  poll(file);
  EXPECT_TRUE(file.empty());
}

TEST_F(FollowedFileTest, GoesOnAfterARestart) {
  write_file(path_, "a\nb\npar");
  FollowedFile file = follow();
  poll(file);
  const std::string committed = file.position();
  append_file(path_, "t\nc\n");
  FollowedFile again = follow();
  again.resume(committed);
  EXPECT_EQ(poll(again), (Lines{"part", "c"}));
}

TEST_F(FollowedFileTest, ARestartFindsTheRenamedFiles) {
  write_file(path_, "a\n");
  FollowedFile file = follow();
  poll(file);
  const std::string committed = file.position();
  append_file(path_, "b\n");
  std::filesystem::rename(path_, path_ + "-20261011");
  write_file(path_, "c\n");
  FollowedFile again = follow();
  EXPECT_EQ(again.resume(committed).gaps, 0U);
  EXPECT_EQ(poll(again), (Lines{"b", "c"}));
  // Stopped while two files were open.
  const std::string both = again.position();
  append_file(path_ + "-20261011", "b2\n");
  append_file(path_, "c2\n");
  FollowedFile third = follow();
  EXPECT_EQ(third.resume(both).gaps, 0U);
  EXPECT_EQ(poll(third), (Lines{"b2", "c2"}));
}

TEST_F(FollowedFileTest, WhatIsGoneAtARestartIsAGap) {
  write_file(path_, "a\nb\nc\n");
  FollowedFile file = follow();
  poll(file);
  const std::string committed = file.position();
  std::filesystem::remove(path_);
  write_file(folder_ / "keeps-the-number-busy", "");
  write_file(path_, "fresh\n");
  FollowedFile again = follow();
  const FollowedFile::Events events = again.resume(committed);
  EXPECT_EQ(events.gaps, 1U);
  EXPECT_EQ(events.notices.size(), 1U);
  EXPECT_EQ(poll(again), Lines{"fresh"});
  EXPECT_EQ(follow().resume("nonsense").gaps, 1U);
}

TEST_F(FollowedFileTest, FromTheEndOnly) {
  write_file(path_, "old\nmiddle of a li");
  FollowedFile file = follow();
  file.skip_to_end();
  EXPECT_EQ(poll(file), Lines{});
  append_file(path_, "ne\nnew\n");
  EXPECT_EQ(poll(file), Lines{"new"});
}

TEST_F(FollowedFileTest, ALongFileComesInBatches) {
  settings_.batch.frames = 100;
  write_file(path_, numbered_lines(5000));
  FollowedFile file = follow();
  file.look(now_);
  std::size_t frames = 0;
  while (true) {
    event::Batch batch;
    const auto result = file.read(batch, event::SourceId(1), base::ReceivedTime(0), now_);
    EXPECT_LE(batch.frames.size(), 100U);
    // A restart after any of them goes on with the next line.
    FollowedFile again = follow();
    again.resume(file.position());
    event::Batch next;
    again.read(next, event::SourceId(1), base::ReceivedTime(0), now_);
    frames += batch.frames.size();
    if (!result.more) break;
    if (frames == 5000) continue;
    ASSERT_FALSE(next.frames.empty());
    EXPECT_NE(next.raw(0).find("sshd[" + std::to_string(frames) + "]"), std::string::npos);
  }
  EXPECT_EQ(frames, 5000U);
}

TEST_F(FollowedFileTest, ALineLongerThanTheLimitIsCutOnce) {
  settings_.max_frame = 1000;
  write_file(path_, std::string(500'000, 'x'));
  FollowedFile file = follow();
  EXPECT_EQ(poll(file), Lines{std::string(1000, 'x')});
  FollowedFile again = follow();
  again.resume(file.position());
  append_file(path_, "yyy\nnext\n");
  EXPECT_EQ(poll(again), Lines{"next"});
  EXPECT_EQ(poll(file), Lines{"next"});
}

TEST_F(FollowedFileTest, APipeIsNotFollowed) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  FollowedFile file = follow();
  EXPECT_EQ(poll(file), Lines{});
  EXPECT_TRUE(file.empty());
}

}  // namespace
}  // namespace tocsin::ingest
