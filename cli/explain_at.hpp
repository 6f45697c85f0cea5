// `tocsin explain --at`: why a correlation did or did not fire for a group, from a store.
// Path:      store, rule, group, time -> engine::explain -> text or JSON
// Threads:   main thread; the engine has its own
// Errors:    exit 2 for a rule, group or time that there is not; 1 for a store that cannot be read;
//            3 for packs with errors; messages on stderr
// Tested by: tests/cli/explain_at_test.cpp, tests/cases/cli/explain_at.case
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_explain_at(const ExplainCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
