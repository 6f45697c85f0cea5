// The command line of what operators do to a store: check, backup, restore, salvage.
// Threads:   one
// Errors:    those of the parser, for arguments.hpp to tell
// Tested by: tests/cli/store_arguments_test.cpp
#pragma once

#include "cli/commands.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace tocsin::cli {

void add_store(CLI::App& root, StoreCommand& out);

}  // namespace tocsin::cli
