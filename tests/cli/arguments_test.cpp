#include "cli/arguments.hpp"

#include <gtest/gtest.h>

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

Answer answered(const std::vector<std::string>& arguments) {
  auto result = parse_arguments(arguments);
  if (!std::holds_alternative<Answer>(result)) {
    ADD_FAILURE() << "a command was understood";
    return {};
  }
  return std::get<Answer>(result);
}

TEST(ArgumentsTest, ReplayTakesPacksFilesAndFlags) {
  const auto command = parsed<ReplayCommand>({"replay", "--rules", "a", "--rules", "b",
                                              "--no-default-rules", "--year", "2025", "--threads",
                                              "2", "--json", "--stats", "x.log", "-"});
  EXPECT_EQ(command.packs.rules, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(command.packs.default_rules);
  EXPECT_EQ(command.year, 2025);
  EXPECT_EQ(command.threads, 2U);
  EXPECT_TRUE(command.json);
  EXPECT_TRUE(command.stats);
  EXPECT_FALSE(command.detections);
  EXPECT_EQ(command.files, (std::vector<std::string>{"x.log", "-"}));
}

TEST(ArgumentsTest, APathOptionTakesOneValueAndTheFilesStayFiles) {
  const auto command = parsed<ReplayCommand>(
      {"replay", "--rules", "a.yml", "x.log", "--decoders", "d.yaml", "y.log", "--rules=b.yml"});
  EXPECT_EQ(command.packs.rules, (std::vector<std::string>{"a.yml", "b.yml"}));
  EXPECT_EQ(command.packs.decoders, std::vector<std::string>{"d.yaml"});
  EXPECT_EQ(command.files, (std::vector<std::string>{"x.log", "y.log"}));
}

TEST(ArgumentsTest, MistakesSayWhatIsWrongAndExitWithTwo) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"replay"},
                                                    {"replay", "--year", "12", "x"},
                                                    {"play"},
                                                    {"check"},
                                                    {"decode", "--format", "csv", "x"}}) {
    const Answer answer = answered(arguments);
    EXPECT_EQ(answer.code, exit_code::usage);
    EXPECT_TRUE(answer.text.starts_with("tocsin")) << answer.text;
  }
}

TEST(ArgumentsTest, HelpTeaches) {
  const Answer answer = answered({"replay", "--help"});
  EXPECT_EQ(answer.code, exit_code::ok);
  EXPECT_NE(answer.text.find("Examples:\n  tocsin replay "), std::string::npos);
  EXPECT_NE(answered({"--version"}).text.find("tocsin 0."), std::string::npos);
}

TEST(ArgumentsTest, AlertsListHasItsOwnOptions) {
  const auto command =
      parsed<AlertsCommand>({"alerts", "list", "--json", "--store", "/s", "--lockouts"});
  EXPECT_EQ(command.store, "/s");
  EXPECT_TRUE(command.json);
  EXPECT_TRUE(command.lockouts);
}

}  // namespace
}  // namespace tocsin::cli
