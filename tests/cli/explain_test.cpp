#include "cli/explain.hpp"

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* refused =
    "Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2";
constexpr const char* accepted =
    "Nov 20 22:40:02 web01 sshd[811]: Accepted password for root from 203.0.113.7 port 50022 ssh2";

constexpr const char* own_rule =
    "title: Root fails\nid: 33333333-3333-4333-8333-333333333333\n"
    "logsource: {product: linux, service: sshd}\n"
    "detection:\n  selection:\n    user.name: root\n    event.outcome: failure\n"
    "  condition: selection\nlevel: high\n";

class ExplainCommandTest : public testing::Test {
 protected:
  int run(std::string rule, std::vector<std::string> lines, std::string_view input = {}) {
    ExplainCommand command;
    command.rule = std::move(rule);
    command.lines = std::move(lines);
    command.year = 2026;
    command.json = json_;
    command.files = files_;
    Captured captured(input);
    const int code = run_explain(command, captured.streams());
    out_ = captured.out();
    err_ = captured.err();
    return code;
  }
  [[nodiscard]] bool says(std::string_view text) const {
    return out_.find(text) != std::string::npos;
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
  bool json_ = false;
  std::vector<std::string> files_;
  std::string out_, err_;
};

TEST_F(ExplainCommandTest, ARuleByNameIsHeldAgainstEachLine) {
  EXPECT_EQ(run("ssh_failed_password", {refused, accepted}), exit_code::ok) << err_;
  EXPECT_TRUE(says("yes  log source linux/sshd\n")) << out_;
  EXPECT_TRUE(says("yes    event.outcome is 'failure'\n         it is 'failure'\n")) << out_;
  EXPECT_TRUE(says("no     event.outcome is 'failure'   <- differs\n         it is 'success'\n"))
      << out_;
  EXPECT_EQ(err_, "2 events, 1 met\n");
  EXPECT_EQ(out_.find('\x1b'), std::string::npos) << "no colour where there is no terminal";
}

TEST_F(ExplainCommandTest, ARuleFileAndEventsFromStandardInputOrAFile) {
  const std::string path = folder_.write("rule.yml", own_rule);
  EXPECT_EQ(run(path, {}, std::string(refused) + "\n"), exit_code::ok) << err_;
  EXPECT_TRUE(says("not met: one leaf differs: user.name is 'root'\n")) << out_;
  files_ = {folder_.write("auth.log", std::string(accepted) + "\n")};
  EXPECT_EQ(run(path, {}), exit_code::ok) << err_;
  EXPECT_TRUE(says("not met: one leaf differs: event.outcome is 'failure'\n")) << out_;
}

TEST_F(ExplainCommandTest, AFileOfTheDefaultPacksIsNoDoubleOfItself) {
  const std::string path = tocsin::source_folder() + "/rules/packs/linux/ssh_failed_password.yml";
  EXPECT_EQ(run(path, {refused}), exit_code::ok) << err_;
  EXPECT_EQ(err_, "1 event, 1 met\n");
}

// A process that Windows' Security log reports is met under that log's names.
TEST_F(ExplainCommandTest, WhatAMappingPackMakesOfARuleIsExplained) {
  const std::string path = folder_.write(
      "rule.yml",
      "title: Whoami\nid: 44444444-3333-4333-8333-333333333333\n"
      "logsource: {product: windows, category: process_creation}\n"
      "detection:\n  selection:\n    Image|endswith: '\\whoami.exe'\n  condition: selection\n");
  const auto process = [](const std::string& name) {
    return R"({"Channel":"Security","EventID":4688,"NewProcessName":"C:\\Windows\\)" + name + "\"}";
  };
  EXPECT_EQ(run(path, {process("whoami.exe"), process("cmd.exe")}), exit_code::ok) << err_;
  EXPECT_TRUE(says("yes  log source windows/security, by a mapping pack\n")) << out_;
  EXPECT_TRUE(says("NewProcessName ends with '\\whoami.exe'\n")) << out_;
  EXPECT_TRUE(says("not met: one leaf differs: NewProcessName ends with '\\whoami.exe'\n")) << out_;
  EXPECT_EQ(err_, "2 events, 1 met\n");
}

TEST_F(ExplainCommandTest, AnotherLogSourceIsSaidBesideTheCondition) {
  EXPECT_EQ(run("ssh_failed_password", {"Nov 20 22:40:01 web01 cron[5]: hello"}), exit_code::ok);
  EXPECT_TRUE(says("no   log source linux/sshd\n")) << out_;
  EXPECT_TRUE(says("not met: the log source differs; ")) << out_;
}

TEST_F(ExplainCommandTest, ACorrelationSaysWhichOfItsRulesAreMetAndTheGroup) {
  EXPECT_EQ(run("ssh_brute_force_user", {refused, accepted}), exit_code::ok) << err_;
  EXPECT_TRUE(says("a correlation, event_count, over 1 rule\n")) << out_;
  EXPECT_TRUE(says("met by this event: 1 of 1 rule\n     group user.name=bob")) << out_;
  EXPECT_TRUE(says("met by this event: 0 of 1 rule\n")) << out_;
}

TEST_F(ExplainCommandTest, AsJson) {
  json_ = true;
  EXPECT_EQ(run("ssh_failed_password", {accepted}), exit_code::ok) << err_;
  EXPECT_TRUE(out_.starts_with(
      R"({"event":1,"time":"2026-11-20T22:40:02.000000000Z","event_logsource":["linux/sshd",)"))
      << out_;
  EXPECT_TRUE(says(R"("logsource_fits":true,"condition_met":false,"met":false,"differ":[)"))
      << out_;
  EXPECT_TRUE(says(R"("field":"event.outcome","event":["success"])")) << out_;
}

TEST_F(ExplainCommandTest, ARuleThatThereIsNotIsAMistakeOfUsage) {
  EXPECT_EQ(run("ssh_failed_pasword", {refused}), exit_code::usage);
  EXPECT_EQ(err_,
            "tocsin explain: no rule has the id or name `ssh_failed_pasword`; did you mean "
            "ssh_failed_password?\n");
  EXPECT_EQ(run(folder_.write("bad.yml", "title: Bad\n"), {refused}), exit_code::invalid);
  EXPECT_NE(err_.find("rules-2"), std::string::npos) << err_;
}

}  // namespace
}  // namespace tocsin::cli
