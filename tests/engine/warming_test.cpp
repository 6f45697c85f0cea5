#include "engine/warming.hpp"

#include <gtest/gtest.h>

#include "engine/log_fold.hpp"
#include "engine/retention.hpp"
#include "tests/engine/epoch_fixture.hpp"

namespace tocsin::engine {
namespace {

const std::string refused_text(refused_rule);

class WarmingTest : public EpochTest {
 protected:
  WarmingTest() { store_options_.retention_age = std::chrono::seconds(1); }

  // What stands in the log is read in steps that end at these frames.
  correlate::WarmedWindows windows(const store::Store& store, const engine::Setup& before,
                                   const engine::Setup& after, std::vector<std::uint64_t> ends) {
    sources_ = std::make_unique<event::SourceTable>();
    EXPECT_TRUE(store.load_sources(*sources_));
    auto warming = Warming::of(*before.pipeline, after, *sources_);
    EXPECT_TRUE(warming);
    EXPECT_TRUE(warming->begin_at(event::Seq(1)));
    for (const std::uint64_t end : ends) {
      const auto done = warming->advance(store, {event::Seq(end), 0}, {});
      EXPECT_TRUE(done) << base::to_string(done.error());
      EXPECT_EQ(warming->next(), event::Seq(end + 1));
    }
    return *warming->finish((begin_s - 30) * base::ns_per_second);
  }
  std::unique_ptr<event::SourceTable> sources_;
  const engine::Setup plain_ = setup_of_rules(refused_text + counting_rule(10, 3));
};

TEST_F(WarmingTest, WhatItFindsDoesNotDependOnTheSteps) {
  feed(plain_, refused("bob", 0, 4) + refused("eve", 10, 3) + refused("bob", 20, 4), 4);
  const engine::Setup after =
      setup_of_rules(refused_text + counting_rule(10, 3) + counting_rule(11, 20));
  const auto store = open_store();
  const auto whole = windows(*store, plain_, after, {11});
  EXPECT_EQ(whole.entries().size(), 2U);
  EXPECT_EQ(windows(*store, plain_, after, {1, 2, 7, 11}).entries(), whole.entries());
  EXPECT_EQ(windows(*store, plain_, after, {4, 8, 11}).entries(), whole.entries());
  EXPECT_TRUE(windows(*store, plain_, plain_, {11}).entries().empty());
}

// From the longest timespan before the watermark on, and a little more; where the log does not
// reach so far, it says where it begins.
TEST_F(WarmingTest, ItReadsAsFarBackAsTheWindowsReach) {
  std::string lines;
  for (int minute = 0; minute < 120; ++minute) lines += refused("bob", minute * 60, 1);
  feed(plain_, lines, 1);
  const auto store = open_store();
  event::SourceTable sources;
  ASSERT_TRUE(store->load_sources(sources));
  const std::int64_t watermark = (begin_s + 119 * 60 - 60) * base::ns_per_second;
  const auto begun = [&](std::string_view timespan) {
    const engine::Setup after = setup_of_rules(refused_text + counting_rule(11, 5, timespan));
    auto warming = Warming::of(*plain_.pipeline, after, sources);
    EXPECT_TRUE(warming);
    EXPECT_TRUE(warming->begin(*store, watermark));
    return std::pair(warming->from().value, warming->log_begin());
  };
  // 118 minutes less 10 less 90 seconds.
  EXPECT_EQ(begun("10m").first, 108U);
  EXPECT_FALSE(begun("10m").second);
  EXPECT_EQ(begun("3h").first, 1U);
  EXPECT_EQ(begun("3h").second, base::EventTime(begin_s * base::ns_per_second));
}

TEST_F(WarmingTest, AChangedRuleGoesOnCounting) {
  feed(plain_, refused("bob", 0, 2));
  feed(setup_of_rules(refused_text + counting_rule(10, 4)), refused("bob", 10, 1));
  EXPECT_TRUE(fired_by(10).empty());
  feed(setup_of_rules(refused_text + counting_rule(10, 4)), refused("bob", 11, 2));
  EXPECT_EQ(fired_by(10), std::vector<std::uint64_t>{4});
  expect_same();
}

// Three were refused before the rule existed: nothing is told of then, the next one tells.
TEST_F(WarmingTest, NothingIsToldOfThePast) {
  feed(setup_of_rules(refused_text), refused("bob", 0, 5));
  const engine::Setup after = setup_of_rules(refused_text + counting_rule(10, 3));
  feed(after, refused("eve", 10, 2));
  EXPECT_TRUE(fired_by(10).empty());
  feed(after, refused("bob", 12, 2));
  EXPECT_EQ(fired_by(10), std::vector<std::uint64_t>{8});
  expect_same();
}

// A lockout of the past is not ordered again, and its record, an event, is counted.
TEST_F(WarmingTest, LockoutsArePartOfThePast) {
  const std::string locks =
      counting_rule(10, 2, "1m", "tocsin:\n  actions:\n    - lock_account: {user: user.name}\n");
  const std::string locked =
      "---\ntitle: Locked\nid: 00000000-0000-4000-8000-000000000002\nname: locked\nlevel: low\n"
      "logsource: {product: tocsin, service: lockout}\n"
      "detection:\n  selection: {user.name: '*'}\n  condition: selection\n"
      "---\ntitle: Locked twice\nid: 00000000-0000-4000-8000-000000000020\nlevel: high\n"
      "correlation:\n  type: event_count\n  rules: [locked]\n  group-by: [user.name]\n"
      "  timespan: 1h\n  condition: {gte: 2}\n";
  feed(setup_of_rules(refused_text + locks), refused("bob", 0, 2));
  const engine::Setup after = setup_of_rules(refused_text + locks + locked);
  feed(after, refused("bob", 300, 2));
  EXPECT_EQ(fired_by(20), std::vector<std::uint64_t>{4});
  std::size_t lockouts = 0;
  ASSERT_TRUE(open_store()->read_lockouts(event::Seq(0), [&](const event::Lockout&) {
    ++lockouts;
    return true;
  }));
  EXPECT_EQ(lockouts, 2U);
  expect_same();
}

// Whose time has come further by the new packs than the log's by the old ones cannot go on there.
TEST_F(WarmingTest, WindowsAheadOfTheLogAreNotUsed) {
  feed(plain_, refused("bob", 0, 1) + refused("bob", 300, 1));
  const auto store = open_store();
  event::SourceTable sources;
  ASSERT_TRUE(store->load_sources(sources));
  const engine::Setup after = setup_of_rules(refused_text + counting_rule(11, 20));
  auto warming = Warming::of(*plain_.pipeline, after, sources);
  ASSERT_TRUE(warming);
  ASSERT_TRUE(warming->begin_at(event::Seq(1)));
  ASSERT_TRUE(warming->advance(*store, {event::Seq(2), 0}, {}));
  const auto windows = warming->finish((begin_s + 200) * base::ns_per_second);
  ASSERT_FALSE(windows);
  EXPECT_EQ(windows.error().code, "engine-11");
}

TEST_F(WarmingTest, TwoBordersAtOnePlaceAreCrossedOneAfterTheOther) {
  feed(plain_, refused("bob", 0, 4));
  feed(setup_of_rules(refused_text), "");
  const engine::Setup after = setup_of_rules(refused_text + counting_rule(10, 5));
  feed(after, "");
  feed(plain_, "");
  feed(after, refused("bob", 5, 1));
  EXPECT_EQ(open_store()->epochs()->size(), 5U);
  EXPECT_EQ(fired_by(10), (std::vector<std::uint64_t>{3, 5}));
  expect_same();
}

// What a border reads of the log may be dropped: what the fold of it knew at the new begin stays.
TEST_F(WarmingTest, RetentionMayPassWhatABorderReads) {
  std::string past;
  for (int minute = 0; minute < 30; ++minute) past += refused("bob", minute * 60, 1);
  feed(plain_, past, 2);
  const engine::Setup after = setup_of_rules(refused_text + counting_rule(11, 31, "2h"));
  feed(after, refused("bob", 1900, 20), 2);
  ASSERT_EQ(fired_by(11), std::vector<std::uint64_t>{31});
  expect_same();
  const auto retain_from = [&](std::int64_t seq) {
    const auto store = open_store();
    const std::int64_t received = seq <= 30 ? (seq - 1) * 60 : 1900 + seq - 31;
    const base::ReceivedTime now((begin_s + received + 1) * base::ns_per_second);
    const auto retained = retain(*store, after, now, {});
    ASSERT_TRUE(retained) << base::to_string(retained.error());
    EXPECT_FALSE(retained->without_state);
    EXPECT_EQ(store->first_seq(), event::Seq(static_cast<std::uint64_t>(seq)));
    EXPECT_GE(check(*store).alerts, 1U) << seq;
  };
  for (const std::int64_t seq : {5, 11, 29, 31}) retain_from(seq);
}

}  // namespace
}  // namespace tocsin::engine
