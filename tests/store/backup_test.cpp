#include "store/backup.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "store/check.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

namespace fs = std::filesystem;
using event::Seq;

class BackupTest : public testing::Test {
 protected:
  const StoreFolder folder;
  const std::string backup = folder.root() + "/backup";
  const std::string restored = folder.root() + "/restored";
};

TEST_F(BackupTest, ACopyOfAnOpenStoreIsThatStore) {
  auto store = value_of(Store::open(folder.path()));
  for (int i = 0; i < 20; ++i) ASSERT_OK(store->commit(commit_of(*store, 10)));
  ASSERT_OK(store->snapshot());
  const base::Sha256 chain = store->stats().totals.chain;
  ASSERT_OK(take_snapshot(folder.path(), backup));
  EXPECT_FALSE(fs::exists(snapshot_path(folder.path())));
  for (int i = 0; i < 20; ++i) ASSERT_OK(store->commit(commit_of(*store, 10)));
  ASSERT_OK(store->close());

  const CheckReport report = check_store(backup);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.last_seq, Seq(200));
  EXPECT_EQ(report.chain, chain);
  ASSERT_OK(restore(backup, restored));
  auto again = value_of(Store::open(restored));
  EXPECT_TRUE(again->report().clean);
  EXPECT_EQ(again->last_seq(), Seq(200));
  ASSERT_OK(again->commit(commit_of(*again, 10)));
  ASSERT_OK(again->close());
  EXPECT_EQ(check_store(backup).chain, chain) << "a restored store shares nothing with its backup";
}

TEST_F(BackupTest, UnderLoadItIsSomeMomentOfTheStore) {
  auto store = value_of(Store::open(folder.path()));
  std::atomic<bool> end = false;
  std::thread writer([&] {
    while (!end) EXPECT_OK(store->commit(commit_of(*store, 50)));
  });
  for (int i = 0; i < 5; ++i) {
    const std::string to = backup + std::to_string(i);
    const Seq before = store->last_seq();
    ASSERT_OK(store->snapshot());
    const Seq after = store->last_seq();
    ASSERT_OK(take_snapshot(folder.path(), to));
    const CheckReport report = check_store(to);
    EXPECT_TRUE(report.findings.empty()) << report.findings[0].sentence;
    EXPECT_GE(report.last_seq, before);
    EXPECT_LE(report.last_seq.value, after.value + 50);
  }
  end = true;
  writer.join();
  ASSERT_OK(store->close());
}

TEST_F(BackupTest, NothingIsOverwritten) {
  auto store = value_of(Store::open(folder.path()));
  ASSERT_OK(store->commit(commit_of(*store, 10)));
  ASSERT_OK(store->snapshot());
  EXPECT_TRUE(store->snapshot()) << "the one of before goes";
  fs::create_directory(backup);
  EXPECT_EQ(take_snapshot(folder.path(), backup).error().code, "store-25");
  fs::remove(backup);
  ASSERT_OK(take_snapshot(folder.path(), backup));
  EXPECT_EQ(restore(folder.path(), restored).error().code, "store-2") << "it is written to";
  ASSERT_OK(store->close());
  store.reset();
  EXPECT_EQ(restore(backup, folder.path()).error().code, "store-25");
  EXPECT_EQ(restore(folder.root(), restored).error().code, "store-1");
  fs::create_directory(restored);
  EXPECT_TRUE(restore(backup, restored)) << "an empty folder is a place that was prepared";
}

}  // namespace
}  // namespace tocsin::store
