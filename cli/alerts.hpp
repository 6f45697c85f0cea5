// `tocsin alerts`: alerts of a store, without a daemon; what people do about them.
// Threads:   main thread
// Errors:    exit codes of commands.hpp; messages on stderr
// Tested by: tests/cli/alerts_test.cpp, tests/e2e/replay_test.py
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_alerts(const AlertsCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
