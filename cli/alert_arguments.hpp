// The words of `tocsin alerts` and its commands.
// Threads:   one
// Errors:    those of the parser, for arguments.hpp to tell
// Tested by: tests/cli/alert_arguments_test.cpp
#pragma once

#include "cli/commands.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace tocsin::cli {

// list, show, ack, progress, close, reopen, assign, comment, tag.
void add_alerts(CLI::App& root, AlertsCommand& out);

}  // namespace tocsin::cli
