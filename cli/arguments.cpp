#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <sstream>

namespace tocsin::cli {

namespace {

constexpr const char* version_text = "tocsin " TOCSIN_VERSION;

void add_packs(CLI::App& app, PackArguments& packs) {
  app.add_option("--rules", packs.rules,
                 "Rule file or folder, besides the default packs; may be given again")
      ->type_name("PATH");
  app.add_option("--decoders", packs.decoders,
                 "Decoder file or folder, besides the default ones; may be given again")
      ->type_name("PATH");
  app.add_flag("!--no-default-rules", packs.default_rules,
               "Leave out the rule packs that come with Tocsin");
}

void add_json(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "One JSON object a line on stdout");
}

void add_time(CLI::App& app, std::optional<std::int64_t>& year, std::string& zone,
              std::string& format) {
  app.add_option(
         "--year", year,
         "Year of the first line, where times have none (default: by the file's last change)")
      ->check(CLI::Range(1970, 2200))
      ->type_name("YYYY");
  app.add_option("--tz", zone, "Zone of times that state none: Europe/Berlin, +02:00")
      ->capture_default_str()
      ->type_name("ZONE");
  app.add_option("--format", format, "Do not recognise the format, take this one")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "syslog", "json", "json-lines", "json-objects", "audit"}));
}

void add_replay(CLI::App& root, ReplayCommand& out) {
  CLI::App& app = *root.add_subcommand("replay", "Files in, alerts out; nothing else is needed");
  app.footer(
      "Example:\n  tocsin replay --json /var/log/auth.log | jq .\n\n"
      "Several files are concurrent sources, merged by event time. With --store, the same command\n"
      "again goes on where it stopped, and each line counts once.");
  add_packs(app, out.packs);
  app.add_option("FILE", out.files, "Log files, also .gz and .zst; - is standard input")
      ->required();
  app.add_option("--store", out.store, "Keep log, alerts and state in this folder")
      ->type_name("DIR");
  app.add_option("--config", out.config, "Take correlation and lockout options from this file")
      ->type_name("FILE");
  app.add_option("--threads", out.threads, "Threads; 0: one for each processor")
      ->capture_default_str()
      ->check(CLI::Range(0, 256));
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

void add_check(CLI::App& root, CheckCommand& out) {
  CLI::App& app = *root.add_subcommand(
      "check", "Say what is wrong with rules, decoders or a configuration, all at once");
  app.footer(
      "Each mistake is one line, file:line:column: code: sentence. Exit code 3 when there is one.");
  app.add_option("PATH", out.paths, "Files or folders")->required();
  add_json(app, out.json);
}

void add_decode(CLI::App& root, DecodeCommand& out) {
  CLI::App& app = *root.add_subcommand("decode", "Show what Tocsin reads from a line");
  app.footer(
      "Example:\n  tocsin decode 'Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from "
      "203.0.113.7 port 50022 ssh2'");
  add_packs(app, out.packs);
  app.add_option("LINE", out.lines, "The line; without one, lines are read from standard input");
  app.add_flag("--join", out.join, "Join audit records to events");
  add_time(app, out.year, out.zone, out.format);
  add_json(app, out.json);
}

void add_alerts(CLI::App& root, AlertsCommand& out) {
  CLI::App& app = *root.add_subcommand("alerts", "Alerts of a store");
  app.require_subcommand(1);
  CLI::App& list = *app.add_subcommand("list", "In order of firing");
  list.add_option("--store", out.store, "The store's folder (default: as for run)")
      ->type_name("DIR");
  list.add_option("--rule", out.rule, "Only alerts of the rule with this id")->type_name("ID");
  list.add_option("--from", out.from, "Only alerts fired at or after this time")->type_name("TIME");
  list.add_option("--to", out.to, "Only alerts fired at or before this time")->type_name("TIME");
  list.add_flag("--lockouts", out.lockouts, "Also account-lockout records");
  add_json(list, out.json);
}

void add_verify(CLI::App& root, VerifyCommand& out) {
  CLI::App& app =
      *root.add_subcommand("verify", "Recompute every alert of a store from its log, and compare");
  app.footer(
      "Uses nothing but the store: the rules and options of each time are kept in it. Exit code 1 "
      "on a difference.");
  app.add_option("--store", out.store, "The store's folder (default: as for run)")
      ->type_name("DIR");
  app.add_option("--threads", out.threads, "Threads; 0: one for each processor")
      ->capture_default_str()
      ->check(CLI::Range(0, 256));
  add_json(app, out.json);
}

void add_status(CLI::App& root, StatusCommand& out) {
  CLI::App& app = *root.add_subcommand("status", "What the running daemon says of itself");
  app.add_option("--socket", out.socket, "The daemon's control socket")->type_name("PATH");
  app.add_option("--config", out.config, "Find the socket by this configuration")
      ->type_name("FILE");
  add_json(app, out.json);
}

void add_test(CLI::App& root, TestCommand& out) {
  CLI::App& app =
      *root.add_subcommand("test", "Run the examples that rules have under `tocsin: tests:`");
  add_packs(app, out.packs);
  app.add_option("PATH", out.paths,
                 "Rule files or folders whose tests are run (default: all loaded rules)");
  add_json(app, out.json);
}

void add_docs(CLI::App& root, DocsCommand& out) {
  CLI::App& app =
      *root.add_subcommand("docs", "The reference pages that are made from the program itself");
  app.add_option("PAGE", out.page,
                 "options, default-file, anomalies, metrics or fields; prints that page");
  app.add_option("--write", out.write, "Write all pages below this checkout")->type_name("DIR");
  app.add_flag("--check", out.check,
               "With --write: change nothing, exit 1 when a page would change");
}

// All commands' values live as long as the parsing.
struct Values {
  ReplayCommand replay;
  RunCommand run;
  CheckCommand check;
  DecodeCommand decode;
  AlertsCommand alerts;
  VerifyCommand verify;
  StatusCommand status;
  TestCommand test;
  DocsCommand docs;
};

Command chosen(const CLI::App& root, Values& values) {
  if (root.got_subcommand("replay")) return std::move(values.replay);
  if (root.got_subcommand("run")) return std::move(values.run);
  if (root.got_subcommand("check")) return std::move(values.check);
  if (root.got_subcommand("decode")) return std::move(values.decode);
  if (root.got_subcommand("alerts")) return std::move(values.alerts);
  if (root.got_subcommand("verify")) return std::move(values.verify);
  if (root.got_subcommand("test")) return std::move(values.test);
  if (root.got_subcommand("docs")) return std::move(values.docs);
  return std::move(values.status);
}

}  // namespace

std::variant<Command, Answer> parse_arguments(const std::vector<std::string>& arguments) {
  CLI::App root("Tocsin: logs in, alerts and account lockouts out.", "tocsin");
  root.set_version_flag("--version", version_text);
  root.require_subcommand(1);
  root.footer(
      "Exit codes: 0 ok, 1 findings, 2 usage, 3 configuration, 4 no daemon, 5 permission.\n"
      "Data goes to stdout, messages to stderr. `tocsin COMMAND --help` says more.");
  Values values;
  add_replay(root, values.replay);
  add_run(root, values.run);
  add_check(root, values.check);
  add_decode(root, values.decode);
  add_alerts(root, values.alerts);
  add_verify(root, values.verify);
  add_status(root, values.status);
  add_test(root, values.test);
  add_docs(root, values.docs);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    root.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const int code = root.exit(error, out, err);
    if (code == 0) return Answer{exit_code::ok, out.str()};
    return Answer{exit_code::usage, "tocsin: " + err.str()};
  }
  return chosen(root, values);
}

}  // namespace tocsin::cli
