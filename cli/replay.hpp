// `tocsin replay`: files in, alerts out.
// Threads:   main thread; the engine has its own
// Errors:    exit codes of commands.hpp; messages on stderr
// Tested by: tests/cli/replay_test.cpp, tests/e2e/replay_test.py
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_replay(const ReplayCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
