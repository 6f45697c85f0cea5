// The configuration file: every section read into the options of its folder, all errors at once.
// Path:      /etc/tocsin/tocsin.yaml -> Config -> engine/daemon, console/http
// Threads:   values
// Errors:    base-10 to base-13 options, cli-1 a section of the wrong kind; each file:line:column
// Tested by: tests/cli/config_test.cpp
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/options.hpp"
#include "base/yaml.hpp"
#include "cli/drop_ins.hpp"
#include "console/options.hpp"
#include "engine/daemon.hpp"

namespace tocsin::cli {

struct Config {
  engine::DaemonOptions daemon;
  console::ConsoleOptions console;
};

struct ReadConfig {
  Config config;
  base::Errors errors;
};

// What `tocsin run` does without a file: UDP and TCP on 127.0.0.1:5514, metrics on 127.0.0.1:9514,
// the store under $STATE_DIRECTORY or ~/.local/state/tocsin.
[[nodiscard]] Config default_config();

[[nodiscard]] ReadConfig read_config(const base::SourceText& file);
// Several files as if they were one: an option that is said again takes the later value, inputs and
// channels are merged by name.
[[nodiscard]] ReadConfig read_configs(const std::vector<base::SourceText>& files);

// What is in force: one value as YAML, and where it stands, as {"inputs", "lan", "port"}. Of inputs
// and channels, what differs from their defaults.
struct ConfigValue {
  std::vector<std::string> path;
  std::string value;

  bool operator==(const ConfigValue&) const = default;
};
[[nodiscard]] std::vector<ConfigValue> config_values(const Config& config);

// Options that differ and take effect only at a restart, as "store.path".
[[nodiscard]] std::vector<std::string> restart_needed(const Config& running, const Config& read);

// The file `chosen`; when that is empty, the installed file where there is one, else the defaults.
// Then what stands beside it (drop_ins.hpp); their packs come last.
[[nodiscard]] base::Result<ReadConfig> load_config(
    const std::string& chosen, const std::string& installed = installed_configuration());
// The folder `chosen`; when that is empty, the one that `tocsin run` uses without a --config.
[[nodiscard]] std::string store_folder(const std::string& chosen);

// Every option of every section but inputs and channels, for the reference page and the default
// file.
[[nodiscard]] std::vector<base::OptionInfo> all_options();
// Those that every input, every channel has.
[[nodiscard]] std::vector<base::OptionInfo> input_options();
[[nodiscard]] std::vector<base::OptionInfo> channel_options();

}  // namespace tocsin::cli
