// `tocsin alerts ack`, `close`, `comment` and the like: through the daemon, or, where there is
// none, in the store itself.
// Threads:   main thread
// Errors:    exit codes of commands.hpp; a refused change is told, the others are made
// Tested by: tests/cli/alert_changes_test.cpp, tests/e2e/alerts_test.py
#pragma once

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/streams.hpp"

#include <vector>

namespace tocsin::cli {

[[nodiscard]] int change_alerts(const AlertsCommand& command, const Streams& streams);

// What is asked for each alert, in order. An error: the words do not say it.
[[nodiscard]] base::Result<std::vector<event::ChangeRequest>> requests_of(
    const AlertsCommand& command);

}  // namespace tocsin::cli
