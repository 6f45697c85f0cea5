#include "cli/alerts.hpp"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/alert_tables.hpp"
#include "cli/config.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "store/store.hpp"

namespace tocsin::cli {

namespace {

// The filter that the options state; a text that is no time is a mistake of usage.
std::optional<store::AlertFilter> read_filter(const AlertsCommand& command,
                                              const Streams& streams) {
  store::AlertFilter filter;
  filter.rule_id = command.rule;
  for (const auto& [text, bound] :
       {std::pair(&command.from, &filter.fired.from), std::pair(&command.to, &filter.fired.to)}) {
    if (text->empty()) continue;
    const auto time = base::parse_rfc3339(*text, true);
    if (!time) {
      put_line(streams.err, fmt::format("tocsin: `{}` is no time; write it as 2026-11-22T03:08:00Z",
                                        base::printable(*text)));
      return std::nullopt;
    }
    *bound = base::EventTime(*time);
  }
  return filter;
}

}  // namespace

int run_alerts(const AlertsCommand& command, const Streams& streams) {
  const auto filter = read_filter(command, streams);
  if (!filter) return exit_code::usage;
  const auto store = store::Store::open_read_only(store_folder(command.store));
  if (!store) {
    print_errors(streams.err, {store.error()}, "error");
    return exit_code_of({store.error()}, exit_code::findings);
  }
  AlertTables tables;
  auto read = (*store)->read_alerts(*filter, [&](const store::StoredAlert& stored) {
    if (command.json) {
      put_line(streams.out, event::json_of(stored.alert));
    } else {
      tables.add(stored.alert);
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

}  // namespace tocsin::cli
