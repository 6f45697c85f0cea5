// `tocsin store check|backup|restore|salvage`.
// Threads:   main thread
// Errors:    exit 1 when something is wrong with the store, 4 when its daemon does not answer, 5
//            without permission
// Tested by: tests/cli/store_test.cpp, tests/e2e/backup_test.py
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_store(const StoreCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
