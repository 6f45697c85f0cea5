#include "cli/manual.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace tocsin::cli {

namespace {

constexpr std::string_view files_and_more =
    ".SH FILES\n"
    ".TP\n.I /etc/tocsin/tocsin.yaml\nThe configuration, see\n.BR tocsin.yaml (5).\n"
    ".TP\n.IR /etc/tocsin/conf.d ,\\  rules.d ,\\  decoders.d\nWhat is added to it; a rule or "
    "decoder "
    "with the id or name of one that comes with Tocsin takes its place.\n"
    ".TP\n.I /usr/share/tocsin\nDecoders, rules and mappings that come with Tocsin.\n"
    ".TP\n.I /var/lib/tocsin\nThe store.\n"
    ".TP\n.I /run/tocsin/control.sock\nThe socket through which commands reach the daemon.\n";

// Nothing that troff would take for a request, an escape or a hyphen.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool begins = i == 0 || text[i - 1] == '\n';
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::string head(std::string_view name, int section, std::string_view version,
                 std::string_view sentence) {
  return fmt::format(".TH {} {} \"\" \"tocsin {}\" \"Tocsin\"\n.SH NAME\n{} \\- {}\n",
                     escaped(upper(name)), section, version, escaped(name), escaped(sentence));
}

// A footer's lines: those that are set in stand as they are, the others flow.
class Footer {
 public:
  std::string text(std::string_view footer) {
    while (!footer.empty()) {
      const std::size_t end = std::min(footer.find('\n'), footer.size());
      add(footer.substr(0, end));
      footer.remove_prefix(std::min(end + 1, footer.size()));
    }
    literal(false);
    return std::move(out_);
  }

 private:
  void literal(bool wanted) {
    if (wanted == literal_) return;
    literal_ = wanted;
    out_ += wanted ? ".PP\n.EX\n" : ".EE\n";
  }
  void add(std::string_view line) {
    if (line.starts_with("  ")) {
      literal(true);
      out_ += escaped(line.substr(2)) + "\n";
      return;
    }
    literal(false);
    if (line == "Examples:" || line == "Example:") {
      out_ += ".SH EXAMPLES\n";
    } else if (line.empty()) {
      if (!out_.empty()) out_ += ".PP\n";
    } else {
      out_ += escaped(line) + "\n";
    }
  }
  std::string out_;
  bool literal_ = false;
};

// Paragraph marks right before a heading or at an end have nothing to divide.
std::string without_empty_paragraphs(std::string text) {
  for (const std::string_view before : {".PP\n.SH", ".PP\n.PP\n", ".PP\n.EX"}) {
    for (std::size_t at = 0; (at = text.find(before, at)) != std::string::npos;) {
      if (before == ".PP\n.EX" && (at == 0 || !text.substr(0, at).ends_with(".SH EXAMPLES\n"))) {
        at += before.size();
        continue;
      }
      text.erase(at, 4);
    }
  }
  if (text.ends_with(".PP\n")) text.erase(text.size() - 4);
  return text;
}

std::string option_text(const OptionNode& option) {
  std::string names;
  for (const std::string& name : option.names) {
    if (!names.empty()) names += ", ";
    names += option.positional ? fmt::format("\\fI{}\\fR", escaped(name))
                               : fmt::format("\\fB{}\\fR", escaped(name));
  }
  if (!option.positional && !option.value.empty())
    names += fmt::format(" \\fI{}\\fR", escaped(option.value));
  std::string out = fmt::format(".TP\n{}\n{}", names, escaped(option.sentence));
  if (!option.choices.empty() && !option.sentence.contains(option.choices.back()))
    out += escaped(fmt::format(": {}", fmt::join(option.choices, ", ")));
  return out + ".\n";
}

std::string synopsis(const CommandNode& command) {
  std::string out = fmt::format("\\fB{}\\fR", escaped(command.path));
  if (!command.commands.empty()) return out + " \\fICOMMAND\\fR ...\n";
  out += " [\\fIOPTION\\fR]...";
  for (const OptionNode& option : command.options) {
    if (!option.positional) continue;
    out += option.required ? fmt::format(" \\fI{}\\fR...", option.names.front())
                           : fmt::format(" [\\fI{}\\fR]...", option.names.front());
  }
  return out + "\n";
}

std::string options_section(const CommandNode& command) {
  std::string arguments, options;
  for (const OptionNode& option : command.options)
    (option.positional ? arguments : options) += option_text(option);
  if (!arguments.empty()) arguments.insert(0, ".SH ARGUMENTS\n");
  if (!options.empty()) options.insert(0, ".SH OPTIONS\n");
  return arguments + options;
}

int section_of(const CommandNode& command) { return command.name() == "run" ? 8 : 1; }

std::string page_name(const CommandNode& command) {
  std::string name = command.path;
  std::ranges::replace(name, ' ', '-');
  return name;
}

// Its own commands stand on the same page.
ManualPage command_manual(const CommandNode& command, std::string_view version) {
  const int section = section_of(command);
  std::string text = head(page_name(command), section, version, command.sentence);
  text += ".SH SYNOPSIS\n";
  if (command.commands.empty()) text += synopsis(command);
  for (const CommandNode& below : command.commands) text += synopsis(below) + ".br\n";
  text += fmt::format(".SH DESCRIPTION\n{}.\n.PP\n", escaped(command.sentence));
  text += options_section(command);
  std::string footer = command.footer;
  for (const CommandNode& below : command.commands) {
    text += fmt::format(".SH {}\n{}.\n", escaped(upper(below.path)), escaped(below.sentence));
    for (const OptionNode& option : below.options) text += option_text(option);
    if (below.footer != command.footer) footer += "\n\n" + below.footer;
  }
  if (const std::string rest = Footer().text(footer); !rest.empty())
    text += (rest.starts_with(".SH") ? "" : ".SH NOTES\n") + rest;
  if (section == 8) text += files_and_more;
  text += ".SH SEE ALSO\n.BR tocsin (1),\n.BR tocsin.yaml (5)\n";
  return {page_name(command), section, without_empty_paragraphs(std::move(text))};
}

ManualPage root_manual(const CommandNode& root, std::string_view version) {
  std::string text =
      head(root.name(), 1, version, root.sentence.substr(root.sentence.find(' ') + 1));
  text += ".SH SYNOPSIS\n" + synopsis(root);
  text +=
      ".SH DESCRIPTION\nTocsin takes in syslog, audit and JSON events, keeps them in an event log, "
      "decodes them, runs Sigma rules and correlations over them, and raises alerts and "
      "account\\-lockout events. Each command has a page of its own.\n.SH COMMANDS\n";
  for (const CommandNode& command : root.commands)
    text += fmt::format(".TP\n.BR {} ({})\n{}.\n", escaped(page_name(command)), section_of(command),
                        escaped(command.sentence));
  text += options_section(root);
  text +=
      ".SH EXIT STATUS\n.TP\n0\nAll is well.\n.TP\n1\nThere are findings, or something failed.\n"
      ".TP\n2\nA mistake of usage.\n.TP\n3\nThe configuration, a rule or a decoder is wrong.\n"
      ".TP\n4\nNo daemon answers.\n.TP\n5\nA permission is missing.\n";
  const std::size_t examples = root.footer.find("Examples:");
  if (examples != std::string::npos) text += Footer().text(root.footer.substr(examples));
  text += files_and_more;
  text += ".SH SEE ALSO\n.BR tocsin.yaml (5)";
  for (const CommandNode& command : root.commands)
    text += fmt::format(",\n.BR {} ({})", escaped(page_name(command)), section_of(command));
  return {root.name(), 1, without_empty_paragraphs(text + "\n")};
}

}  // namespace

std::vector<ManualPage> command_manuals(const CommandNode& root, std::string_view version) {
  std::vector<ManualPage> pages = {root_manual(root, version)};
  for (const CommandNode& command : root.commands)
    pages.push_back(command_manual(command, version));
  return pages;
}

ManualPage configuration_manual(std::span<const OptionGroup> groups, std::string_view version) {
  std::string text = head("tocsin.yaml", 5, version, "the configuration of Tocsin");
  text +=
      ".SH DESCRIPTION\nYAML: sections, and below each its options. Unknown keys are refused. "
      "Sizes "
      "are written 64KiB or 16MiB, durations 50ms, 30s, 10m, 7d. The daemon reads";
  text +=
      "\n.I /etc/tocsin/tocsin.yaml\nand behind it every\n.I conf.d/*.yaml\nbeside it, in the "
      "order "
      "of their names: an option that is said again takes the later value, inputs and channels are "
      "merged by name. Rules, decoders, value lists and mapping packs are added from\n.IR rules.d "
      ",\n"
      ".IR decoders.d ,\n.I lists.d\nand\n.I mappings.d\nbeside it; a rule with the id, or a "
      "decoder "
      "with the name, of one that comes with Tocsin takes its place.\n.PP\n.BR \"tocsin config "
      "check\"\nsays what is wrong,\n.BR \"tocsin config show\"\nwhat is in force,\n.BR \"tocsin "
      "reload\"\nhas the daemon read it again. Options marked * take a restart.\n";
  for (const OptionGroup& group : groups) {
    text += fmt::format(".SH {}\n", escaped(upper(group.title)));
    for (const base::OptionInfo& option : group.options) {
      text += fmt::format(".TP\n\\fB{}\\fR: {} = {}{}\n{}\n", escaped(option.key),
                          escaped(option.type), escaped(option.default_value),
                          option.text.restart ? " *" : "", escaped(option.text.sentence));
    }
  }
  text += ".SH SEE ALSO\n.BR tocsin (1),\n.BR tocsin\\-run (8)\n";
  return {"tocsin.yaml", 5, std::move(text)};
}

}  // namespace tocsin::cli
