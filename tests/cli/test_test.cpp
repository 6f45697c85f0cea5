#include "cli/test.hpp"

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

// A rule for root's logins and one test of it, whose expectation is `fires`.
std::string rule(const std::string& fires) {
  return "title: Root logs in\nid: 33333333-3333-4333-8333-333333333333\n"
         "logsource: {product: linux, service: sshd}\n"
         "detection:\n  selection: {user.name: root}\n  condition: selection\nlevel: high\n"
         "tocsin:\n  tests:\n    - name: a login\n      lines:\n"
         "        - 'Nov 20 22:40:01 web01 sshd[811]: Failed password for root from 203.0.113.7 "
         "port 50022 ssh2'\n" +
         fires;
}

class TestTest : public testing::Test {
 protected:
  TestCommand command(const std::string& text) {
    TestCommand out;
    out.packs.default_rules = false;
    out.paths = {folder_.write("rule.yml", text)};
    return out;
  }
  OwnPacks packs_;
  TemporaryFolder folder_;
};

TEST_F(TestTest, AnExampleThatHoldsIsCounted) {
  Captured captured;
  EXPECT_EQ(run_test(command(rule("      alerts: 1\n")), captured.streams()), exit_code::ok)
      << captured.out() << captured.err();
  EXPECT_EQ(captured.out(), "");
  EXPECT_EQ(captured.err(), "1 test, 0 failed\n");
}

TEST_F(TestTest, AnExampleThatDoesNotHoldIsToldWithItsPlace) {
  TestCommand asked = command(rule("      alerts: 0\n"));
  Captured text, json;
  EXPECT_EQ(run_test(asked, text.streams()), exit_code::findings);
  EXPECT_NE(text.out().find("rule.yml:10: Root logs in: a login: "), std::string::npos)
      << text.out();
  EXPECT_EQ(text.err(), "1 test, 1 failed\n");
  asked.json = true;
  EXPECT_EQ(run_test(asked, json.streams()), exit_code::findings);
  EXPECT_NE(json.out().find("\"test\":\"a login\""), std::string::npos) << json.out();
  EXPECT_NE(json.out().find("\"passed\":false,\"failures\":[\""), std::string::npos);
}

TEST_F(TestTest, ResultsAreAlsoWrittenForContinuousIntegration) {
  TestCommand asked = command(rule("      alerts: 0\n"));
  asked.junit = folder_ / "results.xml";
  Captured captured, ill;
  EXPECT_EQ(run_test(asked, captured.streams()), exit_code::findings);
  const std::string xml = read_file(asked.junit);
  EXPECT_NE(xml.find("<testsuites name=\"tocsin test\" tests=\"1\" failures=\"1\""),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("<failure message=\""), std::string::npos) << xml;
  asked.junit = folder_ / "none/results.xml";
  EXPECT_EQ(run_test(asked, ill.streams()), exit_code::findings);
  EXPECT_NE(ill.err().find("cli-5"), std::string::npos) << ill.err();
}

TEST_F(TestTest, RulesWithoutATestAreCounted) {
  Captured captured;
  EXPECT_EQ(run_test(command("title: None\nlogsource: {product: linux}\n"
                             "detection: {sel: {a: b}, condition: sel}\n"),
                     captured.streams()),
            exit_code::ok);
  EXPECT_EQ(captured.err(), "0 tests, 0 failed; 1 rule without a test\n");
}

TEST_F(TestTest, RulesWithErrorsAreNotTried) {
  Captured captured;
  EXPECT_EQ(run_test(command("title: Bad\n"), captured.streams()), exit_code::invalid);
  EXPECT_NE(captured.err().find("rules-2"), std::string::npos) << captured.err();
}

}  // namespace
}  // namespace tocsin::cli
