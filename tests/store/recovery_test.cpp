#include "store/recovery.hpp"

#include <gtest/gtest.h>

#include "base/varint.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using event::Seq;

class RecoveryTest : public ::testing::Test {
 protected:
  RecoveryTest() {
    database_ =
        value_of(Database::open(database_path(folder_.root()), {}, Database::Access::create));
    Changes changes;
    write_beginning(changes);
    EXPECT_OK(database_->write(changes));
  }

  void put(std::string_view key, std::string_view value) {
    Changes changes;
    changes.put(Space::state, key, value);
    ASSERT_OK(database_->write(changes));
  }
  void put_log(std::uint64_t commit, std::uint64_t frames) {
    Changes changes;
    Totals totals;
    totals.commit = commit;
    totals.next_seq = Seq(frames + 1);
    changes.put(Space::state, key::totals, encode(totals));
    changes.put(Space::blocks, key::block(Seq(1)), block_of(batch_of(1, frames)));
    ASSERT_OK(database_->write(changes));
  }
  std::string check(std::uint64_t commit, std::uint64_t seq) {
    const auto totals = check_log(*database_, {{commit, Seq(seq)}, true, false}, "store");
    return totals ? "good" : totals.error().code;
  }

  const StoreFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(RecoveryTest, ANewStoreIsWhole) {
  EXPECT_EQ(check(0, 0), "good");
  EXPECT_EQ(check(1, 0), "store-5");
  EXPECT_EQ(check(0, 1), "store-5");
}

TEST_F(RecoveryTest, AStoreBehindItsMarkIsRefused) {
  put_log(7, 50);
  EXPECT_EQ(check(7, 50), "good");
  EXPECT_EQ(check(6, 40), "good");
  EXPECT_EQ(check(8, 50), "store-5");
  EXPECT_EQ(check(7, 51), "store-5");
  const auto refused = check_log(*database_, {{8, Seq(60)}, true, false}, "store");
  EXPECT_NE(refused.error().sentence.find("tocsin store salvage"), std::string::npos);
  EXPECT_NE(refused.error().sentence.find("frame 60"), std::string::npos);
}

TEST_F(RecoveryTest, TotalsAndTheLastBlockMustAgree) {
  put_log(7, 50);
  Totals totals;
  totals.commit = 8;
  totals.next_seq = Seq(60);
  put(key::totals, encode(totals));
  EXPECT_EQ(check(7, 50), "store-5");
  Changes changes;
  changes.remove(Space::blocks, key::block(Seq(1)));
  ASSERT_OK(database_->write(changes));
  EXPECT_EQ(check(7, 50), "store-5");
}

TEST_F(RecoveryTest, AnotherFormatIsNamed) {
  for (const std::uint64_t version : {format_version - 1, format_version + 1}) {
    std::string other;
    base::put_varint(other, version);
    put(key::format, other);
    EXPECT_EQ(check(0, 0), "store-4") << version;
  }
  put(key::format, "\xff");
  EXPECT_EQ(check(0, 0), "store-10");
  Changes changes;
  changes.remove(Space::state, key::format);
  ASSERT_OK(database_->write(changes));
  EXPECT_EQ(check(0, 0), "store-5");
}

TEST_F(RecoveryTest, CheckingChangesNoFile) {
  put_log(7, 50);
  ASSERT_OK(database_->sync());
  database_.reset();
  auto listing = [&] {
    std::string all;
    std::vector<std::filesystem::directory_entry> entries(
        std::filesystem::recursive_directory_iterator(folder_.root()), {});
    std::sort(entries.begin(), entries.end());
    for (const auto& entry : entries) {
      all += entry.path().string() + " " +
             std::to_string(entry.last_write_time().time_since_epoch().count()) + " " +
             (entry.is_regular_file() ? std::to_string(entry.file_size()) : "") + "\n";
    }
    return all;
  };
  const std::string before = listing();
  EXPECT_OK(check_before_open(folder_.root(), {}, {{7, Seq(50)}, true, false}));
  EXPECT_FALSE(check_before_open(folder_.root(), {}, {{8, Seq(50)}, true, false}));
  EXPECT_EQ(listing(), before);
}

}  // namespace
}  // namespace tocsin::store
