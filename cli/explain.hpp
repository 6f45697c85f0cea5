// `tocsin explain`: why an event meets a rule or not, leaf by leaf.
// Path:      a rule and lines or files -> the rule's condition as a tree, with the event's values
// Threads:   main thread
// Errors:    exit 2 when no rule is meant, 3 when packs have errors; messages on stderr
// Tested by: tests/cli/explain_test.cpp, tests/cases/cli/explain.case
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_explain(const ExplainCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
