#include "cli/rule_arguments.hpp"

#include <gtest/gtest.h>

#include "cli/arguments.hpp"

namespace tocsin::cli {
namespace {

template <typename T>
T parsed(const std::vector<std::string>& arguments) {
  auto result = parse_arguments(arguments);
  if (const auto* answer = std::get_if<Answer>(&result)) {
    ADD_FAILURE() << answer->text;
    return {};
  }
  return std::get<T>(std::get<Command>(result));
}

TEST(RuleArgumentsTest, ExplainTakesARuleAndEvents) {
  const auto command = parsed<ExplainCommand>(
      {"explain", "--rules", "a", "my_rule", "one", "two", "--file", "x", "--file", "y", "--json"});
  EXPECT_EQ(command.rule, "my_rule");
  EXPECT_EQ(command.lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(command.files, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(command.packs.rules, std::vector<std::string>{"a"});
  EXPECT_TRUE(command.json);
}

TEST(RuleArgumentsTest, CheckAndTestTakePaths) {
  EXPECT_EQ(parsed<CheckCommand>({"check", "a", "b"}).paths, (std::vector<std::string>{"a", "b"}));
  const auto check = parsed<CheckCommand>({"check", "--strict", "--no-lint", "a"});
  EXPECT_TRUE(check.strict);
  EXPECT_FALSE(check.lint);
  const auto test = parsed<TestCommand>({"test", "--junit", "x.xml", "a"});
  EXPECT_EQ(test.paths, std::vector<std::string>{"a"});
  EXPECT_EQ(test.junit, "x.xml");
}

TEST(RuleArgumentsTest, RulesAndCoverageTakeWhatChoosesRules) {
  const auto rules = parsed<RulesCommand>({"rules", "--logsource", "linux/sshd", "--level", "high",
                                           "--tag", "attack.t1", "--events", "a", "--events", "b"});
  EXPECT_EQ(rules.logsource, "linux/sshd");
  EXPECT_EQ(rules.level, "high");
  EXPECT_EQ(rules.tag, "attack.t1");
  EXPECT_EQ(rules.events, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parsed<CoverageCommand>({"coverage", "-o", "l.json"}).output, "l.json");
}

}  // namespace
}  // namespace tocsin::cli
