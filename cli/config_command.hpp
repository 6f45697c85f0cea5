// `tocsin config`: what is in force, what is wrong with it, what differs from the defaults.
// Path:      configuration and what stands beside it -> lines on stdout
// Threads:   main thread
// Errors:    those of the configuration and its packs; exit code 3
// Tested by: tests/cli/config_command_test.cpp, tests/e2e/package_test.py
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_config(const ConfigCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
