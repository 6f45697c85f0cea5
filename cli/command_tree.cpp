#include "cli/command_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

namespace tocsin::cli {

namespace {

// The parser writes a choice of words as TYPE:{a,b,c}.
std::vector<std::string> choices_of(std::string_view type) {
  std::vector<std::string> out;
  const std::size_t open = type.find('{');
  const std::size_t close = type.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos) return out;
  std::string_view rest = type.substr(open + 1, close - open - 1);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    out.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return out;
}

OptionNode describe_option(const CLI::Option& option) {
  OptionNode out;
  out.positional = option.get_positional();
  if (out.positional) {
    out.names.push_back(option.get_name(true, false));
  } else {
    for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  }
  const std::string type = option.get_type_name();
  if (option.get_type_size() != 0)
    out.value = out.positional ? out.names.front() : type.substr(0, type.find(':'));
  out.choices = choices_of(type);
  out.sentence = option.get_description();
  out.required = option.get_required();
  return out;
}

}  // namespace

CommandNode describe_command(const CLI::App& app, const std::string& above) {
  CommandNode out;
  out.path = above.empty() ? app.get_name() : above + " " + app.get_name();
  out.sentence = app.get_description();
  out.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options())
    out.options.push_back(describe_option(*option));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    out.commands.push_back(describe_command(*command, out.path));
  return out;
}

ValueKind kind_of_value(const OptionNode& option) {
  constexpr auto files = std::to_array<std::string_view>({"FILE", "PATH", "RULE"});
  constexpr auto folders = std::to_array<std::string_view>({"DIR", "FOLDER"});
  if (option.value.empty()) return ValueKind::none;
  if (!option.choices.empty()) return ValueKind::word;
  if (std::ranges::find(files, option.value) != files.end()) return ValueKind::file;
  if (std::ranges::find(folders, option.value) != folders.end()) return ValueKind::folder;
  return ValueKind::other;
}

}  // namespace tocsin::cli
