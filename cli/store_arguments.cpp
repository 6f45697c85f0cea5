#include "cli/store_arguments.hpp"

#include <CLI/CLI.hpp>

#include "cli/option_groups.hpp"

namespace tocsin::cli {

namespace {

CLI::App& add_action(CLI::App& app, StoreCommand& out, StoreCommand::Action action,
                     const char* name, const char* sentence, const char* footer) {
  CLI::App& sub = *app.add_subcommand(name, sentence);
  sub.footer(footer);
  sub.callback([&out, action] { out.action = action; });
  sub.add_option("--store", out.store, "The store's folder (default: as for run)")
      ->type_name("DIR");
  add_json(sub, out.json);
  return sub;
}

}  // namespace

void add_store(CLI::App& root, StoreCommand& out) {
  CLI::App& app = *root.add_subcommand("store", "Check, back up, restore or salvage a store");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  tocsin store check\n"
      "  tocsin store backup /mnt/backup/tocsin-2026-11-22\n"
      "  tocsin store restore /mnt/backup/tocsin-2026-11-22 --store /var/lib/tocsin/store\n"
      "  tocsin store salvage /tmp/saved --store /tmp/mystore");
  using Action = StoreCommand::Action;
  add_action(app, out, Action::check, "check",
             "Read everything, and name each byte that is not as it was written",
             "Blocks and records are held against their checksums, the event log against its chain "
             "of\nhashes. What is wrong is named with the frames that it concerns. Nothing is "
             "changed; it may\nrun beside the daemon. Who noted the chain's hash sees with it that "
             "the log up to there is\nthe one of then. Exit code 1 when something is wrong.\n\n"
             "Example:\n  tocsin store check --store /tmp/mystore");
  CLI::App& backup = add_action(
      app, out, Action::backup, "backup", "Copy the store as it is now, also while the daemon runs",
      "The copy is a store, too: `store check`, `verify` and `alerts list` work on it. A daemon is "
      "asked\nfor a snapshot through its control socket; on the same file system it costs next to "
      "nothing.\n\nExample:\n  tocsin store backup /mnt/backup/tocsin-2026-11-22");
  backup.add_option("DIR", out.other, "Where the backup goes; must not be there yet")->required();
  add_socket(backup, out.socket, out.config);
  CLI::App& restored = add_action(
      app, out, Action::restore, "restore", "Make a store of a backup, which is checked first",
      "Overwrites nothing: the store's folder must be missing or empty.\n\n"
      "Example:\n  tocsin store restore /mnt/backup/tocsin-2026-11-22 --store /tmp/mystore");
  restored.add_option("DIR", out.other, "The backup")->required();
  CLI::App& salvaged = add_action(
      app, out, Action::salvage, "salvage", "Save what is left of a damaged store into a new one",
      "The damaged store stays as it is. Frames that are lost stay in the new log as empty ones, "
      "so that\nall others keep their numbers; exit code 1 says that there are some.\n\n"
      "Example:\n  tocsin store salvage /tmp/saved --store /tmp/mystore");
  salvaged.add_option("DIR", out.other, "The new store; must not be there yet")->required();
}

}  // namespace tocsin::cli
