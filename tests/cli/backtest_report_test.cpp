#include "cli/backtest_report.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::cli {
namespace {

constexpr std::int64_t day = 86400 * base::ns_per_second;

class BacktestReportTest : public testing::Test {
 protected:
  BacktestReportTest() {
    result_.rules = {{"a", "Rule A", rules::Level::high, true, true, std::chrono::minutes(5), 40},
                     {"b", "Rule B", rules::Level::low, false, false, {}, 0}};
    result_.log_begin = base::EventTime(0);
    result_.log_end = base::EventTime(10 * day);
    result_.begin = result_.log_begin;
    result_.end = result_.log_end;
    result_.first = event::Seq(1);
    result_.last = event::Seq(100);
    result_.events = 100;
    for (int i = 0; i < 4; ++i) add(i == 3 ? "eve" : "bob\x1b[31m", i < 2 ? 1 : 2 + i);
  }
  void add(const std::string& user, std::int64_t days) {
    event::Alert alert;
    alert.rule_id = "a";
    alert.rule_title = "Rule A";
    alert.group = {{"user.name", user}};
    alert.fired_at = alert.first_seen = alert.last_seen = base::EventTime(days * day);
    for (std::uint64_t seq = 1; seq < 8; ++seq) alert.evidence.emplace_back(seq);
    result_.alerts.push_back(alert);
  }
  [[nodiscard]] std::string text(std::uint64_t limit = 5, const store::TimeSpan& span = {}) const {
    return BacktestReport(result_, {limit, span, std::chrono::seconds(1)}).text(0);
  }
  static void expect(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << "no `" << part << "` in\n" << text;
  }

  engine::Backtest result_;
};

TEST_F(BacktestReportTest, SaysHowOftenAndOnWhom) {
  const std::string said = text();
  expect(said, "period  1970-01-01T00:00:00Z to 1970-01-11T00:00:00Z, 10.0 days\n");
  expect(said, "0.4    1970-01-02: 2");
  expect(said, "1 rule met nothing\n");
  expect(said, "1 2 3 4 5 +2");
  EXPECT_LT(said.find("=bob"), said.find("=eve")) << "the most frequent first";
  EXPECT_EQ(said.find('\x1b'), std::string::npos) << "nothing harms a terminal";
}

TEST_F(BacktestReportTest, TheFirstAndTheLastAreExamples) {
  const std::string said = text(2);
  expect(said, "1970-01-02T00:00:00");
  expect(said, "1970-01-06T00:00:00");
  EXPECT_EQ(said.find("1970-01-05T00:00:00"), std::string::npos) << said;
}

TEST_F(BacktestReportTest, NotesSayWhatIsLessThanAsked) {
  result_.is_cut = true;
  result_.lacks_lockouts = true;
  result_.rules[0].reach = std::chrono::hours(24 * 30);
  store::TimeSpan span;
  span.from = base::EventTime(-day);
  const std::string said = text(5, span);
  expect(said, "note    shorter than asked for: the log begins at 1970-01-01T00:00:00Z\n");
  expect(said, "note    ended early, with 4 alerts");
  expect(said, "shorter than these rules look back: Rule A (30d)\n");
  expect(said, "lockout records that other rules caused");
}

TEST_F(BacktestReportTest, LockoutsAreCountedByAccount) {
  event::Lockout lockout;
  lockout.rule_id = "a";
  lockout.user = "bob";
  result_.lockouts = {lockout, lockout, lockout};
  result_.lockouts[2].refused = "allowlist";
  const std::string said = text();
  expect(said, "2 (1 refused)");
  expect(BacktestReport(result_, {5, {}, {}}).json(),
         R"("accounts":[{"user":"bob","lockouts":2}])");
}

TEST_F(BacktestReportTest, ADifferenceIsListed) {
  engine::Backtest old = result_;
  old.alerts.erase(old.alerts.begin());
  old.alerts.back().group[0].second = "mia";
  BacktestReport report(result_, {1, {}, {}});
  EXPECT_FALSE(report.differs());
  report.compare(old);
  EXPECT_TRUE(report.differs());
  const std::string said = report.text(0);
  expect(said, "only of the new form: 1, only of the old one: 1, of both: 3");
  expect(said, "\nonly new:\n");
  expect(said, "user.name=mia");
  expect(report.json(), R"({"against":{"only_new":1,"only_old":1,"both":3}})");
}

TEST_F(BacktestReportTest, CostIsOneSentence) {
  EXPECT_EQ(BacktestReport(result_, {5, {}, std::chrono::seconds(2)}).cost(),
            "100 events read in 2.00 s: 50/s, 20000000 ns each");
}

}  // namespace
}  // namespace tocsin::cli
