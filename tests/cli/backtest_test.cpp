#include "cli/backtest.hpp"

#include <algorithm>
#include <string>

#include "cli/alerts.hpp"
#include "tests/cli/captured.hpp"
#include "tests/cli/failed_store.hpp"

namespace tocsin::cli {
namespace {

constexpr std::string_view brute_force_user = "58d413bc-f31c-5391-934c-ddde1f5624cc";

std::ptrdiff_t count_of(std::string_view text, std::string_view part) {
  std::ptrdiff_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

class BacktestCommandTest : public testing::Test {
 protected:
  BacktestCommandTest() {
    command_.store = store_failures(folder_, 12);
    command_.threads = 2;
    command_.config = folder_.write("empty.yaml", "engine: {threads: 1}\n");
  }
  int run() {
    Captured captured;
    const int code = run_backtest(command_, captured.streams());
    out_ = captured.out();
    err_ = captured.err();
    return code;
  }
  // Refused passwords of a user, so many in a minute.
  std::string counting(int least) {
    return folder_.write("counting" + std::to_string(least) + ".yml",
                         "title: Refused often\nid: 00000000-0000-4000-8000-000000000009\n"
                         "level: high\ncorrelation:\n  type: event_count\n"
                         "  rules: [ssh_failed_password]\n  group-by: [user.name]\n  timespan: 1m\n"
                         "  condition: {gte: " +
                             std::to_string(least) + "}\n");
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
  BacktestCommand command_;
  std::string out_, err_;
};

TEST_F(BacktestCommandTest, ANewRuleCountsWhatAConfiguredOneMeets) {
  command_.rules = {counting(10)};
  EXPECT_EQ(run(), exit_code::ok) << err_;
  EXPECT_NE(out_.find("Refused often  high   12          1       1.0    2026-11-20: 1"),
            std::string::npos)
      << out_;
  EXPECT_NE(out_.find("user.name=bob"), std::string::npos) << out_;
  EXPECT_NE(err_.find("12 events read in "), std::string::npos) << err_;
  command_.json = true;
  EXPECT_EQ(run(), exit_code::ok) << err_;
  EXPECT_NE(out_.find(R"("detections":12,"alerts":1,)"), std::string::npos) << out_;
  EXPECT_NE(out_.find(R"("groups":[{"group":{"user.name":"bob"},"alerts":1}])"), std::string::npos)
      << out_;
}

TEST_F(BacktestCommandTest, AConfiguredRuleIsWhatTheStoreHas) {
  command_.rules = {std::string(brute_force_user)};
  command_.against = {"stored"};
  EXPECT_EQ(run(), exit_code::ok) << err_;
  EXPECT_NE(out_.find("only of the new form: 0, only of the old one: 0, of both: 1"),
            std::string::npos)
      << out_;
}

TEST_F(BacktestCommandTest, AnOlderFormIsCompared) {
  command_.rules = {counting(20)};
  command_.against = {counting(10)};
  EXPECT_EQ(run(), exit_code::findings) << err_;
  EXPECT_NE(out_.find("only of the new form: 0, only of the old one: 1, of both: 0"),
            std::string::npos)
      << out_;
  command_.json = true;
  EXPECT_EQ(run(), exit_code::findings);
  EXPECT_EQ(count_of(out_, "{\"only_old\":{\"id\":"), 1) << out_;
  EXPECT_NE(out_.find(R"({"against":{"only_new":0,"only_old":1,"both":0}})"), std::string::npos);
  command_.against = {counting(20)};
  EXPECT_EQ(run(), exit_code::ok) << err_;
}

TEST_F(BacktestCommandTest, WhatCannotBeRunIsRefused) {
  command_.rules = {"ssh_brute_force_usr"};
  EXPECT_EQ(run(), exit_code::usage);
  EXPECT_NE(err_.find("did you mean ssh_brute_force_user?"), std::string::npos) << err_;
  command_.rules = {folder_.write("bad.yml", "title: Bad\nlogsource: {product: linux}\n")};
  EXPECT_EQ(run(), exit_code::invalid);
  EXPECT_NE(err_.find("bad.yml:"), std::string::npos) << err_;
  command_.rules = {folder_.path("none.yml")};
  EXPECT_EQ(run(), exit_code::invalid);
  command_.rules = {counting(3)};
  command_.from = "2026-11-21";
  EXPECT_EQ(run(), exit_code::usage);
  EXPECT_NE(err_.find("engine-20"), std::string::npos) << err_;
  command_.from = "";
  command_.against = {"stored", counting(4)};
  EXPECT_EQ(run(), exit_code::usage);
  command_.against.clear();
  command_.store = folder_.path("elsewhere");
  EXPECT_EQ(run(), exit_code::findings);
}

}  // namespace
}  // namespace tocsin::cli
