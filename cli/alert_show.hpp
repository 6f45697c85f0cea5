// `tocsin alerts show`: alerts whole, with all that people did about them.
// Threads:   main thread
// Errors:    exit codes of commands.hpp; messages on stderr
// Tested by: tests/cli/alert_show_test.cpp
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int show_alerts(const AlertsCommand& command, const Streams& streams);

}  // namespace tocsin::cli
