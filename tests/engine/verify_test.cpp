#include "engine/verify.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

class VerifyTest : public EngineTest {
 protected:
  static Verified check(const store::Store& store) {
    const auto verified = verify(store, 2);
    EXPECT_TRUE(verified) << (verified ? std::string() : base::to_string(verified.error()));
    return verified ? *verified : Verified{};
  }
  static void expect_same(const Verified& verified) {
    for (const Difference& difference : verified.differences)
      ADD_FAILURE() << difference.what << " " << difference.kind << ": " << difference.sentence;
  }
};

TEST_F(VerifyTest, AnEmptyStoreHasNothingToCompare) {
  const Verified verified = check(*open(path("store")));
  EXPECT_EQ(verified.frames, 0U);
  EXPECT_TRUE(verified.differences.empty());
}

TEST_F(VerifyTest, WhatAReplayStoredIsWhatTheLogGives) {
  const std::string log = write("auth.log", failures("bob", 40, 7) + failures("eve", 44, 5));
  const Collected told = run(options_for({log}, path("store")));
  const Verified verified = check(*open(path("store")));
  expect_same(verified);
  EXPECT_EQ(verified.frames, 12U);
  EXPECT_EQ(verified.alerts, told.alerts.size());
  EXPECT_EQ(verified.lockouts, 2U);
  EXPECT_EQ(verified.epochs, 1U);
}

TEST_F(VerifyTest, AForgedAlertIsExtra) {
  run(options_for({write("auth.log", failures("bob", 40, 7))}, path("store")));
  const auto store = open(path("store"));
  store::Commit commit;
  event::SourceTable sources;
  ASSERT_TRUE(store->load_sources(sources));
  event::Alert forged;
  forged.id.bytes[0] = 1;
  forged.rule_id = brute_force_user;
  forged.fired_by = event::Seq(3);
  commit.alerts = {{&forged}};
  commit.sources = &sources;
  ASSERT_TRUE(store->commit(commit));
  const Verified verified = check(*store);
  ASSERT_EQ(verified.differences.size(), 1U);
  EXPECT_EQ(verified.differences[0].what, "extra");
  EXPECT_EQ(verified.differences[0].kind, "alert");
  EXPECT_EQ(verified.differences[0].id, to_string(forged.id));
}

TEST_F(VerifyTest, AForgedAmendmentIsAChange) {
  run(options_for({write("auth.log", failures("bob", 40, 7))}, path("store")));
  const auto store = open(path("store"));
  event::SourceTable sources;
  ASSERT_TRUE(store->load_sources(sources));
  store::Commit commit;
  event::Alert forged;
  ASSERT_TRUE(store->read_alerts({}, [&forged](const store::StoredAlert& stored) {
    forged = stored.alert;
    return false;
  }));
  ASSERT_FALSE(forged.rule_id.empty());
  forged.count += 1;
  commit.alerts = {{&forged}};
  commit.sources = &sources;
  ASSERT_TRUE(store->commit(commit));
  const Verified verified = check(*store);
  ASSERT_EQ(verified.differences.size(), 1U);
  EXPECT_EQ(verified.differences[0].what, "changed");
}

TEST_F(VerifyTest, EachEpochIsJudgedByItsOwnOptions) {
  const std::string log = write("auth.log", failures("bob", 40, 7) + failures("eve", 41, 3));
  run(options_for({log}, path("store")));
  engine::Setup other = default_setup();
  other.fold.lockout.duration = std::chrono::minutes(7);
  other.fold.lockout.never = {"root", "eve"};
  append("auth.log", failures("eve", 42, 3));
  const Collected rest = run(options_for({log}, path("store")), other);
  ASSERT_EQ(rest.lockouts.size(), 1U);
  EXPECT_NE(rest.lockouts[0].find("allowlist"), std::string::npos) << rest.lockouts[0];
  const Verified verified = check(*open(path("store")));
  expect_same(verified);
  EXPECT_EQ(verified.epochs, 2U);
  EXPECT_EQ(verified.lockouts, 2U);
}

}  // namespace
}  // namespace tocsin::engine
