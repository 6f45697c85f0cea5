#include "cli/alert_show.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "cli/alert_tables.hpp"
#include "cli/config.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "store/store.hpp"

namespace tocsin::cli {

namespace {

constexpr std::size_t shown_evidence = 10;

void line(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) out += fmt::format("{:<10}{}\n", name, base::printable(text));
}

std::string evidence_text(std::span<const event::Seq> evidence) {
  std::vector<std::uint64_t> numbers;
  for (const event::Seq seq : evidence.first(std::min(evidence.size(), shown_evidence)))
    numbers.push_back(seq.value);
  const std::size_t more = evidence.size() - numbers.size();
  return fmt::format("{} {}{}", evidence.size() == 1 ? "frame" : "frames", fmt::join(numbers, ", "),
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

std::string text_of(const store::StoredAlert& stored, std::span<const event::AlertChange> history,
                    std::size_t width) {
  const event::Alert& alert = stored.alert;
  std::string out;
  line(out, "alert", event::to_string(alert.id));
  line(out, "rule", fmt::format("{} ({}), {}", alert.rule_title, alert.rule_level, alert.rule_id));
  line(out, "by", alert.rule_author);
  line(out, "who", group_text(alert.group));
  line(out, "fired",
       fmt::format("{}, {} in the window from {} on, {} until {}", short_time(alert.fired_at.value),
                   alert.count, short_time(alert.first_seen.value), alert.total,
                   short_time(alert.last_seen.value)));
  line(out, "evidence", evidence_text(alert.evidence));
  if (alert.merged_into) {
    line(out, "joined",
         fmt::format("to {}; what people did here stays here",
                     event::to_string(*alert.merged_into)));
  }
  line(out, "status", life_text(stored.life));
  if (history.empty()) return out;
  Table table({"at (UTC)", "who", "what", "comment"});
  for (const event::AlertChange& change : history) {
    table.add({short_time(change.at.value),
               change.by.user.empty() ? fmt::format("uid {}", change.by.uid) : change.by.user,
               event::text_of(change), change.text});
  }
  return out + "\n" + table.text(width);
}

base::Result<void> show(const store::AlertTable& alerts, const std::string& id, bool json,
                        bool first, const Streams& streams) {
  TRY(const store::StoredAlert stored, alerts.find(id));
  TRY(const auto history, alerts.history(stored.alert.id));
  if (json) {
    put_line(streams.out, event::json_of(stored.alert, stored.life, history));
  } else {
    put(streams.out,
        (first ? "" : "\n") + text_of(stored, history, terminal_width(::fileno(streams.out))));
  }
  return {};
}

}  // namespace

int show_alerts(const AlertsCommand& command, const Streams& streams) {
  const auto store = store::Store::open_read_only(store_folder(command.store));
  base::Errors errors;
  if (!store) errors.push_back(store.error());
  for (const std::string& id : command.ids) {
    if (!store) break;
    const bool first = &id == command.ids.data();
    const auto shown = show((*store)->alerts(), id, command.json, first, streams);
    if (!shown) errors.push_back(shown.error());
  }
  print_errors(streams.err, errors, "error");
  return errors.empty() ? exit_code::ok : exit_code_of(errors, exit_code::findings);
}

}  // namespace tocsin::cli
