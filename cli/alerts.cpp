#include "cli/alerts.hpp"

#include <unistd.h>

#include <cstdio>

#include "cli/alert_changes.hpp"
#include "cli/alert_show.hpp"
#include "cli/alert_tables.hpp"
#include "cli/config.hpp"
#include "cli/report.hpp"
#include "console/alerts.hpp"
#include "store/store.hpp"

namespace tocsin::cli {

namespace {

int list(const AlertsCommand& command, const Streams& streams) {
  const auto filter = console::parse_alert_filter({{"rule", command.rule},
                                                   {"status", command.status},
                                                   {"assignee", command.assignee},
                                                   {"tag", command.tag},
                                                   {"entity", command.entity},
                                                   {"from", command.from},
                                                   {"to", command.to}});
  if (!filter) {
    put_line(streams.err, "tocsin: " + filter.error().sentence);
    return exit_code::usage;
  }
  const auto store = store::Store::open_read_only(store_folder(command.store));
  if (!store) {
    print_errors(streams.err, {store.error()}, "error");
    return exit_code_of({store.error()}, exit_code::findings);
  }
  AlertTables tables;
  auto read = (*store)->read_alerts(*filter, [&](const store::StoredAlert& stored) {
    if (command.json) {
      put_line(streams.out, event::json_of(stored.alert, stored.life));
    } else {
      tables.add(stored.alert, stored.life);
    }
    return true;
  });
  if (read && command.lockouts) {
    read = (*store)->read_lockouts(event::Seq(1), [&](const event::Lockout& lockout) {
      if (command.json) {
        put_line(streams.out, event::json_of(lockout));
      } else {
        tables.add(lockout);
      }
      return true;
    });
  }
  if (!read) {
    print_errors(streams.err, {read.error()}, "error");
    return exit_code_of({read.error()}, exit_code::findings);
  }
  if (command.json) return exit_code::ok;
  put(streams.out, tables.text(terminal_width(::fileno(streams.out))));
  if (tables.empty()) put_line(streams.err, "no alerts");
  return exit_code::ok;
}

}  // namespace

int run_alerts(const AlertsCommand& command, const Streams& streams) {
  switch (command.what) {
    case AlertsCommand::What::list:
      return list(command, streams);
    case AlertsCommand::What::show:
      return show_alerts(command, streams);
    case AlertsCommand::What::change:
      return change_alerts(command, streams);
  }
  return exit_code::usage;
}

}  // namespace tocsin::cli
