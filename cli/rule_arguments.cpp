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
      "Exit code 1 when one does not hold. docs/rules.md shows how they are written.\n\n"
      "Examples:\n  tocsin test\n  tocsin test my_rule.yml\n  tocsin test --junit results.xml "
      "my_rules/");
  add_packs(app, out.packs);
  app.add_option("PATH", out.paths,
                 "Rule files or folders whose tests are run (default: all loaded rules)");
  app.add_option("--junit", out.junit, "Also write the results to this file, as JUnit's XML")
      ->type_name("FILE");
  add_json(app, out.json);
}

void add_explain(CLI::App& root, ExplainCommand& out) {
  CLI::App& app =
      *root.add_subcommand("explain",
                           "Show why a rule met an event or did not, or, with --at, why a "
                           "correlation fired or did not");
  app.footer(
      "Over events, it prints the rule's condition as a tree: at each leaf what is asked of which "
      "field,\nthe value that the event has there, and whether it is met; at the end the leaves "
      "that differ.\n\n"
      "With --at, it reads the log of a store around that time again, by the packs in force then: "
      "what\nthe window of the group held, what was not counted and why, how far it was from "
      "firing. It may run\nbeside a daemon that writes the store. docs/rules.md has the members "
      "of --json.\n\n"
      "Examples:\n"
      "  tocsin explain my_rule.yml \"$(tail -n 1 /var/log/auth.log)\"\n"
      "  tocsin explain --rules sigma/rules 62f7c9bf-9135-49b2-8aeb-1e54a6ecc13c --file "
      "events.json\n"
      "  tail -n 5 /var/log/auth.log | tocsin explain --json ssh_failed_password | jq .differ\n"
      "  tocsin explain ssh_brute_force_user --group user.name=bob --at 2026-11-20T22:40:10Z");
  add_packs(app, out.packs);
  app.add_option("RULE", out.rule, "Id or name of a rule, or a rule file")->required();
  app.add_option("EVENT", out.lines, "Lines; without one, they are read from standard input");
  add_paths(app, "--file", out.files, "Take the events of this log file; may be given again");
  app.add_flag("--all", out.all, "Show every value of a list, also those that do not matter");
  CLI::Option* at =
      app.add_option("--at", out.at, "Explain the rule at this time of the stored log")
          ->type_name("TIME");
  app.get_option("EVENT")->excludes(at);
  app.get_option("--file")->excludes(at);
  app.add_option("--group", out.group,
                 "The group that is asked for, a value of each field that the rule groups by; may "
                 "be given again")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->needs(at);
  app.add_option("--store", out.store, "The store's folder (default: as for run)")
      ->needs(at)
      ->type_name("DIR");
  app.add_option("--show", out.show, "Show so many of the events that are counted (default: 20)")
      ->check(CLI::Range(0, 100'000))
      ->type_name("N")
      ->needs(at);
  app.add_flag("--whole", out.whole, "Read the log from its begin, not only the blocks around")
      ->needs(at);
  add_time(app, out.year, out.zone, out.format);
  add_json(app, out.json);
}

void add_backtest(CLI::App& root, BacktestCommand& out) {
  CLI::App& app = *root.add_subcommand(
      "backtest", "Run rules over a store's log: what they would have raised, and on whom");
  app.footer(
      "A rule is tried before it is switched on: its file, or a folder, is run over the log by the "
      "engine\nof `tocsin run`, with the decoders and options of each time. What its correlations "
      "refer to is\ntaken from the files given, else from the configured packs. Nothing is "
      "written; it "
      "may run beside\na daemon. Events before --from are read to fill windows, alerts of before "
      "are "
      "not reported.\n\n"
      "With --against, the alerts that only the new form or only the old one raises are listed: "
      "the "
      "old\none is a file or folder, or `stored` for what the store's alerts say. Exit code 1 when "
      "there are\nany. docs/rules.md has the members of --json.\n\n"
      "Examples:\n"
      "  tocsin backtest --last 30d my_rule.yml\n"
      "  tocsin backtest --against stored ssh_brute_force_user\n"
      "  tocsin backtest --json --against old/my_rule.yml my_rule.yml | jq .only_new.group");
  app.add_option("RULE", out.rules, "Rule files, folders, or ids or names of configured rules")
      ->required();
  app.add_option("--store", out.store, "The store's folder (default: as for run)")
      ->type_name("DIR");
  app.add_option("--from", out.from, "Only alerts that fired at or after this time")
      ->type_name("TIME");
  app.add_option("--to", out.to, "Only alerts that fired at or before this time")
      ->type_name("TIME");
  app.add_option("--last", out.last, "Only alerts of the time up to now: 30m, 24h, 7d")
      ->type_name("DURATION");
  add_paths(app, "--against", out.against,
            "Compare with this older form of the rules, or with `stored`; may be given again");
  app.add_option("--limit", out.limit,
                 "Show so many alerts and groups of a rule, and of each list; 0: all (default: 5)")
      ->type_name("N");
  app.add_option("--max-alerts", out.max_alerts,
                 "End with so many alerts; 0: never (default: 100000)")
      ->type_name("N");
  app.add_option("--threads", out.threads, "Threads (default: one for each processor)")
      ->type_name("N")
      ->check(CLI::Range(0, 256));
  app.add_option("--config", out.config, "Configuration file that names the packs")
      ->type_name("FILE");
  add_json(app, out.json);
}

void add_rules(CLI::App& root, RulesCommand& out) {
  CLI::App& app = *root.add_subcommand(
      "rules", "List rules; over logs, how often each is met and what it costs");
  app.footer(
      "ns/event is what one event costs where the rule's file is the only one: rules that are "
      "loaded\ntogether share most of it, so that it is for comparing them. Hits are those of all "
      "rules\ntogether, in whole files; costs are taken over the first 10000 events. evaluated/M "
      "is "
      "for how\nmany of a million events the rule's condition was evaluated.\n\n"
      "Examples:\n"
      "  tocsin rules --level high\n"
      "  tocsin rules --logsource linux/sshd --json | jq .title\n"
      "  tocsin rules --tag attack.t1110 --events /var/log/auth.log");
  add_packs(app, out.packs);
  app.add_option("--logsource", out.logsource,
                 "Only rules of it: any of category, product, service, with / between them")
      ->type_name("WORDS");
  app.add_option("--level", out.level, "Only rules of this level and above")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"informational", "low", "medium", "high", "critical"}));
  app.add_option("--tag", out.tag, "Only rules with this tag, or one below it")->type_name("TAG");
  add_paths(app, "--events", out.events,
            "Count hits and measure costs over this log file; may be given again");
  add_time(app, out.year, out.zone, out.format);
  add_json(app, out.json);
}

void add_coverage(CLI::App& root, CoverageCommand& out) {
  CLI::App& app = *root.add_subcommand(
      "coverage", "Write which ATT&CK techniques the rules cover, as a layer of the Navigator");
  app.footer(
      "The score of a technique is the number of rules with its tag, attack.t1110 or "
      "attack.t1110.003;\nits comment are their titles. Open the file in the ATT&CK Navigator "
      "with Open Existing Layer.\n\n"
      "Examples:\n"
      "  tocsin coverage -o layer.json\n"
      "  tocsin coverage --no-default-rules --rules sigma/rules | jq '.techniques | length'");
  add_packs(app, out.packs);
  app.add_option("-o,--output", out.output, "Write the layer to this file instead of stdout")
      ->type_name("FILE");
  app.add_option("--name", out.name, "Name of the layer (default: Tocsin)")->type_name("NAME");
}

}  // namespace

void add_rule_commands(CLI::App& root, RuleCommands& out) {
  add_check(root, out.check);
  add_test(root, out.test);
  add_explain(root, out.explain);
  add_backtest(root, out.backtest);
  add_rules(root, out.rules);
  add_coverage(root, out.coverage);
}

std::optional<Command> chosen_rule_command(const CLI::App& root, RuleCommands& values) {
  if (root.got_subcommand("check")) return std::move(values.check);
  if (root.got_subcommand("test")) return std::move(values.test);
  if (root.got_subcommand("explain")) return std::move(values.explain);
  if (root.got_subcommand("backtest")) return std::move(values.backtest);
  if (root.got_subcommand("rules")) return std::move(values.rules);
  if (root.got_subcommand("coverage")) return std::move(values.coverage);
  return std::nullopt;
}

}  // namespace tocsin::cli
