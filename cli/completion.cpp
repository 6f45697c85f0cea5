#include "cli/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tocsin::cli {

namespace {

// Between single quotes of a shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string command_names(const CommandNode& node) {
  std::string out;
  for (const CommandNode& command : node.commands) out += (out.empty() ? "" : " ") + command.name();
  return out;
}

std::string option_names(const CommandNode& node) {
  std::string out;
  for (const OptionNode& option : node.options) {
    if (option.positional) continue;
    for (const std::string& name : option.names) out += (out.empty() ? "" : " ") + name;
  }
  return out;
}

const OptionNode* positional_of(const CommandNode& node) {
  const auto found = std::ranges::find_if(node.options, &OptionNode::positional);
  return found == node.options.end() ? nullptr : &*found;
}

// ---- bash: one case for each command, and one for each option that takes a value.

std::string bash_answer(const OptionNode& option) {
  switch (kind_of_value(option)) {
    case ValueKind::word:
      return fmt::format("COMPREPLY=($(compgen -W {} -- \"$word\"))",
                         quoted(fmt::format("{}", fmt::join(option.choices, " "))));
    case ValueKind::file:
      return "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\"))";
    case ValueKind::folder:
      return "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$word\"))";
    default:
      return "COMPREPLY=()";
  }
}

void add_bash(std::string& out, const CommandNode& node) {
  for (const OptionNode& option : node.options) {
    if (option.positional || option.value.empty()) continue;
    for (const std::string& name : option.names)
      out += fmt::format("    {}) {}; return ;;\n", quoted(node.path + "|" + name),
                         bash_answer(option));
  }
  for (const CommandNode& command : node.commands) add_bash(out, command);
}

void add_bash_words(std::string& out, const CommandNode& node) {
  const OptionNode* const positional = positional_of(node);
  const std::string commands = command_names(node);
  out += fmt::format(
      "    {})\n      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W {} -- "
      "\"$word\"))\n",
      quoted(node.path), quoted(option_names(node)));
  if (!commands.empty()) {
    out += fmt::format("      else COMPREPLY=($(compgen -W {} -- \"$word\"))\n", quoted(commands));
  } else if (positional != nullptr) {
    out += fmt::format("      else {}\n", bash_answer(*positional));
  }
  out += "      fi ;;\n";
  for (const CommandNode& command : node.commands) add_bash_words(out, command);
}

void add_bash_paths(std::string& out, const CommandNode& node) {
  for (const CommandNode& command : node.commands) {
    out += fmt::format("{}{}", out.empty() ? "" : "|", quoted(command.path));
    add_bash_paths(out, command);
  }
}

// ---- fish

// When the words so far are those of `node` and no command below it.
std::string fish_condition(const CommandNode& node) {
  std::string words = node.path;
  std::string out;
  for (std::size_t at = words.find(' '); at != std::string::npos;) {
    const std::size_t next = words.find(' ', at + 1);
    out += fmt::format("{}__fish_seen_subcommand_from {}", out.empty() ? "" : "; and ",
                       words.substr(at + 1, next == std::string::npos ? next : next - at - 1));
    at = next;
  }
  if (!node.commands.empty()) {
    out += fmt::format("{}not __fish_seen_subcommand_from {}", out.empty() ? "" : "; and ",
                       command_names(node));
  }
  return out;
}

void add_fish(std::string& out, const CommandNode& node) {
  const std::string when = fish_condition(node);
  const std::string begin =
      "complete -c tocsin" + (when.empty() ? std::string() : " -n " + quoted(when));
  for (const CommandNode& command : node.commands)
    out += fmt::format("{} -f -a {} -d {}\n", begin, command.name(), quoted(command.sentence));
  for (const OptionNode& option : node.options) {
    const ValueKind kind = kind_of_value(option);
    std::string line = begin;
    if (option.positional) {
      line += kind == ValueKind::file ? " -F" : " -f";
    } else {
      for (const std::string& name : option.names) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (kind == ValueKind::file) line += " -r -F";
      if (kind == ValueKind::folder) line += " -x -a '(__fish_complete_directories)'";
      if (kind == ValueKind::word)
        line += " -x -a " + quoted(fmt::format("{}", fmt::join(option.choices, " ")));
      if (kind == ValueKind::other) line += " -x";
    }
    out += line + " -d " + quoted(option.sentence) + "\n";
  }
  for (const CommandNode& command : node.commands) add_fish(out, command);
}

// ---- zsh: a function for each command.

std::string zsh_function(const CommandNode& node) {
  std::string name = "_" + node.path;
  std::ranges::replace(name, ' ', '_');
  return name;
}

// Within a specification of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const OptionNode& option) {
  switch (kind_of_value(option)) {
    case ValueKind::word:
      return fmt::format("({})", fmt::join(option.choices, " "));
    case ValueKind::file:
      return "_files";
    case ValueKind::folder:
      return "_files -/";
    default:
      return " ";
  }
}

void add_zsh(std::string& out, const CommandNode& node) {
  out += fmt::format("\n{}() {{\n", zsh_function(node));
  if (!node.commands.empty()) out += "  local state line\n";
  out += "  _arguments -s";
  for (const OptionNode& option : node.options) {
    if (option.positional) {
      out +=
          " \\\n    " + quoted(fmt::format("*:{}:{}", zsh_text(option.value), zsh_action(option)));
      continue;
    }
    for (const std::string& name : option.names) {
      std::string spec = fmt::format("*{}[{}]", name, zsh_text(option.sentence));
      if (!option.value.empty())
        spec += fmt::format(":{}:{}", zsh_text(option.value), zsh_action(option));
      out += " \\\n    " + quoted(spec);
    }
  }
  if (node.commands.empty()) {
    out += "\n}\n";
    return;
  }
  out +=
      " \\\n    '1: :->command' \\\n    '*:: :->words'\n  case $state in\n  command)\n    "
      "local -a commands=(\n";
  for (const CommandNode& command : node.commands)
    out += "      " + quoted(command.name() + ":" + command.sentence) + "\n";
  out += "    )\n    _describe command commands ;;\n  words)\n    case $line[1] in\n";
  for (const CommandNode& command : node.commands)
    out += fmt::format("    {}) {} ;;\n", command.name(), zsh_function(command));
  out += "    esac ;;\n  esac\n}\n";
  for (const CommandNode& command : node.commands) add_zsh(out, command);
}

}  // namespace

std::string bash_completion(const CommandNode& root) {
  std::string values, words, paths;
  add_bash(values, root);
  add_bash_words(words, root);
  add_bash_paths(paths, root);
  return fmt::format(
      "# bash completion of tocsin, made by `tocsin docs`.\n"
      "_tocsin() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before='' path=tocsin i\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    case \"$path ${{COMP_WORDS[i]}}\" in\n"
      "      {}) path+=\" ${{COMP_WORDS[i]}}\" ;;\n"
      "    esac\n"
      "  done\n"
      "  before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
      "  COMPREPLY=()\n"
      "  case \"$path|$before\" in\n{}  esac\n"
      "  case \"$path\" in\n{}  esac\n"
      "}}\n"
      "complete -F _tocsin tocsin\n",
      paths, values, words);
}

std::string zsh_completion(const CommandNode& root) {
  std::string out = "#compdef tocsin\n# Made by `tocsin docs`.\n";
  add_zsh(out, root);
  return out + "\n_tocsin \"$@\"\n";
}

std::string fish_completion(const CommandNode& root) {
  std::string out = "# fish completion of tocsin, made by `tocsin docs`.\n";
  add_fish(out, root);
  return out;
}

}  // namespace tocsin::cli
