#include "store/wal_files.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "store/database.hpp"
#include "tests/crash/fault_file_system.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using Operation = FaultFileSystem::Operation;

class WalFilesTest : public testing::Test {
 protected:
  const StoreFolder folder;
  std::shared_ptr<FaultFileSystem> disk = std::make_shared<FaultFileSystem>();
  FaultEnv env{disk};
  std::unique_ptr<Database> database = open();

  std::unique_ptr<Database> open() {
    DatabaseOptions options;
    options.env = &env;
    options.write_buffer = std::size_t{1} << 20U;
    return value_of(Database::open(folder.root() + "/db", options, Database::Access::create));
  }
  base::Result<void> write(const std::string& key, std::size_t size = 1) {
    Changes changes;
    changes.put(Space::state, key, std::string(size, 'x'));
    return database->write(changes);
  }
  std::uint64_t syncs() { return disk->count(Operation::sync); }
};

TEST_F(WalFilesTest, ASyncCostsOneOperationForAllThatWasWritten) {
  ASSERT_OK(database->sync());  // the name of the log
  disk->set({});
  for (const char* key : {"a", "b", "c"}) ASSERT_OK(write(key));
  EXPECT_EQ(syncs(), 0U);
  ASSERT_OK(database->sync());
  EXPECT_EQ(syncs(), 1U);
  ASSERT_OK(database->sync());
  EXPECT_EQ(syncs(), 1U) << "nothing was written since";
  ASSERT_OK(write("d"));
  ASSERT_OK(database->sync());
  EXPECT_EQ(syncs(), 2U);
}

TEST_F(WalFilesTest, ASyncBehindAWriteThatFailedIsNoEndOfTheProcess) {
  ASSERT_OK(write("a"));
  disk->set({Operation::write, 1, true, true});
  EXPECT_FALSE(write("b"));
  EXPECT_TRUE(database->sync()) << "what came before is written";
  EXPECT_FALSE(write("c"));
  EXPECT_TRUE(database->sync());
}

TEST_F(WalFilesTest, ASyncThatFailedIsTriedAgain) {
  ASSERT_OK(write("a"));
  disk->set({Operation::sync, 1, false, false});
  EXPECT_FALSE(database->sync());
  ASSERT_OK(database->sync());
  EXPECT_EQ(syncs(), 2U);
}

TEST_F(WalFilesTest, WhatASyncMadeSafeOutlastsThePower) {
  std::mt19937_64 random(7);
  std::vector<std::string> safe;
  for (int round = 0; round < 20; ++round) {
    // Some of these fill the memory, so that there are several logs.
    for (int i = 0; i < 12; ++i) {
      safe.push_back(std::to_string(round) + "/" + std::to_string(i));
      ASSERT_OK(write(safe.back(), std::size_t{40} << 10U));
    }
    ASSERT_OK(database->sync());
    ASSERT_OK(write(std::to_string(round) + "/unsafe"));
    disk->cut_power();
    database.reset();
    disk->lose_unsynced(random);
    disk->restore_power();
    database = open();
    for (const std::string& key : safe)
      EXPECT_TRUE(value_of(database->get(Space::state, key))) << key;
  }
}

TEST_F(WalFilesTest, WritesAndSyncsBesideEachOtherUntilTheDiskIsFull) {
  for (std::uint64_t full = 1; full <= 60; full += 3) {
    database.reset();
    disk->set({});
    database = open();
    disk->set({Operation::write, full, true, true});
    std::atomic<bool> end = false;
    std::thread syncer([&] {
      while (!end) (void)database->sync();
    });
    int written = 0;
    while (write("k" + std::to_string(written), std::size_t{30} << 10U)) ++written;
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(write("none"));
    end = true;
    syncer.join();
    EXPECT_LT(written, 200);
  }
}

}  // namespace
}  // namespace tocsin::store
