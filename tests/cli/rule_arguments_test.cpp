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
  EXPECT_EQ(parsed<TestCommand>({"test", "a"}).paths, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace tocsin::cli
