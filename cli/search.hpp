// `tocsin search`: events of a store by a query, without a daemon or beside one.
// Threads:   main thread; the search itself uses as many as it is told
// Errors:    exit codes of commands.hpp; messages on stderr; a query's mistake shows its place
// Tested by: tests/cli/search_test.cpp
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_search(const SearchCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
