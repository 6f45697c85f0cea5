// Every operation of the disk fails once, and for good; the power goes at random instants: no
// crash, nothing is called safe that is not, and what opens afterwards is whole.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/crash/fault_file_system.hpp"
#include "tests/crash/numbered_log.hpp"
#include "tests/crash/process.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using Operation = FaultFileSystem::Operation;

struct Disk {
  std::shared_ptr<FaultFileSystem> system = std::make_shared<FaultFileSystem>();
  std::unique_ptr<rocksdb::Env> env = std::make_unique<FaultEnv>(system);
};

struct Outcome {
  std::uint64_t acknowledged = 0;
  std::uint64_t attempted = 0;
  std::string error;
};

// Commits 30 batches, each acknowledged, with files made on the way; stops at the first error.
Outcome scenario(const std::string& folder, rocksdb::Env* env, bool merge) {
  Outcome outcome;
  StoreOptions options;
  options.sync = "always";
  options.write_buffer = 1 << 20;
  options.block_size = 8 << 10;
  auto opened = Store::open(folder, options, env);
  if (!opened) {
    outcome.error = opened.error().code;
    return outcome;
  }
  Store& store = **opened;
  BlockEncoder encoder;
  NumberedCommit commit;
  for (int i = 0; i < 30; ++i) {
    fill_commit(store, 20, encoder, commit);
    // The state's memory is full after a few of these.
    commit.state.put("large/" + std::to_string(i % 4), std::string(std::size_t{150} << 10U, 'x'));
    outcome.attempted += 20;
    const auto result = store.commit(commit);
    if (!result) {
      outcome.error = result.error().code;
      // Once a write failed, all do.
      if (store.failure()) {
        const auto next = store.commit(commit);
        EXPECT_EQ(next ? "" : next.error().code, "store-14");
        EXPECT_FALSE(store.sync());
        EXPECT_FALSE(store.close());
      }
      return outcome;
    }
    outcome.acknowledged += 20;
    EXPECT_EQ(store.durable_seq().value, outcome.acknowledged);
    if (merge && i % 8 == 7) {
      const auto merged = store.compact_small_blocks();
      if (!merged) outcome.error = merged.error().code;
    }
  }
  if (const auto closed = store.close(); !closed) outcome.error = closed.error().code;
  return outcome;
}

void expect_whole(const std::string& folder, const Outcome& outcome, const std::string& where) {
  auto opened = Store::open(folder);
  ASSERT_TRUE(opened) << where << ": " << base::to_string(opened.error());
  EXPECT_GE((*opened)->last_seq().value, outcome.acknowledged) << where;
  EXPECT_LE((*opened)->last_seq().value, outcome.attempted) << where;
  EXPECT_EQ(check_numbered(**opened), "") << where;
}

TEST(StoreFault, EachOperationFailsOnceAndForGood) {
  std::uint64_t counts[4];
  {
    const StoreFolder folder;
    const Disk disk;
    const Outcome good = scenario(folder.path(), disk.env.get(), true);
    EXPECT_EQ(good.error, "");
    EXPECT_EQ(good.acknowledged, 600U);
    for (std::size_t i = 0; i < 4; ++i) counts[i] = disk.system->count(static_cast<Operation>(i));
  }
  int failed = 0, runs = 0;
  for (const Operation operation :
       {Operation::create, Operation::write, Operation::sync, Operation::read}) {
    const std::uint64_t count = counts[static_cast<std::size_t>(operation)];
    EXPECT_GT(count, 3U);
    const std::uint64_t step =
        std::max<std::uint64_t>(1, count / static_cast<std::uint64_t>(rounds(9)));
    for (std::uint64_t at = 1; at <= count; at += step) {
      for (const bool for_good : {false, true}) {
        const bool no_space = at / step % 2 == 1;
        const StoreFolder folder;
        const Disk disk;
        disk.system->set({operation, at, for_good, no_space});
        const Outcome outcome = scenario(folder.path(), disk.env.get(), true);
        ++runs;
        failed += outcome.error.empty() ? 0 : 1;
        expect_whole(folder.path(), outcome,
                     "operation " + std::to_string(static_cast<int>(operation)) + " at " +
                         std::to_string(at) + (for_good ? " for good" : ""));
      }
    }
  }
  std::printf("%d runs, %d of them failed as they should\n", runs, failed);
  EXPECT_GT(failed, runs / 2);
}

TEST(StoreFault, AStoreOpenedAgainInTheSameProcessGoesOn) {
  const StoreFolder folder;
  const Disk disk;
  disk.system->set({Operation::write, 40, false, true});
  const Outcome outcome = scenario(folder.path(), disk.env.get(), false);
  EXPECT_NE(outcome.error, "");
  // Space has come back.
  auto store = value_of(Store::open(folder.path(), {}, disk.env.get()));
  BlockEncoder encoder;
  NumberedCommit commit;
  for (int i = 0; i < 5; ++i) {
    fill_commit(*store, 20, encoder, commit);
    ASSERT_OK(store->commit(commit));
  }
  ASSERT_OK(store->sync());
  EXPECT_EQ(check_numbered(*store), "");
  ASSERT_OK(store->close());
}

TEST(StoreFault, APowerCutTakesNothingThatWasSafe) {
  std::random_device device;
  const char* wished = std::getenv("TOCSIN_SEED");
  const std::uint64_t seed = wished != nullptr ? std::strtoull(wished, nullptr, 10) : device();
  SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uint64_t lost = 0;
  for (int round = 0; round < rounds(40); ++round) {
    const StoreFolder folder;
    std::uint64_t safe = 0, committed = 0;
    // Some cuts hit a store that was cut before.
    const int lives = 1 + static_cast<int>(random() % 3);
    for (int life = 0; life < lives; ++life) {
      const Disk disk;
      StoreOptions options;
      options.sync = random() % 2 == 0 ? "group" : "always";
      options.sync_interval = std::chrono::milliseconds(1 + random() % 20);
      options.write_buffer = 1 << 20;
      options.block_size = 8 << 10;
      auto opened = Store::open(folder.path(), options, disk.env.get());
      ASSERT_TRUE(opened) << base::to_string(opened.error());
      auto& store = *opened;
      BlockEncoder encoder;
      NumberedCommit commit;
      const std::uint64_t commits = random() % 60;
      for (std::uint64_t i = 0; i < commits; ++i) {
        fill_commit(*store, 1 + random() % 200, encoder, commit);
        commit.state.put("large/" + std::to_string(i % 4),
                         std::string((std::size_t{60} << 10U) + random() % 1000, 'x'));
        ASSERT_OK(store->commit(commit));
        if (random() % 16 == 0) ASSERT_OK(store->compact_small_blocks(random() % 2 == 0));
        if (random() % 8 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));
      }
      committed = store->last_seq().value;
      // Safe before the cut counts, not what becomes so while the light goes out.
      safe = store->durable_seq().value;
      disk.system->cut_power();
      store.reset();
      disk.system->lose_unsynced(random);
    }
    auto opened = Store::open(folder.path());
    ASSERT_TRUE(opened) << base::to_string(opened.error());
    const std::uint64_t last = (*opened)->last_seq().value;
    EXPECT_GE(last, safe);
    EXPECT_LE(last, committed);
    EXPECT_EQ(check_numbered(**opened), "");
    lost += committed - last;
  }
  std::printf("%llu frames that nobody had called safe were lost\n",
              static_cast<unsigned long long>(lost));
}

}  // namespace
}  // namespace tocsin::store
