#include "engine/replay.hpp"

#include <gtest/gtest.h>

#include "engine/verify.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

using ReplayTest = EngineTest;

TEST_F(ReplayTest, FiveRefusedPasswordsAreOneAlertAndOneLockout) {
  const Collected four = run(options_for({write("four.log", failures("bob", 40, 4))}));
  EXPECT_EQ(four.of_rule(brute_force_user), 0U);
  EXPECT_TRUE(four.lockouts.empty());
  const Collected five = run(options_for({write("five.log", failures("bob", 40, 5))}));
  EXPECT_EQ(five.of_rule(brute_force_user), 1U);
  EXPECT_EQ(five.lockouts.size(), 1U);
  EXPECT_EQ(five.stats.events, 5U);
  EXPECT_EQ(five.stats.decoded, 5U);
  EXPECT_EQ(five.stats.lockouts, 1U);
  EXPECT_EQ(five.stats.alerts, five.alerts.size());
}

TEST_F(ReplayTest, NeitherThreadsNorBatchesChangeAByte) {
  std::string lines;
  for (int i = 0; i < 40; ++i) lines += failures("user" + std::to_string(i), i, 3 + i % 9);
  const std::string log = write("auth.log", lines);
  ReplayOptions options = options_for({log});
  const Collected expected = run(options);
  ASSERT_GT(expected.alerts.size(), 10U);
  ASSERT_GT(expected.lockouts.size(), 10U);
  for (const std::size_t threads : {1U, 3U, 9U}) {  // nine: correlation in two parts
    for (const std::size_t bytes : {std::size_t{1024}, std::size_t{256} * 1024}) {
      options.threads = threads;
      options.files.batch_bytes = bytes;
      const Collected got = run(options);
      EXPECT_EQ(got.alerts, expected.alerts) << threads << " threads, " << bytes << " bytes";
      EXPECT_EQ(got.lockouts, expected.lockouts) << threads << " threads, " << bytes << " bytes";
    }
  }
}

TEST_F(ReplayTest, SeveralFilesAreMergedByTime) {
  // Neither file alone holds five failures; one after the other, the times would go back.
  const std::string one = write("one.log", failures("bob", 40, 3) + failures("eve", 50, 2));
  const std::string two = write("two.log", failures("bob", 42, 2) + failures("eve", 51, 3));
  const Collected merged = run(options_for({one, two}));
  EXPECT_EQ(merged.of_rule(brute_force_user), 2U);
  EXPECT_EQ(merged.stats.late, 0U);
  const Collected turned = run(options_for({two, one}));
  EXPECT_EQ(turned.of_rule(brute_force_user), 2U);
}

TEST_F(ReplayTest, TheSameCommandAgainAddsNothing) {
  const ReplayOptions options =
      options_for({write("auth.log", failures("bob", 40, 7))}, path("store"));
  const Collected first = run(options);
  EXPECT_EQ(first.of_rule(brute_force_user), 1U);
  const std::vector<std::string> before = stored_alerts(*open(options.store));
  EXPECT_EQ(before, first.alerts);
  const Collected again = run(options);
  EXPECT_EQ(again.stats.events, 0U);
  EXPECT_EQ(again.stats.resumed_after, 7U);
  EXPECT_EQ(stored_alerts(*open(options.store)), before);
}

TEST_F(ReplayTest, AppendedLinesContinueAsIfReadAtOnce) {
  const std::string log = write("auth.log", failures("bob", 40, 3));
  const ReplayOptions options = options_for({log}, path("store"));
  EXPECT_EQ(run(options).of_rule(brute_force_user), 0U);
  append("auth.log", failures("bob", 41, 4));
  const Collected rest = run(options);
  EXPECT_EQ(rest.stats.events, 4U);
  EXPECT_EQ(rest.of_rule(brute_force_user), 1U);
  append("auth.log", failures("eve", 45, 6));
  run(options);
  EXPECT_EQ(stored_alerts(*open(options.store)), run(options_for({log})).alerts);
}

TEST_F(ReplayTest, AFileThatIsNotThereIsAnError) {
  Collected collected;
  const base::ManualClock clock;
  EXPECT_FALSE(replay(default_setup(), options_for({path("absent.log")}), collected, clock));
}

// Five failures of one user, among thousands who fail once, and no room for their windows.
TEST_F(ReplayTest, ALimitOfMemoryChangesNothing) {
  std::string lines;
  for (int part = 0; part < 5; ++part) {
    for (int i = 0; i < 1500; ++i)
      lines += failures("user" + std::to_string(part * 1500 + i), 40 + part, 1);
    lines += failures("bob", 40 + part, 1);
  }
  const std::string log = write("auth.log", lines);
  engine::Setup setup = default_setup();
  setup.fold.correlate.window_bytes = 0;
  const Collected expected = run(options_for({log}), setup);
  EXPECT_EQ(expected.of_rule(brute_force_user), 1U);
  EXPECT_EQ(expected.stats.groups_spilled, 0U);
  setup.fold.correlate.window_bytes = 100'000;
  for (const char* store : {"", "store"}) {
    ReplayOptions options = options_for({log}, *store == 0 ? "" : path(store));
    options.files.batch_bytes = 4096;
    const Collected limited = run(options, setup);
    EXPECT_EQ(limited.alerts, expected.alerts);
    EXPECT_EQ(limited.lockouts, expected.lockouts);
    EXPECT_GT(limited.stats.groups_spilled, 1000U);
    EXPECT_GT(limited.stats.groups_read_back, 0U);
    EXPECT_LT(limited.stats.window_bytes, expected.stats.window_bytes);
  }
  const auto store = open(path("store"));
  const auto verified = verify(*store, 2);
  ASSERT_TRUE(verified) << base::to_string(verified.error());
  EXPECT_TRUE(verified->differences.empty());
  EXPECT_EQ(verified->alerts, expected.alerts.size());
}

}  // namespace
}  // namespace tocsin::engine
