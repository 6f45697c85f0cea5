#include "cli/explain_at.hpp"

#include "cli/explain.hpp"
#include "cli/replay.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

class ExplainAtTest : public testing::Test {
 protected:
  ExplainAtTest() {
    std::string log;
    for (int i = 0; i < 3; ++i)
      log += "Nov 20 22:40:0" + std::to_string(i) +
             " web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2\n";
    ReplayCommand replay;
    replay.files = {folder_.write("auth.log", log)};
    replay.store = folder_.path("store");
    replay.year = 2026;
    Captured captured;
    EXPECT_EQ(run_replay(replay, captured.streams()), exit_code::ok) << captured.err();
    command_.store = replay.store;
    command_.rule = "ssh_brute_force_user";
    command_.group = {"user.name=bob"};
    command_.at = "2026-11-20T22:41:00Z";
  }
  int run() {
    Captured captured;
    const int code = run_explain(command_, captured.streams());
    out_ = captured.out();
    err_ = captured.err();
    return code;
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
  ExplainCommand command_;
  std::string out_, err_;
};

TEST_F(ExplainAtTest, BelowTheThreshold) {
  EXPECT_EQ(run(), exit_code::ok) << err_;
  EXPECT_NE(out_.find("verdict  not fired: 3 detections, at least 5 asked for\n"),
            std::string::npos)
      << out_;
  command_.json = true;
  EXPECT_EQ(run(), exit_code::ok) << err_;
  EXPECT_NE(out_.find(R"("counted":3,)"), std::string::npos) << out_;
}

TEST_F(ExplainAtTest, WhatCannotBeAskedIsAMistakeOfUsage) {
  const auto refused = [this](std::string_view part) {
    EXPECT_EQ(run(), exit_code::usage) << err_;
    EXPECT_NE(err_.find(part), std::string::npos) << err_;
  };
  command_.at = "yesterday";
  refused("`yesterday` is no time");
  command_.at = "2026-11-21T22:41:00Z";
  refused("engine-20: the log has nothing of 2026-11-21");
  command_.at = "2026-11-20T22:41:00Z";
  command_.group = {"bob"};
  refused("--group bob: write NAME=VALUE");
  command_.group = {"user.name=a", "user.name=b"};
  refused("--group user.name is given twice");
  command_.group = {"user=bob"};
  refused("engine-21: the rule has no group by `user`: it groups by user.name");
  command_.group = {"user.name=bob"};
  command_.rule = "ssh_brute_force_usr";
  refused("did you mean ssh_brute_force_user?");
}

TEST_F(ExplainAtTest, AStoreThatIsNotThere) {
  command_.store = folder_.path("none");
  EXPECT_EQ(run(), exit_code::findings);
  EXPECT_NE(err_.find("store-"), std::string::npos) << err_;
}

constexpr const char* own =
    "title: Burst of failures\nid: 77777777-3333-4333-8333-333333333333\nname: own_burst\n"
    "correlation:\n  type: event_count\n  rules: [ssh_failed_password]\n  group-by: [user.name]\n"
    "  timespan: 1m\n  condition: {gte: 3}\nlevel: high\n";

TEST_F(ExplainAtTest, ARuleOfAFileThatWasNotInForce) {
  command_.rule = folder_.write("own.yml", own);
  command_.at = "2026-11-20T22:40:02Z";
  EXPECT_EQ(run(), exit_code::ok) << err_;
  EXPECT_NE(out_.find("by       today's packs: the rule was not in force then\n"),
            std::string::npos)
      << out_;
  EXPECT_NE(out_.find("verdict  fired: 3 detections"), std::string::npos) << out_;
  command_.packs.rules = {command_.rule};
  command_.rule = "own_burst";
  EXPECT_EQ(run(), exit_code::ok) << err_;
  command_.rule = folder_.write("bad.yml", "title: Bad\n");
  EXPECT_EQ(run(), exit_code::invalid) << err_;
}

TEST_F(ExplainAtTest, AFileThatSaysWhatWasInForceIsThat) {
  command_.rule = tocsin::source_folder() + "/rules/packs/linux/ssh_brute_force_user.yml";
  EXPECT_EQ(run(), exit_code::ok) << err_;
  EXPECT_NE(out_.find("by       the packs in force then, from event 1 on\n"), std::string::npos)
      << out_;
}

}  // namespace
}  // namespace tocsin::cli
