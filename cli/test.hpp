// `tocsin test`: the examples inside packs.
// Threads:   main thread
// Errors:    exit 1 when one fails, 3 when packs have errors
// Tested by: tests/cli/test_test.cpp, tests/e2e/replay_test.py
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_test(const TestCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
