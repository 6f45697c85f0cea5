#include "cli/command_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/arguments.hpp"

namespace tocsin::cli {
namespace {

const CommandNode& command(const CommandNode& root, const std::string& name) {
  return *std::ranges::find_if(root.commands,
                               [&](const CommandNode& node) { return node.name() == name; });
}

const OptionNode& option(const CommandNode& node, const std::string& name) {
  return *std::ranges::find_if(node.options, [&](const OptionNode& one) {
    return std::ranges::find(one.names, name) != one.names.end();
  });
}

TEST(CommandTreeTest, CommandsOptionsAndTheirValuesAreThere) {
  const CommandNode root = all_commands();
  EXPECT_EQ(root.path, "tocsin");
  EXPECT_EQ(command(command(root, "alerts"), "list").path, "tocsin alerts list");
  const CommandNode& replay = command(root, "replay");
  EXPECT_NE(replay.footer.find("Examples:"), std::string::npos);
  EXPECT_EQ(option(replay, "--store").value, "DIR");
  EXPECT_EQ(kind_of_value(option(replay, "--store")), ValueKind::folder);
  EXPECT_EQ(kind_of_value(option(replay, "--config")), ValueKind::file);
  EXPECT_EQ(kind_of_value(option(replay, "--json")), ValueKind::none);
  EXPECT_EQ(kind_of_value(option(replay, "--year")), ValueKind::other);
  EXPECT_TRUE(option(replay, "FILE").positional);
  EXPECT_TRUE(option(replay, "FILE").required);
  const OptionNode& format = option(replay, "--format");
  EXPECT_EQ(kind_of_value(format), ValueKind::word);
  EXPECT_NE(std::ranges::find(format.choices, "json-lines"), format.choices.end());
  EXPECT_EQ(option(command(root, "coverage"), "-o").names,
            (std::vector<std::string>{"-o", "--output"}));
}

TEST(CommandTreeTest, EveryOptionSaysWhatItIsFor) {
  std::vector<const CommandNode*> rest;
  const CommandNode root = all_commands();
  rest.push_back(&root);
  while (!rest.empty()) {
    const CommandNode& node = *rest.back();
    rest.pop_back();
    EXPECT_FALSE(node.sentence.empty()) << node.path;
    for (const OptionNode& one : node.options)
      EXPECT_FALSE(one.sentence.empty()) << node.path << " " << one.names.front();
    for (const CommandNode& below : node.commands) rest.push_back(&below);
  }
}

}  // namespace
}  // namespace tocsin::cli
