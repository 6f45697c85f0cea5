#include "engine/recovery.hpp"

#include <gtest/gtest.h>

#include "engine/committer.hpp"
#include "engine/executor.hpp"
#include "engine/file_feed.hpp"
#include "engine/stages.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

class Silent final : public Observer {
 public:
  void on_applied(const Work&, const Output&) override {}
};

class RecoveryTest : public EngineTest {
 protected:
  // Reads the log into the store and drops everything without a word, as a killed process does.
  // `interval`: of checkpoints; 0 makes one with every batch.
  void read_and_die(const std::string& log, base::Nanoseconds interval) {
    event::SourceTable sources;
    const auto store = open(path("store"));
    auto recovered = recover(*store, sources, default_setup(), 1);
    ASSERT_TRUE(recovered) << base::to_string(recovered.error());
    FileFeedOptions options = options_for({log}).files;
    options.batch_bytes = 1024;
    auto feed = FileFeed::open(options, sources, store.get(), nullptr);
    ASSERT_TRUE(feed) << base::to_string(feed.error());
    Silent silent;
    const base::ManualClock clock;
    CommitterOptions commits;
    commits.checkpoint_interval = interval;
    Committer committer(*recovered->sequence, store.get(), sources, clock, silent, commits,
                        std::move(recovered->epoch));
    Executor executor(2, event::Seq(store->last_seq().value + 1), [&] {
      return std::make_unique<Stages>(default_setup().pipeline, sources, default_setup().fold,
                                      true);
    });
    EXPECT_TRUE(executor.run(**feed, committer));
    EXPECT_FALSE(committer.error());
    EXPECT_TRUE(store->sync());
  }
};

TEST_F(RecoveryTest, AnEmptyStoreAsksForItsFirstEpoch) {
  const auto store = open(path("store"));
  event::SourceTable sources;
  const auto recovered = recover(*store, sources, default_setup(), 1);
  ASSERT_TRUE(recovered);
  ASSERT_TRUE(recovered->epoch);
  EXPECT_EQ(recovered->epoch->from, event::Seq(1));
  EXPECT_EQ(recovered->reread, 0U);
}

TEST_F(RecoveryTest, WithoutACheckpointTheWholeLogIsReadAgain) {
  const std::string log = write("auth.log", failures("bob", 40, 4));
  read_and_die(log, std::chrono::hours(1));
  {
    const auto store = open(path("store"));
    event::SourceTable sources;
    std::uint64_t done = 0;
    const auto recovered =
        recover(*store, sources, default_setup(), 2, [&done](event::Seq seq) { done = seq.value; });
    ASSERT_TRUE(recovered) << base::to_string(recovered.error());
    EXPECT_EQ(recovered->reread, 4U);
    EXPECT_EQ(done, 4U);
    EXPECT_FALSE(recovered->epoch);
  }
  // The fifth failure alone fires: the four before it were not forgotten.
  append("auth.log", failures("bob", 41, 1) + failures("eve", 42, 6));
  const Collected rest = run(options_for({log}, path("store")));
  EXPECT_EQ(rest.stats.resumed_after, 4U);
  EXPECT_EQ(rest.of_rule(brute_force_user), 2U);
  EXPECT_EQ(stored_alerts(*open(path("store"))), run(options_for({log})).alerts);
}

TEST_F(RecoveryTest, OnlyTheLogSinceTheCheckpointIsReadAgain) {
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += failures("user" + std::to_string(i), i, 4);
  const std::string log = write("auth.log", lines);
  read_and_die(log, base::Nanoseconds(0));
  append("auth.log", failures("user19", 20, 1));
  read_and_die(log, std::chrono::hours(1));
  {
    const auto store = open(path("store"));
    event::SourceTable sources;
    const auto recovered = recover(*store, sources, default_setup(), 1);
    ASSERT_TRUE(recovered) << base::to_string(recovered.error());
    EXPECT_EQ(recovered->checkpoint, event::Seq(80));
    EXPECT_EQ(recovered->reread, 1U);
  }
  append("auth.log", failures("user18", 21, 2));
  run(options_for({log}, path("store")));
  EXPECT_EQ(stored_alerts(*open(path("store"))), run(options_for({log})).alerts);
}

TEST_F(RecoveryTest, WhatWasReadAgainIsNotReadAThirdTime) {
  const std::string log = write("auth.log", failures("bob", 40, 4));
  read_and_die(log, std::chrono::hours(1));
  for (const std::uint64_t reread : {4U, 0U}) {
    const auto store = open(path("store"));
    event::SourceTable sources;
    const auto recovered = recover(*store, sources, default_setup(), 1);
    ASSERT_TRUE(recovered) << base::to_string(recovered.error());
    EXPECT_EQ(recovered->reread, reread);
  }
  append("auth.log", failures("bob", 41, 1));
  run(options_for({log}, path("store")));
  EXPECT_EQ(stored_alerts(*open(path("store"))), run(options_for({log})).alerts);
}

TEST_F(RecoveryTest, ChangedOptionsBeginAnEpochAtACheckpoint) {
  const std::string log = write("auth.log", failures("bob", 40, 4));
  read_and_die(log, std::chrono::hours(1));
  engine::Setup other = default_setup();
  other.fold.lockout.duration = std::chrono::minutes(7);
  const auto store = open(path("store"));
  event::SourceTable sources;
  const auto recovered = recover(*store, sources, other, 1);
  ASSERT_TRUE(recovered) << base::to_string(recovered.error());
  EXPECT_FALSE(recovered->epoch);
  const auto epochs = store->epochs();
  ASSERT_TRUE(epochs);
  ASSERT_EQ(epochs->size(), 2U);
  EXPECT_EQ(epochs->back().from, event::Seq(5));
  const auto checkpoint = store->checkpoint();
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(*checkpoint, event::Seq(4));
}

}  // namespace
}  // namespace tocsin::engine
