// `tocsin rules`: which rules there are, and over logs how often each is met and what it costs.
// Threads:   main thread
// Errors:    exit 3 when packs have errors, 1 when a log file could not be read to its end
// Tested by: tests/cli/rules_test.cpp, tests/cases/cli/rules.case
#pragma once

#include <string>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/streams.hpp"
#include "event/logsource.hpp"

namespace tocsin::cli {

// Whether each part of "windows/process_creation", in any order, is one of the log source.
[[nodiscard]] bool is_of(const event::Logsource& logsource, std::string_view words);
[[nodiscard]] int run_rules(const RulesCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
