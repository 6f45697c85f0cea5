// Every command with its options, as plain values: what manual pages and completions are made of.
// Path:      the parser's own tree (cli/arguments) -> CommandNode -> cli/manual, cli/completion
// Threads:   values
// Tested by: tests/cli/command_tree_test.cpp
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace tocsin::cli {

struct OptionNode {
  std::vector<std::string> names;    // "-o", "--output"; of a positional its one name, "FILE"
  std::string value;                 // DIR, FILE, N ...; empty for a flag
  std::vector<std::string> choices;  // words that it takes; empty for any
  std::string sentence;
  bool positional = false;
  bool required = false;
};

struct CommandNode {
  std::string path;  // "tocsin alerts list"
  std::string sentence;
  std::string footer;  // as --help ends: paragraphs, and examples that are set in
  std::vector<OptionNode> options;
  std::vector<CommandNode> commands;

  [[nodiscard]] std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

// What the parser knows of `app` and all commands below it.
[[nodiscard]] CommandNode describe_command(const CLI::App& app, const std::string& above = {});

// What an option's value is, for who completes it.
enum class ValueKind { none, word, file, folder, other };
[[nodiscard]] ValueKind kind_of_value(const OptionNode& option);

}  // namespace tocsin::cli
