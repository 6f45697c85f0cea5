// The command line of what rule authors use: check, test, explain, backtest,
// rules, coverage.
// Threads:   one
// Errors:    those of the parser, for arguments.hpp to tell
// Tested by: tests/cli/rule_arguments_test.cpp
#pragma once

#include <optional>

#include "cli/commands.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace tocsin::cli {

// Their values, which live as long as the parsing.
struct RuleCommands {
  CheckCommand check;
  TestCommand test;
  ExplainCommand explain;
  BacktestCommand backtest;
  RulesCommand rules;
  CoverageCommand coverage;
};

void add_rule_commands(CLI::App& root, RuleCommands& out);
// The one that was given, after the parsing.
[[nodiscard]] std::optional<Command> chosen_rule_command(const CLI::App& root,
                                                         RuleCommands& values);

}  // namespace tocsin::cli
