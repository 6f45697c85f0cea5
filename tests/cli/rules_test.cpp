#include "cli/rules.hpp"

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

std::string rule(const std::string& title, const std::string& digit, const std::string& more) {
  return "---\ntitle: " + title + "\nid: 33333333-3333-4333-8333-33333333333" + digit +
         "\nauthor: Somebody\n" + more + "detection: {sel: {user.name: bob}, condition: sel}\n";
}

class RulesTest : public testing::Test {
 protected:
  RulesTest() {
    command_.packs.default_rules = false;
    command_.packs.rules = {folder_.write(
        "r.yml",
        rule("One", "1",
             "level: low\ntags: [attack.t1110.003]\nlogsource: {product: linux, service: sshd}\n") +
            rule("Two", "2", "level: high\ntags: [attack.t1110]\nlogsource: {product: linux}\n") +
            rule("Three", "3", "level: medium\nlogsource: {product: windows, category: x}\n"))};
  }
  // The titles, in order.
  std::string titles() {
    command_.json = true;
    Captured captured;
    EXPECT_EQ(run_rules(command_, captured.streams()), exit_code::ok) << captured.err();
    std::string out, text = captured.out();
    const std::string key = "\"title\":\"";
    for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
      const std::size_t begin = at + key.size();
      out += text.substr(begin, text.find('"', begin) - begin) + " ";
    }
    return out;
  }

  const OwnPacks packs_;
  const TemporaryFolder folder_;
  RulesCommand command_;
};

TEST_F(RulesTest, AreListedByLevelAndChosenByEachOfTheirTraits) {
  EXPECT_EQ(titles(), "Two Three One ");
  command_.level = "medium";
  EXPECT_EQ(titles(), "Two Three ");
  command_.level.clear();
  command_.tag = "attack.t1110";
  EXPECT_EQ(titles(), "Two One ");
  command_.tag = "attack.t111";
  EXPECT_EQ(titles(), "");
  command_.tag.clear();
  command_.logsource = "linux";
  EXPECT_EQ(titles(), "Two One ");
  command_.logsource = "sshd/linux";
  EXPECT_EQ(titles(), "One ");
}

TEST_F(RulesTest, OverLogsTheMostMetComeFirst) {
  command_.events = {
      folder_.write("auth.log",
                    "Nov 20 22:40:01 web01 sshd[811]: Accepted password for bob from "
                    "203.0.113.7 port 50022 ssh2\n"
                    "Nov 20 22:40:02 web01 sudo[1]: hello\n")};
  command_.year = 2026;
  Captured captured;
  EXPECT_EQ(run_rules(command_, captured.streams()), exit_code::ok) << captured.err();
  EXPECT_TRUE(captured.out().starts_with("hits  evaluated/M  ns/event  level ")) << captured.out();
  EXPECT_EQ(captured.err(), "3 of 3 rules over 2 events, costs over 2 of them\n");
  EXPECT_EQ(titles(), "Two One Three ");
  command_.events = {folder_ / "none.log"};
  Captured missing;
  EXPECT_EQ(run_rules(command_, missing.streams()), exit_code::findings);
}

}  // namespace
}  // namespace tocsin::cli
