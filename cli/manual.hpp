// The manual pages, made from what --help and the reference of options are made of.
// Path:      CommandNode, rows of options -> troff, a page a command
// Threads:   pure functions
// Source:    man(7); section 1 commands, 5 the configuration, 8 the daemon
// Tested by: tests/cli/manual_test.cpp, tests/e2e/package_test.py
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/options.hpp"
#include "cli/command_tree.hpp"

namespace tocsin::cli {

struct ManualPage {
  std::string name;  // "tocsin-replay"
  int section = 1;
  std::string text;
};

// tocsin(1), and a page for each of its commands: run in section 8, the others in 1.
[[nodiscard]] std::vector<ManualPage> command_manuals(const CommandNode& root,
                                                      std::string_view version);

struct OptionGroup {
  std::string_view title;
  std::span<const base::OptionInfo> options;
};
// tocsin.yaml(5).
[[nodiscard]] ManualPage configuration_manual(std::span<const OptionGroup> groups,
                                              std::string_view version);

}  // namespace tocsin::cli
