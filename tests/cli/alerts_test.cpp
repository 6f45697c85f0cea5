#include "cli/alerts.hpp"

#include "cli/replay.hpp"
#include "tests/cli/captured.hpp"
#include "tests/cli/failures.hpp"

namespace tocsin::cli {
namespace {

// A store with the alerts of one brute force; its user's name tries to colour the terminal.
class AlertsTest : public testing::Test {
 protected:
  AlertsTest() {
    ReplayCommand replay;
    replay.files = {folder_.write("auth.log", failures(5, "bob\x1b[31m"))};
    replay.year = 2026;
    replay.store = folder_.path("store");
    replay.json = replay.lockouts = true;
    Captured captured;
    EXPECT_EQ(run_replay(replay, captured.streams()), exit_code::ok) << captured.err();
    replayed_ = captured.out();
  }
  [[nodiscard]] AlertsCommand command() const {
    AlertsCommand out;
    out.store = folder_.path("store");
    return out;
  }
  static std::string listed(const AlertsCommand& asked) {
    Captured captured;
    EXPECT_EQ(run_alerts(asked, captured.streams()), exit_code::ok) << captured.err();
    return captured.out();
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
  std::string replayed_;
};

TEST_F(AlertsTest, JsonIsWhatTheReplayPrinted) {
  AlertsCommand asked = command();
  asked.json = true;
  const std::string alerts = listed(asked);
  EXPECT_EQ(std::count(alerts.begin(), alerts.end(), '\n'), 2);
  EXPECT_EQ(alerts.find("\"lockout\""), std::string::npos);
  for (std::size_t at = 0; at < alerts.size(); at = alerts.find('\n', at) + 1)
    EXPECT_NE(replayed_.find(alerts.substr(at, alerts.find('\n', at) - at)), std::string::npos);
  asked.lockouts = true;
  EXPECT_EQ(listed(asked).size(), replayed_.size());
}

TEST_F(AlertsTest, TheTableHarmsNoTerminal) {
  AlertsCommand asked = command();
  asked.lockouts = true;
  const std::string table = listed(asked);
  EXPECT_NE(table.find("Brute force against one account over ssh"), std::string::npos) << table;
  EXPECT_NE(table.find("lockout at (UTC)"), std::string::npos) << table;
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
}

TEST_F(AlertsTest, RuleAndTimesChoose) {
  AlertsCommand asked = command();
  asked.json = true;
  asked.from = "2026-11-20T22:40:04Z";
  asked.to = "2026-11-20T22:40:04Z";
  EXPECT_NE(listed(asked), "");
  asked.from = "2026-11-20T22:40:05Z";
  asked.to = "";
  EXPECT_EQ(listed(asked), "");
  asked.from = "";
  asked.rule = "no such rule";
  EXPECT_EQ(listed(asked), "");
}

TEST_F(AlertsTest, NoneIsSaid) {
  AlertsCommand asked = command();
  asked.rule = "no such rule";
  Captured captured;
  EXPECT_EQ(run_alerts(asked, captured.streams()), exit_code::ok);
  EXPECT_EQ(captured.out(), "");
  EXPECT_EQ(captured.err(), "no alerts\n");
}

TEST_F(AlertsTest, WhatCannotBeDoneIsToldWithItsExitCode) {
  auto expect = [](const AlertsCommand& asked, int code, const std::string& text) {
    Captured captured;
    EXPECT_EQ(run_alerts(asked, captured.streams()), code);
    EXPECT_NE(captured.err().find(text), std::string::npos) << captured.err();
    EXPECT_EQ(captured.out(), "");
  };
  AlertsCommand asked = command();
  asked.from = "yester\x1b[31mday";
  expect(asked, exit_code::usage, "is no time; write it as 2026-11-22T03:08:00Z");
  asked = command();
  asked.store = folder_.path("none");
  expect(asked, exit_code::findings, "store-1");
  asked.store = folder_.path("auth.log");
  expect(asked, exit_code::findings, "it is not a folder");
  asked.store = folder_.path();
  expect(asked, exit_code::findings, "there is no store in it");
}

}  // namespace
}  // namespace tocsin::cli
