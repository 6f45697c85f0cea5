#include "cli/rule_arguments.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/option_groups.hpp"

namespace tocsin::cli {

namespace {

void add_check(CLI::App& root, CheckCommand& out) {
  CLI::App& app = *root.add_subcommand(
      "check", "Say what is wrong with rules, decoders or a configuration, all at once");
  app.footer(
      "Each mistake is one line, file:line:column: code: sentence. Exit code 3 when there is "
      "one.\n\n"
      "Rules that load are looked through as well (warnings): what can never be met or always is,\n"
      "selections that change nothing, misspelt fields, missing words for people, dear questions.\n"
      "docs/rules.md explains each.\n\n"
      "Examples:\n"
      "  tocsin check my_rule.yml\n"
      "  tocsin check --strict my_rules/\n"
      "  tocsin check --no-lint --json /etc/tocsin | jq .sentence");
  app.add_option("PATH", out.paths, "Files or folders")->required();
  add_lists(app, out.lists);
  app.add_flag("--strict", out.strict, "Exit code 1 when there is a warning");
  app.add_flag("!--no-lint", out.lint, "Only what keeps a rule from being loaded as it is meant");
  add_json(app, out.json);
}

void add_test(CLI::App& root, TestCommand& out) {
  CLI::App& app =
      *root.add_subcommand("test", "Run the examples that rules have under `tocsin: tests:`");
  app.footer(
      "Exit code 1 when one does not hold.\n\n"
      "Examples:\n  tocsin test\n  tocsin test my_rule.yml");
  add_packs(app, out.packs);
  app.add_option("PATH", out.paths,
                 "Rule files or folders whose tests are run (default: all loaded rules)");
  add_json(app, out.json);
}

void add_explain(CLI::App& root, ExplainCommand& out) {
  CLI::App& app =
      *root.add_subcommand("explain", "Show why a rule met an event or did not, leaf by leaf");
  app.footer(
      "Prints the rule's condition as a tree: at each leaf what is asked of which field, the "
      "value\n"
      "that the event has there, and whether it is met; at the end the leaves that differ.\n\n"
      "Examples:\n"
      "  tocsin explain my_rule.yml 'Nov 20 22:40:01 web01 sshd[811]: Accepted password for root "
      "from 203.0.113.7 port 50022 ssh2'\n"
      "  tocsin explain --rules sigma/rules 62f7c9bf-9135-49b2-8aeb-1e54a6ecc13c --file "
      "events.json\n"
      "  tail -n 5 /var/log/auth.log | tocsin explain --json ssh_failed_password | jq .differ");
  add_packs(app, out.packs);
  app.add_option("RULE", out.rule, "Id or name of a rule, or a rule file")->required();
  app.add_option("EVENT", out.lines, "Lines; without one, they are read from standard input");
  add_paths(app, "--file", out.files, "Take the events of this log file; may be given again");
  app.add_flag("--all", out.all, "Show every value of a list, also those that do not matter");
  add_time(app, out.year, out.zone, out.format);
  add_json(app, out.json);
}

}  // namespace

void add_rule_commands(CLI::App& root, RuleCommands& out) {
  add_check(root, out.check);
  add_test(root, out.test);
  add_explain(root, out.explain);
}

std::optional<Command> chosen_rule_command(const CLI::App& root, RuleCommands& values) {
  if (root.got_subcommand("check")) return std::move(values.check);
  if (root.got_subcommand("test")) return std::move(values.test);
  if (root.got_subcommand("explain")) return std::move(values.explain);
  return std::nullopt;
}

}  // namespace tocsin::cli
