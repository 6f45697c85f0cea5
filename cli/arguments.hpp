// Reads the command line.
// Path:      argv -> Command, or a text to print and an exit code
// Threads:   one
// Errors:    usage: the text says what is wrong and where help is
// Tested by: tests/cli/arguments_test.cpp
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/command_tree.hpp"
#include "cli/commands.hpp"

namespace tocsin::cli {

// Nothing to run: help, version, or a mistake.
struct Answer {
  int code = exit_code::ok;
  std::string text;  // on stdout when code is ok, else on stderr
};

[[nodiscard]] std::variant<Command, Answer> parse_arguments(
    const std::vector<std::string>& arguments);

// Every command that there is.
[[nodiscard]] CommandNode all_commands();

}  // namespace tocsin::cli
