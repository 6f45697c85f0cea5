#include "cli/arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/alert_arguments.hpp"
#include "cli/option_groups.hpp"
#include "cli/rule_arguments.hpp"
#include "cli/store_arguments.hpp"

namespace tocsin::cli {

namespace {

constexpr const char* version_text = "tocsin " TOCSIN_VERSION;

// Name and meaning in two columns: types as one word, without the ranges that a mistake is told.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(26); }
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string type = option->get_type_name();
    if (option->get_type_size() == 0 || option->get_positional()) return {};
    return " " + type.substr(0, type.find(':'));
  }
  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    if (positional) return option->get_name(true, false);
    const std::string name = option->get_name(false, true);
    return name.substr(0, name.find('{'));
  }
};

// How the work is spread over processors; results depend on neither.
void add_threads(CLI::App& app, std::size_t& threads, std::size_t& shards) {
  app.add_option("--threads", threads, "Threads (default: one for each processor)")
      ->type_name("N")
      ->check(CLI::Range(0, 256));
  app.add_option("--shards", shards,
                 "Parts of correlation, by group (default: one for every four threads)")
      ->type_name("N")
      ->check(CLI::Range(0, 64));
}

void add_replay(CLI::App& root, ReplayCommand& out) {
  CLI::App& app = *root.add_subcommand("replay", "Files in, alerts out; nothing else is needed");
  app.footer(
      "Examples:\n"
      "  tocsin replay /var/log/auth.log\n"
      "  tocsin replay --json --lockouts /var/log/auth.log* | jq .\n"
      "  journalctl -o short | tocsin replay -\n"
      "  tocsin replay --store /tmp/mystore --rules my_rules/ old.log.gz\n\n"
      "Several files are concurrent sources, merged by event time. With --store, the same command\n"
      "again goes on where it stopped, and each line counts once; `tocsin alerts list --store "
      "DIR`\n"
      "shows what it found. Exit code 1 when a file could not be read to its end.");
  add_packs(app, out.packs);
  app.add_option("FILE", out.files, "Log files, also .gz and .zst; - is standard input")
      ->required()
      ->check([&out](const std::string& name) -> std::string {
        // The parser shows each value once, in order.
        if (name != "-" || !std::exchange(out.reads_input, true)) return {};
        return "standard input can be read only once";
      });
  app.add_option("--store", out.store, "Keep log, alerts and state in this folder")
      ->type_name("DIR");
  app.add_option("--config", out.config, "Take correlation and lockout options from this file")
      ->type_name("FILE");
  add_threads(app, out.threads, out.shards);
  app.add_option("--batch-bytes", out.batch_bytes,
                 "Text that goes through the stages at a time; results do not depend on it")
      ->type_name("N")
      ->check(CLI::Range(1024, 16 << 20));
  app.add_flag("--sequential", out.sequential,
               "The files are parts of one log, one after the other");
  app.add_flag("--detections", out.detections,
               "Also print each event that met a rule, before the alerts");
  app.add_flag("--lockouts", out.lockouts, "Also print account-lockout records");
  app.add_flag("--stats", out.stats, "End with one JSON line of figures on stderr");
  add_time(app, out.year, out.zone, out.format);
  add_json(app, out.json);
}

void add_run(CLI::App& root, RunCommand& out) {
  CLI::App& app = *root.add_subcommand("run", "The daemon: listen, judge, store, until SIGTERM");
  app.footer(
      "Without a file: UDP and TCP on 127.0.0.1:5514, metrics on http://127.0.0.1:9514/metrics, "
      "the\n"
      "store under $STATE_DIRECTORY or ~/.local/state/tocsin.\n\n"
      "Try it:\n  tocsin run &\n  logger --server 127.0.0.1 --port 5514 --tcp 'hello'\n  tocsin "
      "status");
  app.add_option("--config", out.config,
                 "Configuration (default: /etc/tocsin/tocsin.yaml, if it is there)")
      ->type_name("FILE");
  app.add_flag("--check-config", out.check,
               "Only say whether the configuration and packs are right");
  add_json(app, out.json);
}

void add_decode(CLI::App& root, DecodeCommand& out) {
  CLI::App& app = *root.add_subcommand("decode", "Show what Tocsin reads from a line");
  app.footer(
      "Examples:\n  tocsin decode 'Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from "
      "203.0.113.7 port 50022 ssh2'\n"
      "  tail -n 20 /var/log/syslog | tocsin decode --json | jq .fields\n"
      "  tocsin decode --join < /var/log/audit/audit.log");
  add_decoders(app, out.packs);
  app.add_option("LINE", out.lines, "Lines; without one, they are read from standard input");
  app.add_flag("--join", out.join, "Join audit records to events");
  add_time(app, out.year, out.zone, out.format);
  add_json(app, out.json);
}

void add_search(CLI::App& root, SearchCommand& out) {
  CLI::App& app = *root.add_subcommand("search", "Events of a store by a query, newest first");
  app.footer(
      "Examples:\n"
      "  tocsin search 'user.name: bob and not source.ip: 10.0.0.0/8 and \"Failed password\"'\n"
      "  tocsin search --last 24h 'failed | stats count(), dc(user.name) by source.ip | sort "
      "-count "
      "| head 20'\n"
      "  tocsin search --format json 'source.port >= 50000' | jq .\n"
      "  tocsin search --follow 'event.outcome: failure'\n\n"
      "docs/search.md has the language. No daemon is needed, but for --follow; beside a running\n"
      "one the store is only read. Exit code 2 for a mistake in the query.");
  app.add_option("QUERY", out.query, "What to look for; `*` is every event")->required();
  app.add_option("--store", out.store, "The store's folder (default: as for run)")
      ->type_name("DIR");
  app.add_option("--from", out.from, "Only events at or after this time")->type_name("TIME");
  app.add_option("--to", out.to, "Only events at or before this time")->type_name("TIME");
  app.add_option("--last", out.last, "Only events of the time up to now: 30m, 24h, 7d")
      ->type_name("DURATION");
  app.add_option("--fields", out.fields, "Only these fields, in this order: a,b,c")
      ->type_name("NAMES");
  app.add_option("--format", out.format, "table, json, csv or raw (default: table)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json", "csv", "raw"}));
  app.add_option("--limit", out.limit, "At most so many rows")->type_name("N");
  app.add_option("--threads", out.threads, "Threads (default: one for each processor)")
      ->type_name("N")
      ->check(CLI::Range(0, 256));
  app.add_flag("--stats", out.stats, "End with one JSON line of figures on stderr");
  CLI::Option* follow =
      app.add_flag("--follow", out.follow, "Show events as the running daemon stores them");
  for (const char* other : {"--store", "--from", "--to", "--last", "--threads", "--stats"})
    follow->excludes(other);
  add_socket(app, out.socket, out.config);
}

void add_verify(CLI::App& root, VerifyCommand& out) {
  CLI::App& app =
      *root.add_subcommand("verify", "Recompute every alert of a store from its log, and compare");
  app.footer(
      "Uses nothing but the store: the rules and options of each time are kept in it. Exit code 1 "
      "on a difference.\n\n"
      "Example:\n  tocsin verify --store /tmp/mystore");
  app.add_option("--store", out.store, "The store's folder (default: as for run)")
      ->type_name("DIR");
  add_threads(app, out.threads, out.shards);
  add_json(app, out.json);
}

void add_status(CLI::App& root, StatusCommand& out) {
  CLI::App& app = *root.add_subcommand("status", "What the running daemon says of itself");
  app.footer(
      "Exit code 4 when no daemon answers.\n\n"
      "Examples:\n  tocsin status\n  tocsin status --json | jq .inputs");
  add_socket(app, out.socket, out.config);
  add_json(app, out.json);
}

void add_reload(CLI::App& root, ReloadCommand& out) {
  CLI::App& app =
      *root.add_subcommand("reload", "Have the running daemon read its packs and options again");
  app.footer(
      "Events go on being judged meanwhile; nothing of what comes is lost or judged twice. Rules\n"
      "that are as they were keep what they counted, new ones count from the stored log on. With\n"
      "an error in any pack all stays as it was: exit code 3, and every error. Exit code 4 when\n"
      "no daemon answers. SIGHUP does the same, and the daemon's log says what came of it.\n\n"
      "Example:\n  tocsin check /etc/tocsin/rules && tocsin reload");
  add_socket(app, out.socket, out.config);
  add_json(app, out.json);
}

void add_config(CLI::App& root, ConfigCommand& out) {
  CLI::App& app = *root.add_subcommand(
      "config", "What of the configuration is in force, what is wrong, what differs from defaults");
  app.require_subcommand(1);
  CLI::App& show = *app.add_subcommand("show", "Every option with the value that it has");
  CLI::App& check =
      *app.add_subcommand("check", "What is wrong with the configuration and the packs it names");
  CLI::App& diff = *app.add_subcommand("diff", "Options that differ from their defaults");
  using What = ConfigCommand::What;
  const auto choose = [&out](What what) { return [&out, what] { out.what = what; }; };
  show.callback(choose(What::show));
  check.callback(choose(What::check));
  diff.callback(choose(What::diff));
  for (CLI::App* one : {&app, &show, &check, &diff}) {
    one->footer(
        "The file and what stands in conf.d, rules.d, decoders.d, lists.d and mappings.d beside "
        "it count\ntogether, as they do for the daemon. Exit code 3 when something is wrong with "
        "them.\n\n"
        "Examples:\n  tocsin config check\n  tocsin config diff\n  tocsin config show --json | jq "
        "-r .key");
  }
  for (CLI::App* one : {&show, &check, &diff}) {
    one->add_option("--config", out.config,
                    "Configuration (default: /etc/tocsin/tocsin.yaml, if it is there)")
        ->type_name("FILE");
    add_json(*one, out.json);
  }
}

void add_doctor(CLI::App& root, DoctorCommand& out) {
  CLI::App& app = *root.add_subcommand(
      "doctor", "What of this machine stands in Tocsin's way, and what to do about it");
  app.footer(
      "Looks at kernel buffers, the clock, room on the disk, ports that others have, files and the "
      "journal,\nand whether the daemon answers. Changes nothing. Exit code 1 when there is a "
      "problem; warnings are\nnone. As root it can name the programs that have a port.\n\n"
      "Example:\n  tocsin doctor");
  app.add_option("--config", out.config,
                 "Configuration (default: /etc/tocsin/tocsin.yaml, if it is there)")
      ->type_name("FILE");
  add_json(app, out.json);
}

void add_docs(CLI::App& root, DocsCommand& out) {
  CLI::App& app =
      *root.add_subcommand("docs", "The reference pages that are made from the program itself");
  app.add_option("PAGE", out.page,
                 "The name of a page, as options, metrics, tocsin.1, bash-completion: prints it");
  CLI::Option* write =
      app.add_option("--write", out.write, "Write all pages below this checkout")->type_name("DIR");
  app.add_flag("--check", out.check,
               "With --write: change nothing, exit 1 when a page would change")
      ->needs(write);
  app.add_option("--install", out.install,
                 "Write manual pages and completions below this folder, as /usr/share has them")
      ->type_name("DIR")
      ->excludes(write);
  app.footer(
      "Examples:\n  tocsin docs options\n  tocsin docs --write .\n  tocsin docs --install "
      "/usr/local/share");
}

// A script's variable that is not set must not become "no store" or "the folder here".
void refuse_empty_paths(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    const bool is_path = type == "PATH" || type == "DIR" || type == "FILE" ||
                         option->get_name() == "FILE" || option->get_name() == "PATH" ||
                         option->get_name() == "DIR";
    if (!is_path) continue;
    option->check(
        [](const std::string& text) -> std::string { return text.empty() ? "an empty path" : ""; });
  }
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; }))
    refuse_empty_paths(*command);
}

// All commands' values live as long as the parsing.
struct Values {
  ReplayCommand replay;
  RunCommand run;
  DecodeCommand decode;
  AlertsCommand alerts;
  SearchCommand search;
  VerifyCommand verify;
  StatusCommand status;
  ReloadCommand reload;
  ConfigCommand config;
  DoctorCommand doctor;
  RuleCommands rules;
  DocsCommand docs;
  StoreCommand store;
};

void add_commands(CLI::App& root, Values& values) {
  root.name("tocsin");
  root.description("Tocsin: logs in, alerts and account lockouts out.");
  root.set_version_flag("--version", version_text);
  root.require_subcommand(1);
  root.formatter(std::make_shared<HelpFormatter>());
  root.footer(
      "Exit codes: 0 ok, 1 findings or a failure, 2 usage, 3 configuration, 4 no daemon,\n"
      "5 permission. Data goes to stdout, messages to stderr.\n\n"
      "Examples:\n"
      "  tocsin replay /var/log/auth.log\n"
      "  tocsin help replay");
  add_replay(root, values.replay);
  add_run(root, values.run);
  add_decode(root, values.decode);
  add_alerts(root, values.alerts);
  add_search(root, values.search);
  add_verify(root, values.verify);
  add_store(root, values.store);
  add_status(root, values.status);
  add_reload(root, values.reload);
  add_config(root, values.config);
  add_doctor(root, values.doctor);
  add_rule_commands(root, values.rules);
  add_docs(root, values.docs);
  refuse_empty_paths(root);
}

Command chosen(const CLI::App& root, Values& values) {
  if (root.got_subcommand("replay")) return std::move(values.replay);
  if (root.got_subcommand("run")) return std::move(values.run);
  if (root.got_subcommand("decode")) return std::move(values.decode);
  if (root.got_subcommand("alerts")) return std::move(values.alerts);
  if (root.got_subcommand("search")) return std::move(values.search);
  if (root.got_subcommand("verify")) return std::move(values.verify);
  if (root.got_subcommand("store")) return std::move(values.store);
  if (root.got_subcommand("reload")) return std::move(values.reload);
  if (root.got_subcommand("config")) return std::move(values.config);
  if (root.got_subcommand("doctor")) return std::move(values.doctor);
  if (root.got_subcommand("docs")) return std::move(values.docs);
  if (auto command = chosen_rule_command(root, values.rules)) return *std::move(command);
  return std::move(values.status);
}

// The command that the words chose, or the root.
const CLI::App& chosen_app(const CLI::App& root) {
  const CLI::App* at = &root;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const std::string_view near = base::nearest(word, views);
  return near.empty() ? "" : fmt::format("; did you mean {}?", near);
}

// What the parser could not place: a command that there is not, an option, one word too many.
std::string unexpected(const CLI::App& root, const CLI::App& at) {
  const std::vector<std::string> rest = root.remaining(true);
  const std::string word = base::printable(rest.empty() ? "" : rest.front());
  std::vector<std::string> known;
  if (word.starts_with('-')) {
    for (const CLI::Option* option : at.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
    const std::string name = word.substr(0, word.find('='));
    return fmt::format("`{}` is not one of its options{}", word, did_you_mean(name, known));
  }
  const auto commands = at.get_subcommands([](const CLI::App*) { return true; });
  if (commands.empty()) return fmt::format("`{}` is one word too many", word);
  for (const CLI::App* command : commands) known.push_back(command->get_name());
  if (word.empty()) return fmt::format("name a command: {}", fmt::join(known, ", "));
  return fmt::format("`{}` is not a command{}", word, did_you_mean(word, known));
}

// "tocsin replay: sentence", and where help is.
Answer mistake(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& at = chosen_app(root);
  std::string path = at.get_name();
  for (const CLI::App* up = at.get_parent(); up != nullptr; up = up->get_parent())
    path.insert(0, up->get_name() + " ");
  const int code = error.get_exit_code();
  const bool unplaced = code == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
                        (code == static_cast<int>(CLI::ExitCodes::RequiredError) &&
                         at.get_require_subcommand_min() > 0);
  const std::string sentence = unplaced ? unexpected(root, at) : base::printable(error.what());
  return {exit_code::usage, fmt::format("{}: {}\n`{} --help` says more.\n", path, sentence, path)};
}

// `tocsin help COMMAND` asks what `tocsin COMMAND --help` does.
std::vector<std::string> without_help_word(std::vector<std::string> words) {
  if (words.empty() || words.front() != "help") return words;
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

}  // namespace

std::variant<Command, Answer> parse_arguments(const std::vector<std::string>& arguments) {
  CLI::App root;
  Values values;
  add_commands(root, values);
  std::vector<std::string> words = without_help_word(arguments);
  std::reverse(words.begin(), words.end());
  try {
    root.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return mistake(root, error);
    std::ostringstream out, err;
    root.exit(error, out, err);
    return Answer{exit_code::ok, out.str()};
  }
  return chosen(root, values);
}

CommandNode all_commands() {
  CLI::App root;
  Values values;
  add_commands(root, values);
  return describe_command(root);
}

}  // namespace tocsin::cli
