#include "engine/backtest.hpp"

#include <gtest/gtest.h>

#include "tests/engine/epoch_fixture.hpp"

namespace tocsin::engine {
namespace {

class BacktestTest : public EpochTest {
 protected:
  static BacktestRequest request_for(const engine::Setup& setup) {
    BacktestRequest request;
    request.packs = setup.packs;
    for (const rules::Rule& rule : setup.pipeline->rules->rules()) request.rules.push_back(rule.id);
    return request;
  }
  static base::EventTime at(std::int64_t second) {
    return base::EventTime((begin_s + second) * base::ns_per_second);
  }
  [[nodiscard]] Backtest run(const BacktestRequest& request) const {
    const auto store = store::Store::open_read_only(path("store"));
    EXPECT_TRUE(store);
    auto result = backtest(**store, request);
    EXPECT_TRUE(result) << (result ? std::string() : base::to_string(result.error()));
    return result ? *std::move(result) : Backtest{};
  }
  static std::vector<std::string> texts(const std::vector<event::Alert>& alerts) {
    std::vector<std::string> out;
    for (const event::Alert& alert : alerts) out.push_back(event::json_of(alert));
    return out;
  }
  static std::vector<std::uint64_t> fired(const Backtest& result) {
    std::vector<std::uint64_t> out;
    for (const event::Alert& alert : result.alerts) out.push_back(alert.fired_by.value);
    return out;
  }
  static engine::Setup by_rules(const std::string& counting) {
    return setup_of_rules(std::string(refused_rule) + counting);
  }
};

TEST_F(BacktestTest, TheRulesInForceGiveWhatIsStored) {
  const std::string log = write("auth.log", failures("bob", 40, 7) + failures("eve", 44, 5));
  EngineTest::run(options_for({log}, path("store")));
  const Backtest result = run(request_for(default_setup()));
  const auto store = open(path("store"));
  EXPECT_EQ(texts(result.alerts), stored_alerts(*store));
  EXPECT_FALSE(result.alerts.empty());
  std::vector<std::string> locked, stored;
  for (const event::Lockout& lockout : result.lockouts) locked.push_back(event::json_of(lockout));
  EXPECT_TRUE(store->read_lockouts(event::Seq(0), [&stored](const event::Lockout& lockout) {
    stored.push_back(event::json_of(lockout));
    return true;
  }));
  EXPECT_EQ(locked, stored);
  EXPECT_EQ(locked.size(), 2U);
  EXPECT_EQ(result.events, 12U);
  EXPECT_EQ(result.events_before, 0U);
}

TEST_F(BacktestTest, TheEndOfAReplayIsJudgedOnce) {
  const std::string log = write("auth.log", failures("bob", 40, 7));
  EngineTest::run(options_for({log}, path("store")));
  append("auth.log", failures("eve", 44, 5));
  EngineTest::run(options_for({log}, path("store")));
  EXPECT_EQ(texts(run(request_for(default_setup())).alerts), stored_alerts(*open(path("store"))));
}

// Four at 16:00 and four at 16:05, by whatever rules the log was judged: borders change nothing.
TEST_F(BacktestTest, ARuleThatWasNotInForceIsJudgedAsIfItHadBeen) {
  feed(by_rules(""), refused("bob", 0, 4));
  feed(by_rules(counting_rule(2, 3)), refused("bob", 300, 4));
  const engine::Setup wanted = by_rules(counting_rule(9, 6));
  const Backtest result = run(request_for(wanted));
  EXPECT_EQ(fired(result), std::vector<std::uint64_t>{6});
  ASSERT_EQ(result.rules.size(), 2U);
  EXPECT_EQ(result.rules[0].detections, 8U) << "the refused password";
  EXPECT_EQ(result.rules[1].detections, 8U) << "what it counts";
  EXPECT_TRUE(result.rules[1].is_correlation);
  EXPECT_EQ(result.rules[1].reach, std::chrono::minutes(10));
  EXPECT_TRUE(result.is_blind);
}

TEST_F(BacktestTest, OptionsAreThoseOfTheTime) {
  engine::Setup lax = by_rules(counting_rule(2, 3));
  lax.fold.correlate.lateness = std::chrono::hours(1);
  feed(lax, refused("bob", 600, 1) + refused("bob", 0, 3));
  EXPECT_EQ(run(request_for(by_rules(counting_rule(2, 3)))).alerts.size(), 1U)
      << "ten minutes late, and the log says that this was in time";
}

// An alert that opened before the period and goes on in it is not one of the period.
TEST_F(BacktestTest, WindowsAndOpenAlertsAreThoseOfTheWholeLogAtTheBegin) {
  const engine::Setup setup = by_rules(counting_rule(2, 4, "5m"));
  std::string lines;
  for (int i = 0; i < 200; ++i) lines += refused("bob", i * 50, 1);  // always true
  for (int i = 0; i < 40; ++i) lines += refused("eve", 10000 + i * 400, 4);
  feed(setup, lines, 10);
  const Backtest whole = run(request_for(setup));
  EXPECT_EQ(whole.alerts.size(), 41U);
  for (const int from : {120, 5000, 10001, 10003, 20001, 20010}) {
    BacktestRequest request = request_for(setup);
    request.span = {at(from), at(21000)};
    const Backtest part = run(request);
    std::vector<std::uint64_t> wanted;
    for (const event::Alert& alert : whole.alerts) {
      if (alert.fired_at >= request.span.from && alert.fired_at <= request.span.to)
        wanted.push_back(alert.fired_by.value);
    }
    EXPECT_EQ(fired(part), wanted) << from;
    EXPECT_EQ(part.begin, request.span.from);
    EXPECT_LT(part.events, whole.events);
  }
}

TEST_F(BacktestTest, ATimeWithoutEventsIsRefused) {
  feed(by_rules(""), refused("bob", 0, 4));
  BacktestRequest request = request_for(by_rules(""));
  request.span.from = at(86400);
  const auto store = store::Store::open_read_only(path("store"));
  const auto result = backtest(**store, request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "engine-20");
}

TEST_F(BacktestTest, OnlyWhatIsAskedAboutActs) {
  const engine::Setup setup = by_rules(counting_rule(2, 3) + counting_rule(3, 4));
  feed(setup, refused("bob", 0, 6));
  BacktestRequest request = request_for(setup);
  request.rules = {"00000000-0000-4000-8000-000000000003"};
  const Backtest result = run(request);
  EXPECT_EQ(fired(result), std::vector<std::uint64_t>{4});
  EXPECT_EQ(result.rules.size(), 1U);
}

TEST_F(BacktestTest, ItEndsWithSoManyAlerts) {
  const engine::Setup setup = by_rules(counting_rule(2, 2));
  std::string lines;
  for (int i = 0; i < 50; ++i) lines += refused("user" + std::to_string(i), i * 2, 2);
  feed(setup, lines, 4);
  BacktestRequest request = request_for(setup);
  request.most_alerts = 10;
  const Backtest result = run(request);
  EXPECT_TRUE(result.is_cut);
  EXPECT_EQ(result.alerts.size(), 10U);
  EXPECT_LT(result.end, result.log_end);
}

// A record that a rule in force caused is an event to a rule that is tried.
TEST_F(BacktestTest, LockoutRecordsOfOthersAreSeen) {
  EngineTest::run(options_for({write("auth.log", failures("bob", 40, 7))}, path("store")));
  const engine::Setup setup = setup_of_rules(
      "title: Locked\nid: 00000000-0000-4000-8000-000000000007\nlevel: high\n"
      "logsource: {product: tocsin, service: lockout}\n"
      "detection: {selection: {user.name: bob}, condition: selection}\n");
  EXPECT_EQ(fired(run(request_for(setup))).size(), 1U);
}

}  // namespace
}  // namespace tocsin::engine
