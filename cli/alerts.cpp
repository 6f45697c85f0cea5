#include "cli/alerts.hpp"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/time.hpp"
#include "cli/config.hpp"
#include "cli/setup.hpp"
#include "cli/table.hpp"
#include "store/store.hpp"

namespace tocsin::cli {

namespace {

template <typename Record>
void print_json(const Record& record) {
  std::string line;
  base::JsonWriter writer(line);
  event::write_json(record, writer);
  std::puts(line.c_str());
}

std::string group_text(const event::Alert& alert) {
  std::string out;
  for (const auto& [name, value] : alert.group)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  return out;
}

// The filter that the options state; a text that is no time is a mistake of usage.
std::optional<store::AlertFilter> read_filter(const AlertsCommand& command) {
  store::AlertFilter filter;
  filter.rule_id = command.rule;
  for (const auto& [text, bound] :
       {std::pair(&command.from, &filter.fired.from), std::pair(&command.to, &filter.fired.to)}) {
    if (text->empty()) continue;
    const auto time = base::parse_rfc3339(*text, true);
    if (!time) {
      std::fprintf(stderr, "tocsin: `%s` is no time; write it as 2026-11-22T03:08:00Z\n",
                   text->c_str());
      return std::nullopt;
    }
    *bound = base::EventTime(*time);
  }
  return filter;
}

}  // namespace

int run_alerts(const AlertsCommand& command) {
  const auto filter = read_filter(command);
  if (!filter) return exit_code::usage;
  const std::string folder =
      command.store.empty() ? default_config().daemon.store_path : command.store;
  const auto store = store::Store::open_read_only(folder);
  if (!store) {
    print_errors({store.error()}, "error");
    return exit_code::findings;
  }
  Table table({"fired at (UTC)", "level", "alert", "who and where", "count", "total", "last seen"});
  auto read = (*store)->read_alerts(*filter, [&](const store::StoredAlert& stored) {
    const event::Alert& alert = stored.alert;
    if (command.json) {
      print_json(alert);
    } else {
      table.add({base::format_rfc3339(alert.fired_at.value).substr(0, 19), alert.rule_level,
                 alert.rule_title, group_text(alert), std::to_string(alert.count),
                 std::to_string(alert.total),
                 base::format_rfc3339(alert.last_seen.value).substr(0, 19)});
    }
    return true;
  });
  if (read && !command.json) std::fputs(table.text(terminal_width(STDOUT_FILENO)).c_str(), stdout);
  if (read && command.lockouts) {
    read = (*store)->read_lockouts(event::Seq(1), [&](const event::Lockout& lockout) {
      if (command.json) {
        print_json(lockout);
      } else {
        std::printf("lockout of %s until %s%s%s\n", lockout.user.c_str(),
                    base::format_rfc3339(lockout.until.value).substr(0, 19).c_str(),
                    lockout.refused.empty() ? "" : ", refused: ", lockout.refused.c_str());
      }
      return true;
    });
  }
  if (!read) {
    print_errors({read.error()}, "error");
    return exit_code::findings;
  }
  return exit_code::ok;
}

}  // namespace tocsin::cli
