#include "store/upkeep.hpp"

#include <gtest/gtest.h>

#include "store/folder.hpp"
#include "tests/event/state_map.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using base::ReceivedTime;
using event::Seq;

StoreOptions small_blocks() {
  StoreOptions options;
  options.block_size = 4 << 10;
  return options;
}

ReceivedTime second(std::uint64_t n) {
  return ReceivedTime(static_cast<std::int64_t>(n) * base::ns_per_second);
}

class UpkeepTest : public ::testing::Test {
 protected:
  void open(const StoreOptions& with) {
    options = with;
    store = value_of(Store::open(folder.path(), options));
  }
  void reopen() {
    ASSERT_OK(store->close());
    store.reset();
    open(options);
  }
  // 100 blocks of 10 frames; frame n was received at second n.
  void fill(StoreOptions with, std::chrono::seconds retention_age, std::uint64_t checkpoint) {
    with.retention_age = retention_age;
    open(with);
    for (int i = 0; i < 100; ++i) {
      Commit commit = commit_of(*store, 10);
      const std::uint64_t last = store->last_seq().value + 10;
      commit.clocks.push_back({Seq(last), 1, base::EventTime(0), "tick"});
      if (last == checkpoint) commit.checkpoint = Seq(checkpoint);
      ASSERT_OK(store->commit(commit));
    }
  }

  const StoreFolder folder;
  StoreOptions options;
  std::unique_ptr<Store> store;
};

TEST_F(UpkeepTest, SmallBlocksBecomeFullOnes) {
  open(small_blocks());
  for (int i = 0; i < 200; ++i) ASSERT_OK(store->commit(commit_of(*store, 1 + i % 3)));
  const std::uint64_t last = store->last_seq().value;
  const Merged merged = value_of(store->compact_small_blocks());
  EXPECT_GT(merged.blocks_after, 3U);
  EXPECT_LT(merged.bytes_after, merged.bytes_before / 2);
  EXPECT_EQ(store->stats().totals.blocks, 200 - merged.blocks_before + merged.blocks_after);
  expect_frames(*store, 1, last);
  for (std::uint64_t from = 1; from <= last; from += 17) expect_frames(*store, from, last);
  // Full blocks are left alone; the rest waits for more.
  EXPECT_EQ(value_of(store->compact_small_blocks()).blocks_before, 0U);
  for (int i = 0; i < 5; ++i) ASSERT_OK(store->commit(commit_of(*store, 1)));
  const Merged rest = value_of(store->compact_small_blocks(true));
  EXPECT_EQ(rest.blocks_after, 1U);
  EXPECT_EQ(store->stats().totals.blocks, merged.blocks_after + 1);

  // The index and the sums say the same as the blocks.
  std::uint64_t blocks = 0, bytes = 0, text = 0;
  std::string block;
  {
    LogReader reader = store->read_log(TimeSpan());
    while (value_of(reader.next_block(block))) {
      const BlockInfo info = value_of(block_info(block));
      ++blocks;
      bytes += info.stored_bytes;
      text += info.text_bytes;
      EXPECT_EQ(info.min_time.value,
                static_cast<std::int64_t>(info.first_seq.value) * base::ns_per_second);
      EXPECT_EQ(info.max_time.value,
                (static_cast<std::int64_t>(info.end().value) - 1) * base::ns_per_second);
    }
  }
  const Totals totals = store->stats().totals;
  EXPECT_EQ(totals.blocks, blocks);
  EXPECT_EQ(totals.block_bytes, bytes);
  EXPECT_EQ(totals.text_bytes, text);

  reopen();
  expect_frames(*store, 1, last + 5);
}

TEST(UpkeepCost, EventsThatComeOneByOneCostAtMostTwiceAsMuch) {
  constexpr std::size_t frames = 20000;
  auto folder_bytes = [](std::size_t batch) {
    const StoreFolder folder;
    auto store = value_of(Store::open(folder.path()));
    for (std::size_t done = 0; done < frames; done += batch) {
      EXPECT_OK(store->commit(commit_of(*store, batch)));
      if (done % 1000 == 0) EXPECT_OK(store->compact_small_blocks());
    }
    EXPECT_OK(store->compact_small_blocks(true));
    expect_frames(*store, 1, frames);
    EXPECT_OK(store->close());
    store.reset();
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(database_path(folder.path())))
      if (entry.path().extension() == ".sst") bytes += entry.file_size();
    return bytes;
  };
  const std::uint64_t full = folder_bytes(2500), single = folder_bytes(1);
  EXPECT_LT(single, 2 * full);
  RecordProperty("bytes_full", std::to_string(full));
  RecordProperty("bytes_single", std::to_string(single));
}

// What the chain is behind the block that holds `last`.
base::Sha256 chain_behind(const Store& store, std::uint64_t last) {
  LogReader reader = store.read_log(Seq(last));
  std::string block;
  EXPECT_TRUE(value_of(reader.next_block(block)));
  return chain_of(block);
}

TEST_F(UpkeepTest, MergingLeavesTheChainAsItIs) {
  open(small_blocks());
  for (int i = 0; i < 40; ++i) ASSERT_OK(store->commit(commit_of(*store, 1 + i % 7)));
  const std::uint64_t last = store->last_seq().value;
  const base::Sha256 chain = chain_behind(*store, last);
  EXPECT_GT(value_of(store->compact_small_blocks(true)).blocks_before, 30U);
  EXPECT_EQ(chain_behind(*store, last), chain);
  // From the beginning, over what the merged blocks hold.
  base::Sha256 folded{};
  LogReader reader = store->read_log();
  std::string block;
  BlockDecoder decoder;
  event::Batch batch;
  while (value_of(reader.next_block(block))) {
    const BlockInfo info = value_of(decoder.decode(block, batch));
    EXPECT_EQ(batch.frames.size(), info.frames);
    folded = chain_over(folded, value_of(segments_of(block)), batch);
    EXPECT_EQ(folded, chain_of(block));
  }
  EXPECT_EQ(folded, chain);
  EXPECT_EQ(store->stats().totals.chain, chain);
}

TEST_F(UpkeepTest, ClassesAreNotMixed) {
  open(small_blocks());
  BlockEncoder encoder;
  for (std::uint64_t seq = 1; seq <= 300; ++seq) {
    const event::Batch batch = batch_of(seq, 1);
    Commit commit;
    encoder.encode(batch, commit.blocks.emplace_back(), seq <= 100 ? 1 : 2);
    seal(commit.blocks[0], batch.first_seq, time_range(batch));
    ASSERT_OK(store->commit(commit));
  }
  ASSERT_OK(store->compact_small_blocks(true));
  expect_frames(*store, 1, 300);
  LogReader reader = store->read_log();
  std::string block;
  while (value_of(reader.next_block(block))) {
    const BlockInfo info = value_of(block_info(block));
    EXPECT_EQ(info.retention_class, info.first_seq <= Seq(100) ? 1 : 2);
    EXPECT_TRUE(info.first_seq > Seq(100) || info.end() <= Seq(101));
  }
}

Dropped retain(Store& store, ReceivedTime now, Seq floor,
               const event::StateSource* state = nullptr) {
  const Dropped planned = value_of(store.plan_retention(now, floor));
  const Dropped dropped = value_of(store.drop_before(planned.first_seq, state));
  EXPECT_EQ(dropped.first_seq, planned.first_seq);
  EXPECT_EQ(dropped.blocks, planned.blocks);
  EXPECT_EQ(dropped.frames, planned.frames);
  EXPECT_EQ(dropped.bytes, planned.bytes);
  return dropped;
}

TEST_F(UpkeepTest, OldBlocksAreDroppedWhole) {
  fill(StoreOptions(), std::chrono::seconds(500), 1000);
  EXPECT_EQ(retain(*store, second(400), Seq(1000)).blocks, 0U);

  event::StateMap state;
  state.put("window", "before 500");
  const base::Sha256 chain_500 = chain_behind(*store, 500), chain_600 = chain_behind(*store, 600);
  const Dropped dropped = retain(*store, second(1005), Seq(1000), &state);
  // Block 501..510 has a frame that is not too old.
  EXPECT_EQ(dropped.first_seq, Seq(501));
  EXPECT_EQ(dropped.blocks, 50U);
  EXPECT_EQ(dropped.frames, 500U);
  EXPECT_EQ(store->first_seq(), Seq(501));
  expect_frames(*store, 501, 1000);
  {
    LogReader from_the_start = store->read_log(Seq(1));
    event::Batch batch;
    ASSERT_TRUE(value_of(from_the_start.next(batch)));
    EXPECT_EQ(batch.first_seq, Seq(501));
  }
  EXPECT_EQ(value_of(store->anchor()), (Anchor{Seq(501), 500, 50, 1, chain_500}));
  std::string saved;
  ASSERT_OK(store->read_anchor_state([&](std::string_view key, std::string_view value) {
    saved += std::string(key) + "=" + std::string(value);
    return base::Result<void>();
  }));
  EXPECT_EQ(saved, "window=before 500");
  std::uint64_t clocks = 0;
  ASSERT_OK(store->read_clocks(Seq(0), [&](const ClockRecord& record) {
    EXPECT_GE(record.after, Seq(500));
    return ++clocks > 0;
  }));
  EXPECT_EQ(clocks, 51U) << "that behind the last dropped frame stays";

  reopen();
  expect_frames(*store, 501, 1000);
  EXPECT_EQ(retain(*store, second(1105), Seq(1000)).blocks, 10U);
  EXPECT_EQ(value_of(store->anchor()), (Anchor{Seq(601), 600, 60, 0, chain_600}));
}

TEST_F(UpkeepTest, WhatIsStillNeededIsNotDropped) {
  fill(StoreOptions(), std::chrono::seconds(1), 400);
  // The checkpoint has seen 400 frames; a pending join needs frame 205.
  EXPECT_EQ(retain(*store, second(9999), Seq(205)).first_seq, Seq(201));
  EXPECT_EQ(retain(*store, second(9999), Seq(1001)).first_seq, Seq(401));
  expect_frames(*store, 401, 1000);
}

std::string anchor_state_of(const Store& store) {
  std::string saved;
  EXPECT_OK(store.read_anchor_state([&](std::string_view key, std::string_view value) {
    saved += std::string(key) + "=" + std::to_string(value.size()) + " ";
    return base::Result<void>();
  }));
  return saved;
}

TEST_F(UpkeepTest, TheStateOfABeginReplacesTheOneBefore) {
  fill(StoreOptions(), std::chrono::seconds(1), 1000);
  for (std::uint64_t round = 1; round <= 5; ++round) {
    // More than is written in one piece.
    event::StateMap state;
    std::string expected;
    for (int i = 0; i < 4; ++i) {
      const std::string name = std::to_string(round) + "." + std::to_string(i);
      state.put(name, std::string(600'000 + round, 'x'));
      expected += name + "=" + std::to_string(600'000 + round) + " ";
    }
    ASSERT_EQ(value_of(store->drop_before(Seq(round * 10 + 1), &state)).blocks, 1U);
    EXPECT_EQ(anchor_state_of(*store), expected);
    // A border that is none leaves it as it was.
    event::StateMap other;
    other.put("never", "seen");
    ASSERT_EQ(value_of(store->drop_before(Seq(round * 10 + 5), &other)).blocks, 0U);
    EXPECT_EQ(anchor_state_of(*store), expected);
    reopen();
    EXPECT_EQ(anchor_state_of(*store), expected);
  }
  ASSERT_EQ(value_of(store->drop_before(Seq(61), nullptr)).blocks, 1U);
  EXPECT_EQ(anchor_state_of(*store), "");
}

TEST_F(UpkeepTest, APlanGoesNoFurtherThanItsStep) {
  fill(StoreOptions(), std::chrono::seconds(1), 1000);
  const Dropped one = value_of(store->plan_retention(second(9999), Seq(1001), 1));
  EXPECT_EQ(one.first_seq, Seq(11));
  EXPECT_EQ(store->first_seq(), Seq(1)) << "a plan changes nothing";
  EXPECT_EQ(value_of(store->drop_before(one.first_seq, nullptr)).blocks, 1U);
  EXPECT_EQ(store->first_seq(), Seq(11));
}

TEST_F(UpkeepTest, ABorderInsideABlockIsNone) {
  fill(small_blocks(), std::chrono::seconds(1), 1000);
  const Dropped planned = value_of(store->plan_retention(second(30), Seq(1001)));
  ASSERT_EQ(planned.first_seq, Seq(21));
  // Meanwhile the block behind which it lies became part of a larger one.
  ASSERT_GT(value_of(store->compact_small_blocks()).blocks_after, 0U);
  const Dropped dropped = value_of(store->drop_before(planned.first_seq, nullptr));
  EXPECT_EQ(dropped.blocks, 0U);
  EXPECT_EQ(dropped.first_seq, Seq(1));
  EXPECT_EQ(value_of(store->anchor()), std::nullopt);
  expect_frames(*store, 1, 1000);
}

TEST_F(UpkeepTest, WithoutACheckpointAllIsNeeded) {
  fill(StoreOptions(), std::chrono::seconds(1), 0);
  EXPECT_EQ(retain(*store, second(9999), Seq(1001)).blocks, 0U);
}

TEST_F(UpkeepTest, EvenAnEmptyLogGoesOn) {
  fill(StoreOptions(), std::chrono::seconds(1), 1000);
  EXPECT_EQ(retain(*store, second(9999), Seq(1001)).blocks, 100U);
  EXPECT_EQ(store->first_seq(), Seq(1001));
  reopen();
  EXPECT_EQ(store->last_seq(), Seq(1000));
  ASSERT_OK(store->commit(commit_of(*store, 3)));
  expect_frames(*store, 1001, 1003);
}

TEST_F(UpkeepTest, TheSizeStaysNearItsLimit) {
  options.retention_size = std::size_t{64} << 20U;
  open(options);
  // Text that does not compress: 64 KiB a block, 128 MiB in all.
  std::uint64_t word = 88172645463325252ULL;
  for (int i = 0; i < 2048; ++i) {
    event::Batch batch;
    batch.first_seq = Seq(store->last_seq().value + 1);
    std::string text(std::size_t{64} << 10U, '\0');
    for (std::size_t at = 0; at < text.size(); at += 8) {
      word ^= word << 13U;
      word ^= word >> 7U;
      word ^= word << 17U;
      std::memcpy(text.data() + at, &word, 8);
    }
    batch.add_frame(text, event::SourceId(0), second(batch.first_seq.value));
    Commit commit;
    commit.blocks.push_back(block_of(batch));
    commit.checkpoint = batch.first_seq;
    ASSERT_OK(store->commit(commit));
    if (i % 16 == 0) retain(*store, second(0), Seq(batch.first_seq.value + 1));
    ASSERT_LT(bytes_in(folder.path()), options.retention_size * 11 / 10) << i;
  }
  ASSERT_OK(store->close());
  const std::uint64_t bytes = bytes_in(folder.path());
  EXPECT_LT(bytes, options.retention_size * 11 / 10);
  EXPECT_GT(bytes, options.retention_size * 8 / 10);
}

}  // namespace
}  // namespace tocsin::store
