#include "store/syncer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using namespace std::chrono_literals;
using event::Seq;

Position at(std::uint64_t commit) { return {commit, Seq(commit * 100)}; }

TEST(Syncer, AlwaysIsSafeWhenItReturns) {
  std::vector<std::uint64_t> synced;
  Syncer syncer(SyncMode::always, 1ms, at(3), [&](Position position) -> base::Result<void> {
    synced.push_back(position.commit);
    return {};
  });
  EXPECT_EQ(syncer.durable(), at(3));
  ASSERT_OK(syncer.committed(at(4)));
  EXPECT_EQ(syncer.durable(), at(4));
  ASSERT_OK(syncer.wait(Seq(400)));
  // What is safe is not synced again.
  ASSERT_OK(syncer.sync_now());
  EXPECT_EQ(synced, (std::vector<std::uint64_t>{4}));
  EXPECT_EQ(syncer.syncs(), 1U);
}

TEST(Syncer, GroupSyncsAStreamOnceAnInterval) {
  std::atomic<int> syncs = 0;
  Syncer syncer(SyncMode::group, 40ms, at(0), [&](Position) -> base::Result<void> {
    ++syncs;
    return {};
  });
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t commit = 0;
  const auto since = [&] { return std::chrono::steady_clock::now() - start; };
  while (since() < 400ms || (syncs < 2 && since() < 5min)) {
    ASSERT_OK(syncer.committed(at(++commit)));
    std::this_thread::sleep_for(1ms);
  }
  ASSERT_OK(syncer.wait(Seq(commit * 100)));
  EXPECT_EQ(syncer.durable(), at(commit));
  // One each 3/5 of the interval, so that a commit is safe within it; a busy machine may miss some.
  EXPECT_LE(syncs, since() / 24ms + 2);
  EXPECT_GE(syncs, 2);
}

TEST(Syncer, GroupSyncsACommitAfterAPauseAtOnce) {
  Syncer syncer(SyncMode::group, 1h, at(0), [](Position) -> base::Result<void> { return {}; });
  ASSERT_OK(syncer.committed(at(1)));
  const auto start = std::chrono::steady_clock::now();
  ASSERT_OK(syncer.wait(Seq(100)));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5min);
}

TEST(Syncer, TheSystemsOwnTimeIsGoodEnoughForOs) {
  int syncs = 0;
  Syncer syncer(SyncMode::os, 1ms, at(0), [&](Position) -> base::Result<void> {
    ++syncs;
    return {};
  });
  ASSERT_OK(syncer.committed(at(1)));
  ASSERT_OK(syncer.wait(Seq(100)));
  EXPECT_EQ(syncs, 0);
  ASSERT_OK(syncer.sync_now());
  EXPECT_EQ(syncs, 1);
}

TEST(Syncer, SafeFramesAreAnnouncedInEveryMode) {
  for (const SyncMode mode : {SyncMode::group, SyncMode::always, SyncMode::os}) {
    std::atomic<std::uint64_t> last = 0;
    Syncer syncer(mode, 1ms, at(0), [](Position) -> base::Result<void> { return {}; });
    syncer.on_durable([&](Seq seq, std::chrono::nanoseconds) { last = seq.value; });
    ASSERT_OK(syncer.committed(at(5)));
    ASSERT_OK(syncer.sync_now());
    EXPECT_EQ(last, 500U);
  }
}

TEST(Syncer, AfterAFailedSyncNothingIsSafe) {
  for (const SyncMode mode : {SyncMode::group, SyncMode::always}) {
    std::atomic<int> calls = 0;
    Syncer syncer(mode, 1ms, at(1), [&](Position) -> base::Result<void> {
      ++calls;
      return base::fail("store-12", "no");
    });
    const auto committed = syncer.committed(at(2));
    EXPECT_EQ(committed.has_value(), mode == SyncMode::group);
    const auto waited = syncer.wait(Seq(200));
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().code, "store-12");
    // What was safe before stays so; the sync is not tried again.
    EXPECT_OK(syncer.wait(Seq(100)));
    EXPECT_FALSE(syncer.committed(at(3)));
    EXPECT_FALSE(syncer.sync_now());
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(syncer.durable(), at(1));
    EXPECT_TRUE(syncer.failure());
  }
}

TEST(Syncer, AFailureFromElsewhereWakesThoseWhoWait) {
  Syncer syncer(SyncMode::always, 1ms, at(0), [](Position) -> base::Result<void> { return {}; });
  std::thread failing([&] {
    std::this_thread::sleep_for(10ms);
    syncer.fail({"store-14", "background", {}});
  });
  const auto waited = syncer.wait(Seq(1));
  failing.join();
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, "store-14");
}

}  // namespace
}  // namespace tocsin::store
