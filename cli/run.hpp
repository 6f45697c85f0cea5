// `tocsin run`: the daemon, its signals, its HTTP server.
// Threads:   main thread runs the pipeline; one thread waits for signals
// Errors:    exit 3 configuration or packs, 5 permission, 1 anything else that keeps it from
//           running
// Tested by: tests/cli/run_test.cpp, tests/e2e/daemon_test.py
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_daemon(const RunCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
