#include "cli/config_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/config.hpp"
#include "cli/report.hpp"
#include "cli/run.hpp"

namespace tocsin::cli {

namespace {

std::string key_of(const ConfigValue& value) {
  return fmt::format("{}", fmt::join(value.path, "."));
}

// Each level is set in, and named where it begins; it reads back as the configuration that it is.
std::string yaml_of(const std::vector<ConfigValue>& values) {
  std::string out;
  std::vector<std::string> above;
  for (const ConfigValue& value : values) {
    const std::vector<std::string> folders(value.path.begin(), value.path.end() - 1);
    const auto differs = std::ranges::mismatch(above, folders).in2;
    for (auto at = differs; at != folders.end(); ++at)
      out += std::string(2 * static_cast<std::size_t>(at - folders.begin()), ' ') + *at + ":\n";
    above = folders;
    out += std::string(2 * folders.size(), ' ') + value.path.back() + ": " + value.value + "\n";
  }
  return out;
}

void print_json(const ConfigValue& value, const std::string* from, const Streams& streams) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object().member("key", std::string_view(key_of(value)));
  json.member("value", std::string_view(value.value));
  if (from != nullptr) json.member("default", std::string_view(*from));
  json.end_object();
  put_line(streams.out, out);
}

void show(const std::vector<ConfigValue>& values, bool json, const Streams& streams) {
  if (!json) return put(streams.out, yaml_of(values));
  for (const ConfigValue& value : values) print_json(value, nullptr, streams);
}

void tell_difference(const ConfigValue& value, const std::string& from, bool json,
                     const Streams& streams) {
  if (json) return print_json(value, &from, streams);
  put_line(streams.out,
           base::printable(fmt::format("{}: {}{}", key_of(value),
                                       value.value.empty() ? "not there" : value.value,
                                       from.empty() ? "" : fmt::format(" (default: {})", from))));
}

// Against what the daemon would do without a file.
void diff(const std::vector<ConfigValue>& values, bool json, const Streams& streams) {
  const std::vector<ConfigValue> defaults = config_values(default_config());
  const auto find = [](const std::vector<ConfigValue>& in, const ConfigValue& sought) {
    return std::ranges::find(in, sought.path, &ConfigValue::path);
  };
  for (const ConfigValue& value : values) {
    const auto from = find(defaults, value);
    if (from != defaults.end() && from->value == value.value) continue;
    tell_difference(value, from == defaults.end() ? "" : from->value, json, streams);
  }
  for (const ConfigValue& from : defaults) {
    if (find(values, from) == values.end())
      tell_difference({from.path, ""}, from.value, json, streams);
  }
}

}  // namespace

int run_config(const ConfigCommand& command, const Streams& streams) {
  if (command.what == ConfigCommand::What::check)
    return run_daemon({command.config, true, command.json}, streams);
  const auto read = load_config(command.config);
  const base::Errors errors = read ? read->errors : base::Errors{read.error()};
  print_errors(streams.err, errors, "error");
  if (!read) return exit_code_of(errors, exit_code::invalid);
  const std::vector<ConfigValue> values = config_values(read->config);
  if (command.what == ConfigCommand::What::show) {
    show(values, command.json, streams);
  } else {
    diff(values, command.json, streams);
  }
  return errors.empty() ? exit_code::ok : exit_code_of(errors, exit_code::invalid);
}

}  // namespace tocsin::cli
