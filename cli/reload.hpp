// `tocsin reload`: the running daemon reads its packs and options again, and says what came of it.
// Threads:   main thread
// Errors:    exit 3 when the new packs are refused, 4 when nobody answers, 5 without permission
// Tested by: tests/cli/reload_test.cpp, tests/e2e/reload_test.py
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

// What the daemon says of a reading of its configuration.
struct ReloadAnswer {
  bool done = false;
  bool changed = false;
  std::uint64_t rules = 0;
  base::Errors errors;
  std::vector<std::string> notes;
};
// Nothing when it is not the daemon's JSON.
[[nodiscard]] std::optional<ReloadAnswer> parse_reload(std::string_view json);

[[nodiscard]] int run_reload(const ReloadCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
