// `tocsin search --follow`: events as the running daemon stores them.
// Path:      query -> control socket -> rows, as text -> stdout
// Threads:   main thread
// Errors:    exit codes of commands.hpp; the daemon's own words on stderr
// Tested by: tests/cli/follow_test.cpp, tests/e2e/http_search_test.py
#pragma once

#include <string>

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

// Until the daemon ends it, or as many rows came as were asked for. The query is right.
[[nodiscard]] int follow_events(const SearchCommand& command, const Streams& streams);
// What is asked of the daemon.
[[nodiscard]] std::string follow_target(const SearchCommand& command);

}  // namespace tocsin::cli
