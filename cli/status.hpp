// `tocsin status`: what the running daemon says of itself, through its control socket.
// Threads:   main thread
// Errors:    exit 4 when nobody answers, 5 without permission
// Tested by: tests/cli/status_test.cpp, tests/e2e/daemon_test.py
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

// The daemon that a command speaks to: the socket that was named, else the configuration's.
[[nodiscard]] base::Result<std::string> daemon_socket(std::string socket,
                                                      const std::string& config);
// For people: the same as the JSON says, in lines. Empty when it is not the daemon's JSON.
[[nodiscard]] std::string status_text(std::string_view json);
[[nodiscard]] int run_status(const StatusCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
