// `tocsin verify`: recompute all alerts of a store from its log, and compare.
// Threads:   main thread; the engine has its own
// Errors:    exit 1 on a difference; messages on stderr
// Tested by: tests/cli/verify_test.cpp, tests/e2e/replay_test.py
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_verify(const VerifyCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
