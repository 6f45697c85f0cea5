// What each command was asked to do: plain values, filled by arguments.hpp.
// Threads:   values
// Tested by: tests/cli/commands_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "event/life_cycle.hpp"

namespace tocsin::cli {

// Exit codes, the same for every command (cli/README.md).
namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int findings = 1;  // it ran, and found something wrong
inline constexpr int usage = 2;
inline constexpr int invalid = 3;  // configuration, rules or decoders
inline constexpr int no_daemon = 4;
inline constexpr int permission = 5;
}  // namespace exit_code

// Which packs a command works with.
struct PackArguments {
  std::vector<std::string> rules;
  std::vector<std::string> decoders;
  std::vector<std::string> lists;
  std::vector<std::string> mappings;
  bool default_rules = true;
  // A folder, auto, or empty for none.
  std::optional<std::string> cache = std::nullopt;
  // Rule files that take the place of any with the same ids, named above or default.
  std::vector<std::string> replacing = {};
};

struct ReplayCommand {
  PackArguments packs;
  std::vector<std::string> files;
  bool reads_input = false;  // one of them is -
  std::string store;
  std::size_t threads = 0;
  std::size_t shards = 0;
  bool detections = false;
  bool lockouts = false;
  bool json = false;
  bool stats = false;
  bool sequential = false;
  std::optional<std::int64_t> year;
  std::string zone = "UTC";
  std::string format = "auto";
  std::size_t batch_bytes = 0;  // 0: the default
  std::string config;
};

struct RunCommand {
  std::string config;
  bool check = false;
  bool json = false;
};

struct CheckCommand {
  std::vector<std::string> paths;
  std::vector<std::string> lists;
  bool json = false;
  bool lint = true;
  bool strict = false;
};

struct DecodeCommand {
  PackArguments packs;
  std::vector<std::string> lines;
  bool json = false;
  bool join = false;
  std::optional<std::int64_t> year;
  std::string zone = "UTC";
  std::string format = "auto";
};

struct AlertsCommand {
  enum class What : std::uint8_t { list, show, change };
  What what = What::list;
  std::string store;
  std::string rule;
  std::string from;
  std::string to;
  std::string status;
  std::string assignee;
  std::string tag;
  std::string entity;
  bool lockouts = false;
  bool json = false;
  // Of show and of what changes alerts.
  std::vector<std::string> ids;
  event::AlertAction action = event::AlertAction::comment;
  std::string reason;
  bool nobody = false;  // takes it from whoever has it
  std::vector<std::string> add_tags;
  std::vector<std::string> remove_tags;
  std::string text;
  std::string socket;
  std::string config;
};

struct SearchCommand {
  std::string query;
  std::string store;
  std::string from;
  std::string to;
  std::string last;    // a duration before now
  std::string fields;  // names, with commas
  std::string format = "table";
  std::uint64_t limit = 0;
  std::size_t threads = 0;
  bool stats = false;
  bool follow = false;
  std::string socket;  // of follow
  std::string config;
};

struct VerifyCommand {
  std::string store;
  std::size_t threads = 0;
  bool json = false;
  std::size_t shards = 0;
};

struct StoreCommand {
  enum class Action : std::uint8_t { check, backup, restore, salvage };
  Action action = Action::check;
  std::string store;
  std::string other;  // the backup, or where the salvaged store goes
  std::string socket;
  std::string config;
  bool json = false;
};

struct StatusCommand {
  std::string socket;
  std::string config;
  bool json = false;
};

struct ConfigCommand {
  enum class What : std::uint8_t { show, check, diff };
  What what = What::show;
  std::string config;
  bool json = false;
};

struct DoctorCommand {
  std::string config;
  bool json = false;
};

struct ReloadCommand {
  std::string socket;
  std::string config;
  bool json = false;
};

struct TestCommand {
  PackArguments packs;
  std::vector<std::string> paths;
  std::string junit;  // file
  bool json = false;
};

struct ExplainCommand {
  PackArguments packs;
  std::string rule;  // id, name or file
  std::vector<std::string> lines;
  std::vector<std::string> files;
  bool all = false;
  bool json = false;
  std::optional<std::int64_t> year;
  std::string zone = "UTC";
  std::string format = "auto";
  // Of a correlation in a store: the window of a group at a time.
  std::string at;
  std::vector<std::string> group;  // NAME=VALUE
  std::string store;
  std::size_t show = 20;  // events
  bool whole = false;
  std::size_t threads = 0;
};

struct BacktestCommand {
  std::vector<std::string> rules;    // files, folders, ids or names
  std::vector<std::string> against;  // files or folders, or `stored`
  std::string store;
  std::string from;
  std::string to;
  std::string last;  // a duration before now
  std::uint64_t limit = 5;
  std::size_t max_alerts = 100'000;
  std::size_t threads = 0;
  std::string config;
  bool json = false;
};

struct RulesCommand {
  PackArguments packs;
  std::string logsource;
  std::string level;
  std::string tag;
  std::vector<std::string> events;  // log files
  bool json = false;
  std::optional<std::int64_t> year;
  std::string zone = "UTC";
  std::string format = "auto";
};

struct CoverageCommand {
  PackArguments packs;
  std::string output;  // file; empty: stdout
  std::string name = "Tocsin";
};

struct DocsCommand {
  std::string write;  // the root of a checkout; empty: print
  bool check = false;
  std::string page;
  std::string install = {};  // a folder such as /usr/share
};

using Command = std::variant<ReplayCommand, RunCommand, CheckCommand, DecodeCommand, AlertsCommand,
                             VerifyCommand, StatusCommand, TestCommand, DocsCommand, ExplainCommand,
                             RulesCommand, CoverageCommand, ReloadCommand, StoreCommand,
                             SearchCommand, ConfigCommand, DoctorCommand, BacktestCommand>;

}  // namespace tocsin::cli
