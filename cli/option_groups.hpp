// Options that several commands have alike.
// Threads:   one
// Errors:    those of the parser, for arguments.hpp to tell
// Tested by: tests/cli/option_groups_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace tocsin::cli {

// One value each time: what follows it is a file, not one more of them.
void add_paths(CLI::App& app, const char* name, std::vector<std::string>& paths,
               const char* sentence);
void add_decoders(CLI::App& app, PackArguments& packs);
void add_lists(CLI::App& app, std::vector<std::string>& lists);
// --rules, --decoders, --lists, --no-default-rules.
void add_packs(CLI::App& app, PackArguments& packs);
void add_json(CLI::App& app, bool& json);
// --socket, --config: by which a command finds the daemon.
void add_socket(CLI::App& app, std::string& socket, std::string& config);
// --year, --tz, --format.
void add_time(CLI::App& app, std::optional<std::int64_t>& year, std::string& zone,
              std::string& format);

}  // namespace tocsin::cli
