#include "store/block.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

#include "store/checksum.hpp"

namespace tocsin::store {
namespace {

using base::ReceivedTime;
using event::Anomalies;
using event::Anomaly;
using event::Batch;
using event::Seq;
using event::SourceId;

void expect_same_frames(const Batch& got, const Batch& want) {
  ASSERT_EQ(got.frames.size(), want.frames.size());
  EXPECT_EQ(got.first_seq, want.first_seq);
  for (std::size_t i = 0; i < want.frames.size(); ++i) {
    ASSERT_EQ(got.raw(i), want.raw(i)) << i;
    ASSERT_EQ(got.frames[i].source, want.frames[i].source) << i;
    ASSERT_EQ(got.frames[i].received, want.frames[i].received) << i;
    ASSERT_EQ(got.frames[i].anomalies, want.frames[i].anomalies) << i;
  }
}

std::string encoded(const Batch& batch) {
  std::string block;
  BlockEncoder encoder;
  encoder.encode(batch, block);
  if (!block.empty()) seal(block, batch.first_seq, time_range(batch));
  return block;
}

Batch lines(std::size_t count) {
  Batch batch;
  batch.first_seq = Seq(1000);
  for (std::size_t i = 0; i < count; ++i) {
    batch.add_frame("Nov 22 03:08:00 host sshd[" + std::to_string(i % 977) + "]: Failed password",
                    SourceId(1), ReceivedTime(1'000'000'000));
  }
  return batch;
}

TEST(Block, ABatchOfAFileComesBack) {
  const Batch batch = lines(2000);
  const std::string block = encoded(batch);
  // Received times, sources, sizes and anomalies of a replay cost next to nothing.
  EXPECT_LT(block.size(), block_header_size + 16 + batch.text_size() / 10);
  Batch got;
  BlockDecoder decoder;
  const auto info = decoder.decode(block, got);
  ASSERT_TRUE(info);
  expect_same_frames(got, batch);
  EXPECT_EQ(info->first_seq, Seq(1000));
  EXPECT_EQ(info->end(), Seq(3000));
  EXPECT_EQ(info->frames, 2000U);
  EXPECT_EQ(info->stored_bytes, block.size());
}

TEST(Block, EveryColumnComesBack) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    Batch batch;
    batch.first_seq = Seq(random());
    const std::size_t count = 1 + random() % 300;
    for (std::size_t i = 0; i < count; ++i) {
      std::string text(random() % 5 == 0 ? 0 : random() % 200, '\0');
      for (char& c : text) c = static_cast<char>(random() % (round % 2 == 0 ? 256 : 16));
      Anomalies anomalies;
      if (random() % 4 == 0) anomalies.set(Anomaly::frame_truncated);
      if (random() % 9 == 0) anomalies.set(Anomaly::journal_gap);
      std::int64_t received = 0;
      if (random() % 50 == 0) {
        received = random() % 2 == 0 ? std::numeric_limits<std::int64_t>::min()
                                     : std::numeric_limits<std::int64_t>::max();
      } else {
        received = static_cast<std::int64_t>(random());
      }
      batch.add_frame(text, SourceId(static_cast<std::uint32_t>(random() >> (32 + random() % 32))),
                      ReceivedTime(received), anomalies);
    }
    Batch got;
    got.add_frame("left over", SourceId(1), ReceivedTime(1));
    BlockDecoder decoder;
    ASSERT_TRUE(decoder.decode(encoded(batch), got));
    expect_same_frames(got, batch);
  }
}

TEST(Block, FramesThatDoNotFillTheTextInOrderComeBack) {
  Batch batch;
  batch.first_seq = Seq(5);
  std::memcpy(batch.reserve_text(32), "..alpha\r\nbeta\r\n\nlong one", 24);
  batch.commit_text(24);
  batch.frames.push_back({16, 8, SourceId(2), ReceivedTime(3), {}});
  batch.frames.push_back({2, 5, SourceId(2), ReceivedTime(2), {}});
  batch.frames.push_back({9, 4, SourceId(1), ReceivedTime(4), {}});
  batch.frames.push_back({9, 0, SourceId(1), ReceivedTime(4), {}});
  Batch got;
  ASSERT_TRUE(BlockDecoder().decode(encoded(batch), got));
  expect_same_frames(got, batch);
  EXPECT_EQ(std::string(got.text(), got.text_size()), "long one\nalpha\nbeta\n\n");
}

TEST(Block, AnEmptyBatchHasNoBlock) { EXPECT_TRUE(encoded(Batch()).empty()); }

TEST(Block, SealSetsWhatTheOrderedStageKnows) {
  Batch batch = lines(3);
  batch.events.resize(3);
  batch.events[1].time = base::EventTime(-5);
  batch.events[1].has_time = true;
  batch.events[2].time = base::EventTime(77);
  batch.events[2].has_time = true;
  std::string block;
  BlockEncoder encoder;
  encoder.encode(batch, block, 9);
  seal(block, Seq(42), time_range(batch));
  const auto info = block_info(block);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->first_seq, Seq(42));
  EXPECT_EQ(info->min_time, base::EventTime(-5));
  EXPECT_EQ(info->max_time, base::EventTime(77));
  EXPECT_EQ(info->min_received, ReceivedTime(1'000'000'000));
  EXPECT_EQ(info->max_received, ReceivedTime(1'000'000'000));
  EXPECT_EQ(info->retention_class, 9);
  Batch got;
  ASSERT_TRUE(BlockDecoder().decode(block, got));
  EXPECT_EQ(got.first_seq, Seq(42));
}

TEST(Block, TimesOfReceptionStandInForMissingEventTimes) {
  Batch batch = lines(2);
  batch.events.resize(2);
  EXPECT_EQ(time_range(batch).min, base::EventTime(1'000'000'000));
  EXPECT_EQ(time_range(batch).max, base::EventTime(1'000'000'000));
}

TEST(Block, TimesThatLinesInheritCount) {
  Batch batch = lines(3);
  batch.events.resize(3);
  batch.events[0].time = base::EventTime(7);
  batch.events[0].anomalies.set(event::Anomaly::time_inherited);
  batch.events[1].time = base::EventTime(9);
  batch.events[1].has_time = true;
  EXPECT_EQ(time_range(batch).min, base::EventTime(7));
  EXPECT_EQ(time_range(batch).max, base::EventTime(9));
}

TEST(Block, AppendingKeepsWhatIsThere) {
  const Batch one = lines(3), two = lines(4);
  Batch got;
  BlockDecoder decoder;
  ASSERT_TRUE(decoder.decode(encoded(one), got));
  std::string damaged = encoded(two);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_FALSE(decoder.append(damaged, got));
  EXPECT_EQ(got.frames.size(), 3U);
  ASSERT_TRUE(decoder.append(encoded(two), got));
  ASSERT_EQ(got.frames.size(), 7U);
  EXPECT_EQ(got.raw(2), one.raw(2));
  EXPECT_EQ(got.raw(6), two.raw(3));
}

TEST(Block, EveryFlippedBitIsFound) {
  const std::string block = encoded(lines(40));
  BlockDecoder decoder;
  Batch got;
  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    std::string bad = block;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto result = decoder.decode(bad, got);
    ASSERT_FALSE(result) << "bit " << bit;
    EXPECT_EQ(result.error().code, "store-20");
    EXPECT_TRUE(got.frames.empty());
  }
}

TEST(Block, EveryCutIsFound) {
  const std::string block = encoded(lines(40));
  BlockDecoder decoder;
  Batch got;
  for (std::size_t size = 0; size < block.size(); ++size)
    ASSERT_FALSE(decoder.decode(std::string_view(block).substr(0, size), got)) << size;
  ASSERT_FALSE(decoder.decode(block + '\0', got));
}

// Rewrites header members and makes the checksums right again: what a bug or an enemy would write.
std::string forged(std::string block, std::size_t offset, std::uint32_t value) {
  std::memcpy(block.data() + offset, &value, 4);
  const std::uint32_t body = crc32c(std::string_view(block).substr(block_header_size));
  std::memcpy(block.data() + 28, &body, 4);
  const std::uint32_t header = crc32c({block.data(), 140});
  std::memcpy(block.data() + 140, &header, 4);
  return block;
}

TEST(Block, LiesUnderRightChecksumsAreRefused) {
  const std::string block = encoded(lines(40));
  BlockDecoder decoder;
  Batch got;
  ASSERT_TRUE(decoder.decode(forged(block, 8, 40), got));
  for (std::uint32_t frames : {0U, 1U, 39U, 41U, 0xffffffffU, std::uint32_t{max_block_frames}}) {
    EXPECT_FALSE(decoder.decode(forged(block, 8, frames), got)) << frames;
  }
  for (std::size_t offset : {12U, 16U, 20U, 24U}) {
    std::uint32_t value = 0;
    std::memcpy(&value, block.data() + offset, 4);
    for (std::uint32_t lie : {0U, value - 1, value + 1, 0x7fffffffU, 0xffffffffU})
      EXPECT_FALSE(decoder.decode(forged(block, offset, lie), got)) << offset << " " << lie;
  }
}

TEST(Block, ANewerVersionIsNamed) {
  std::uint32_t word = 0;
  const std::string block = encoded(lines(1));
  std::memcpy(&word, block.data(), 4);
  const auto result = block_info(forged(block, 0, (word & 0xff00ffffU) | 0x00030000U));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "store-21");
}

}  // namespace
}  // namespace tocsin::store
