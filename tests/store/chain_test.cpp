#include "store/chain.hpp"

#include <gtest/gtest.h>

#include "store/block.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using event::Batch;
using event::Seq;

std::string encoded(const Batch& batch, std::span<const std::uint32_t> segments = {}) {
  std::string block;
  BlockEncoder encoder;
  encoder.encode(batch, block, 0, segments);
  seal(block, batch.first_seq, time_range(batch));
  return block;
}

Batch decoded(std::string_view block) {
  Batch batch;
  BlockDecoder decoder;
  EXPECT_TRUE(decoder.decode(block, batch));
  return batch;
}

Batch copy_of(const Batch& batch) {
  Batch copy;
  copy.first_seq = batch.first_seq;
  for (std::size_t i = 0; i < batch.frames.size(); ++i)
    copy.add_frame(batch.raw(i), batch.frames[i].source, batch.frames[i].received);
  return copy;
}

const base::Sha256 none{};

TEST(Chain, ABlockOfOneCommitIsOneSegment) {
  const std::string block = encoded(batch_of(7, 20));
  EXPECT_EQ(value_of(segments_of(block)), Segments{20});
  EXPECT_EQ(chain_over(none, {20}, decoded(block)), extend(none, Seq(7), 20, digest_of(block)));
}

TEST(Chain, EveryPartOfAFrameIsInTheDigest) {
  const auto digest = [](const Batch& batch) { return digest_of(encoded(batch)); };
  Batch batch;
  batch.add_frame("one", event::SourceId(1), base::ReceivedTime(5));
  batch.add_frame("two", event::SourceId(1), base::ReceivedTime(6));
  const base::Sha256 whole = digest(batch);
  EXPECT_EQ(digest(batch), whole);
  const auto differs = [&](const auto& change) {
    Batch other = copy_of(batch);
    change(other);
    return digest(other) != whole;
  };
  EXPECT_TRUE(differs([](Batch& b) { b.frames[1].received = base::ReceivedTime(7); }));
  EXPECT_TRUE(differs([](Batch& b) {
    for (event::Frame& frame : b.frames) frame.received.value += 1;
  }));
  EXPECT_TRUE(differs([](Batch& b) { b.frames[0].source = event::SourceId(2); }));
  EXPECT_TRUE(
      differs([](Batch& b) { b.frames[1].anomalies.set(event::Anomaly::frame_truncated); }));
  EXPECT_TRUE(differs([](Batch& b) { std::swap(b.frames[0], b.frames[1]); }));
  EXPECT_TRUE(differs([](Batch& b) { b.frames[1].size -= 1; }));
  EXPECT_TRUE(differs([](Batch& b) { b.frames.pop_back(); }));
}

TEST(Chain, MergedBlocksLeadToTheSameChain) {
  Batch all;
  all.first_seq = Seq(100);
  Segments segments;
  base::Sha256 chain = none;
  std::uint64_t seq = 100;
  for (const std::uint32_t count : {1U, 5U, 1U, 1U, 1U, 300U}) {
    const Batch batch = batch_of(seq, count, count);
    for (std::size_t i = 0; i < count; ++i)
      all.add_frame(batch.raw(i), batch.frames[i].source, batch.frames[i].received);
    segments.push_back(count);
    chain = extend(chain, Seq(seq), count, digest_of(encoded(batch)));
    seq += count;
  }
  const std::string block = encoded(all, segments);
  EXPECT_EQ(value_of(segments_of(block)), segments);
  const Batch back = decoded(block);
  EXPECT_EQ(chain_over(none, segments, back), chain);
  // Any other frame is found, whichever segment it is of.
  for (const std::size_t at : {0U, 3U, 6U, 7U, 308U}) {
    Batch other;
    other.first_seq = back.first_seq;
    for (std::size_t i = 0; i < back.frames.size(); ++i) {
      std::string text(back.raw(i));
      if (i == at) text.back() = static_cast<char>(text.back() ^ 1);
      other.add_frame(text, back.frames[i].source, back.frames[i].received);
    }
    EXPECT_NE(chain_over(none, segments, other), chain) << at;
  }
}

TEST(Chain, DependsOnTheFramesTheirNumbersAndTheirOrder) {
  const base::Sha256 a = digest_of(encoded(batch_of(1, 3))), b = digest_of(encoded(batch_of(4, 3)));
  const base::Sha256 both = extend(extend(none, Seq(1), 3, a), Seq(4), 3, b);
  EXPECT_NE(extend(extend(none, Seq(1), 3, b), Seq(4), 3, a), both);
  EXPECT_NE(extend(extend(none, Seq(1), 3, a), Seq(5), 3, b), both);
  EXPECT_NE(extend(extend(none, Seq(1), 3, a), Seq(4), 2, b), both);
  EXPECT_NE(extend(none, Seq(4), 3, b), both);
}

TEST(Chain, SegmentsCostLittleAndComeBack) {
  const std::vector<Segments> all = {{20}, {1, 1, 1, 1, 5, 5, 300}, Segments(20000, 1)};
  for (const Segments& segments : all) {
    std::uint32_t frames = 0;
    for (const std::uint32_t size : segments) frames += size;
    std::string bytes;
    put_segments(segments, bytes);
    EXPECT_LT(bytes.size(), 10U);
    EXPECT_EQ(read_segments(bytes, frames), segments);
  }
}

TEST(Chain, BytesThatAreNoSegmentsAreNone) {
  std::string bytes;
  put_segments(Segments{1, 1, 300}, bytes);
  EXPECT_EQ(read_segments(bytes, 301), std::nullopt);
  EXPECT_EQ(read_segments(bytes, 303), std::nullopt);
  EXPECT_EQ(read_segments(bytes + "x", 302), std::nullopt);
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_EQ(read_segments(std::string_view(bytes).substr(0, size), 302), std::nullopt) << size;
  EXPECT_EQ(read_segments(std::string(2, '\0'), 1), std::nullopt);
  EXPECT_EQ(read_segments("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02", 1000), std::nullopt);
}

}  // namespace
}  // namespace tocsin::store
