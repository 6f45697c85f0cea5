// Completions for bash, zsh and fish, made from the tree of commands.
// Path:      CommandNode -> a script for each shell
// Threads:   pure functions
// Tested by: tests/cli/completion_test.cpp, tests/e2e/package_test.py
#pragma once

#include <string>

#include "cli/command_tree.hpp"

namespace tocsin::cli {

// Each completes commands, options, words that an option takes, files and folders.
[[nodiscard]] std::string bash_completion(const CommandNode& root);
[[nodiscard]] std::string zsh_completion(const CommandNode& root);
[[nodiscard]] std::string fish_completion(const CommandNode& root);

}  // namespace tocsin::cli
