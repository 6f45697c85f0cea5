#include "cli/alert_arguments.hpp"

#include <CLI/CLI.hpp>

#include "cli/option_groups.hpp"

namespace tocsin::cli {

namespace {

using What = AlertsCommand::What;

constexpr const char* examples =
    "Examples:\n"
    "  tocsin alerts list\n"
    "  tocsin alerts list --status open --entity bob\n"
    "  tocsin alerts list --json --lockouts --store /tmp/mystore | jq .\n"
    "  tocsin alerts list --from 2026-11-20T22:00:00Z --to 2026-11-21T00:00:00Z\n\n"
    "No daemon is needed; beside a running one the store is only read.";

void add_place(CLI::App& app, AlertsCommand& out) {
  app.add_option("--store", out.store, "The store's folder (default: as for run)")
      ->type_name("DIR");
  add_json(app, out.json);
}

void add_list(CLI::App& app, AlertsCommand& out) {
  CLI::App& list = *app.add_subcommand("list", "All alerts, or some, in order of firing");
  list.footer(examples);
  list.add_option("--rule", out.rule, "Only alerts of the rule with this id")->type_name("ID");
  list.add_option("--from", out.from, "Only alerts fired at or after this time")->type_name("TIME");
  list.add_option("--to", out.to, "Only alerts fired at or before this time")->type_name("TIME");
  list.add_option("--status", out.status, "open, acknowledged, in_progress or closed")
      ->type_name("STATUS")
      ->check(CLI::IsMember({"open", "acknowledged", "in_progress", "closed"}));
  list.add_option("--assignee", out.assignee, "Only alerts that this person has")
      ->type_name("NAME");
  list.add_option("--tag", out.tag, "Only alerts that somebody gave this tag")->type_name("TAG");
  list.add_option("--entity", out.entity,
                  "Only alerts on this user, address or host: VALUE or FIELD=VALUE")
      ->type_name("VALUE");
  list.add_flag("--lockouts", out.lockouts, "Also account-lockout records");
  add_place(list, out);
}

CLI::App& add_one(CLI::App& app, AlertsCommand& out, const char* name, const char* sentence,
                  const char* footer) {
  CLI::App& sub = *app.add_subcommand(name, sentence);
  sub.footer(footer);
  sub.add_option("ID", out.ids, "Ids of alerts, or the first six or more digits of each")
      ->required();
  add_place(sub, out);
  return sub;
}

// A command that changes alerts: through the daemon, where one holds the store.
CLI::App& add_change(CLI::App& app, AlertsCommand& out, event::AlertAction action,
                     const char* sentence, const char* footer) {
  CLI::App& sub = add_one(app, out, std::string(event::name_of(action)).c_str(), sentence, footer);
  sub.callback([&out, action] {
    out.what = What::change;
    out.action = action;
  });
  auto* text = sub.add_option("-m,--text", out.text, "A comment, at most 4 KiB")->type_name("TEXT");
  if (action == event::AlertAction::comment) text->required();
  add_socket(sub, out.socket, out.config);
  return sub;
}

void add_tags(CLI::App& app, const char* name, std::vector<std::string>& tags,
              const char* sentence) {
  app.add_option(name, tags, sentence)
      ->type_name("TAG")
      ->type_size(1)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void add_alerts(CLI::App& root, AlertsCommand& out) {
  using event::AlertAction;
  CLI::App& app = *root.add_subcommand("alerts", "Alerts of a store, and what is done about them");
  app.require_subcommand(1);
  app.footer(examples);
  add_list(app, out);
  add_one(app, out, "show", "Alerts whole, with all that people did about them",
          "Example:\n  tocsin alerts show 3f9a12\n\n"
          "No daemon is needed; beside a running one the store is only read.")
      .callback([&out] { out.what = What::show; });
  add_change(app, out, AlertAction::acknowledge, "Say that somebody has seen them",
             "Example:\n  tocsin alerts ack 3f9a12 77b0c4 -m 'looking'\n\n"
             "Who did it is what the system says: through the daemon the account of the process "
             "that\nconnects, else the command's own. Exit code 1 when one of them was refused.");
  add_change(app, out, AlertAction::progress, "Say that somebody works on them",
             "Example:\n  tocsin alerts progress 3f9a12");
  add_change(app, out, AlertAction::close, "Close them, and say why",
             "Examples:\n  tocsin alerts close 3f9a12 --reason false_positive\n"
             "  tocsin alerts close 3f9a12 --reason other -m 'an exercise of the blue team'")
      .add_option("--reason", out.reason,
                  "true_positive, false_positive, benign, duplicate, or other with --text")
      ->type_name("REASON")
      ->required()
      ->check(CLI::IsMember({"true_positive", "false_positive", "benign", "duplicate", "other"}));
  add_change(app, out, AlertAction::reopen, "Open closed ones again",
             "Example:\n  tocsin alerts reopen 3f9a12 -m 'it goes on'");
  CLI::App& assign =
      add_change(app, out, AlertAction::assign, "Give them to a person, or to nobody",
                 "Examples:\n  tocsin alerts assign 3f9a12 --to alice\n"
                 "  tocsin alerts assign 3f9a12 --nobody");
  auto* to = assign.add_option("--to", out.assignee, "Who has them from now on, at most 128 bytes")
                 ->type_name("NAME");
  assign.add_flag("--nobody", out.nobody, "Nobody has them any more")->excludes(to);
  add_change(app, out, AlertAction::comment, "Say something about them",
             "Example:\n  tocsin alerts comment 3f9a12 -m 'the same address as last week'");
  CLI::App& tag = add_change(app, out, AlertAction::tag, "Give them tags, or take some away",
                             "Example:\n  tocsin alerts tag 3f9a12 --add vpn --remove unsure");
  add_tags(tag, "--add", out.add_tags, "A tag, at most 64 bytes; may be given again");
  add_tags(tag, "--remove", out.remove_tags, "A tag to take away; may be given again");
}

}  // namespace tocsin::cli
