#include "cli/alerts.hpp"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/config.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "cli/table.hpp"
#include "store/store.hpp"

namespace tocsin::cli {

namespace {

template <typename Record>
void print_json(std::FILE* to, const Record& record) {
  std::string line;
  base::JsonWriter writer(line);
  event::write_json(record, writer);
  put_line(to, line);
}

std::string short_time(base::EventTime time) {
  return base::format_rfc3339(time.value).substr(0, 19);
}

std::string group_text(const event::Alert& alert) {
  std::string out;
  for (const auto& [name, value] : alert.group)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  return out;
}

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
  Table alerts(
      {"fired at (UTC)", "level", "alert", "who and where", "count", "total", "last seen"});
  Table lockouts({"lockout at (UTC)", "account", "until", "ordered"});
  auto read = (*store)->read_alerts(*filter, [&](const store::StoredAlert& stored) {
    const event::Alert& alert = stored.alert;
    if (command.json) {
      print_json(streams.out, alert);
    } else {
      alerts.add({short_time(alert.fired_at), alert.rule_level, alert.rule_title, group_text(alert),
                  std::to_string(alert.count), std::to_string(alert.total),
                  short_time(alert.last_seen)});
    }
    return true;
  });
  if (read && command.lockouts) {
    read = (*store)->read_lockouts(event::Seq(1), [&](const event::Lockout& lockout) {
      if (command.json) {
        print_json(streams.out, lockout);
      } else {
        lockouts.add({short_time(lockout.time), lockout.user, short_time(lockout.until),
                      lockout.refused.empty() ? "yes" : "no: " + lockout.refused});
      }
      return true;
    });
  }
  if (!read) {
    print_errors(streams.err, {read.error()}, "error");
    return exit_code_of({read.error()}, exit_code::findings);
  }
  if (command.json) return exit_code::ok;
  const std::size_t width = terminal_width(::fileno(streams.out));
  if (!alerts.empty()) put(streams.out, alerts.text(width));
  if (!lockouts.empty()) put(streams.out, (alerts.empty() ? "" : "\n") + lockouts.text(width));
  if (alerts.empty() && lockouts.empty()) put_line(streams.err, "no alerts");
  return exit_code::ok;
}

}  // namespace tocsin::cli
