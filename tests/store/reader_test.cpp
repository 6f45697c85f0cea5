#include "store/reader.hpp"

#include <gtest/gtest.h>

#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using base::EventTime;
using event::Batch;
using event::Seq;

TEST(Reader, CutsFramesBeforeAPlace) {
  Batch batch = batch_of(10, 5);
  cut_before(batch, Seq(3));
  EXPECT_EQ(batch.frames.size(), 5U);
  cut_before(batch, Seq(12));
  EXPECT_EQ(batch.first_seq, Seq(12));
  ASSERT_EQ(batch.frames.size(), 3U);
  EXPECT_EQ(batch.raw(0), line_of(12));
  cut_before(batch, Seq(99));
  EXPECT_TRUE(batch.frames.empty());
  EXPECT_EQ(batch.first_seq, Seq(15));
}

// 20 blocks of 10 frames; the event time of frame n is n seconds.
std::unique_ptr<Store> filled(const StoreFolder& folder) {
  auto store = value_of(Store::open(folder.path()));
  for (int i = 0; i < 20; ++i) EXPECT_OK(store->commit(commit_of(*store, 10)));
  return store;
}

std::vector<std::uint64_t> first_seqs(LogReader reader) {
  std::vector<std::uint64_t> seqs;
  Batch batch;
  while (value_of(reader.next(batch))) seqs.push_back(batch.first_seq.value);
  EXPECT_FALSE(value_of(reader.next(batch)));
  return seqs;
}

TEST(Reader, ATimeSpanGivesItsBlocksOnly) {
  const StoreFolder folder;
  const auto store = filled(folder);
  auto seconds = [](std::int64_t n) { return EventTime(n * base::ns_per_second); };
  using Seqs = std::vector<std::uint64_t>;
  EXPECT_EQ(first_seqs(store->read_log({seconds(35), seconds(51)})), (Seqs{31, 41, 51}));
  EXPECT_EQ(first_seqs(store->read_log({seconds(50), seconds(50)})), (Seqs{41}));
  EXPECT_EQ(first_seqs(store->read_log({seconds(201), seconds(999)})), Seqs());
  EXPECT_EQ(first_seqs(store->read_log(TimeSpan())).size(), 20U);
}

TEST(Reader, RawBlocksAreThoseThatWereCommitted) {
  const StoreFolder folder;
  const auto store = filled(folder);
  LogReader reader = store->read_log(Seq(15));
  std::string block;
  ASSERT_TRUE(value_of(reader.next_block(block)));
  const std::string committed = block_of(batch_of(11, 10));
  const auto body = [](const std::string& bytes) { return bytes.substr(block_header_size); };
  EXPECT_EQ(body(block), body(committed));
  EXPECT_EQ(value_of(block_info(block)), value_of(block_info(committed)));
  EXPECT_EQ(reader.from(), Seq(15));
  BlockDecoder decoder;
  Batch batch;
  ASSERT_OK(decoder.decode(block, batch));
  cut_before(batch, reader.from());
  EXPECT_EQ(batch.first_seq, Seq(15));
}

// The log with a piece of it removed behind the store's back.
class DamagedLog : public ::testing::Test {
 protected:
  static std::string read_all(const Database& database, const Totals& totals, Seq from,
                              std::optional<TimeSpan> span) {
    LogReader reader(database, totals, from, span);
    Batch batch;
    while (true) {
      const auto more = reader.next(batch);
      if (!more) return more.error().code;
      if (!*more) return "whole";
    }
  }

  void fill(std::uint64_t missing_first, std::uint64_t missing_end, bool index_too) {
    database_ = value_of(Database::open(folder_.root() + "/db", {}, Database::Access::create));
    Changes changes;
    for (std::uint64_t first = 1; first <= 91; first += 10) {
      const std::string block = block_of(batch_of(first, 10));
      changes.put(Space::blocks, key::block(Seq(first)), block);
      changes.put(Space::state, key::index(Seq(first)), encode(value_of(block_info(block))));
    }
    changes.remove_range(Space::blocks, key::block(Seq(missing_first)),
                         key::block(Seq(missing_end)));
    if (index_too) {
      changes.remove_range(Space::state, key::index(Seq(missing_first)),
                           key::index(Seq(missing_end)));
    }
    ASSERT_OK(database_->write(changes));
    totals_.next_seq = Seq(101);
  }

  const StoreFolder folder_;
  std::unique_ptr<Database> database_;
  Totals totals_;
};

TEST_F(DamagedLog, AWholeLogIsWhole) {
  fill(500, 501, true);
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), {}), "whole");
  EXPECT_EQ(read_all(*database_, totals_, Seq(101), {}), "whole");
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), TimeSpan()), "whole");
}

TEST_F(DamagedLog, AMissingBeginningIsAnError) {
  fill(1, 11, true);
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), {}), "store-23");
  EXPECT_EQ(read_all(*database_, totals_, Seq(5), {}), "store-23");
  EXPECT_EQ(read_all(*database_, totals_, Seq(11), {}), "whole");
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), TimeSpan()), "store-23");
}

TEST_F(DamagedLog, AMissingMiddleIsAnError) {
  fill(41, 51, true);
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), {}), "store-23");
  EXPECT_EQ(read_all(*database_, totals_, Seq(45), {}), "store-23");
  EXPECT_EQ(read_all(*database_, totals_, Seq(41), {}), "store-23");
  EXPECT_EQ(read_all(*database_, totals_, Seq(51), {}), "whole");
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), TimeSpan()), "store-23");
}

TEST_F(DamagedLog, AMissingEndIsAnError) {
  fill(91, 101, true);
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), {}), "store-23");
  EXPECT_EQ(read_all(*database_, totals_, Seq(95), {}), "store-23");
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), TimeSpan()), "store-23");
}

TEST_F(DamagedLog, AnIndexWithoutItsBlockIsAnError) {
  fill(41, 51, false);
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), TimeSpan()), "store-23");
  // Blocks that the span does not want are not looked for.
  EXPECT_EQ(read_all(*database_, totals_, Seq(1), TimeSpan{EventTime(0), EventTime(1)}), "whole");
}

}  // namespace
}  // namespace tocsin::store
