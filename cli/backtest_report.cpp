#include "cli/backtest_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"

namespace tocsin::cli {

namespace {

constexpr std::int64_t ns_per_day = 86'400 * base::ns_per_second;
constexpr std::size_t shown_evidence = 5;

std::int64_t day_of(base::EventTime time) {
  return time.value / ns_per_day - (time.value % ns_per_day < 0 ? 1 : 0);
}
std::string day_text(std::int64_t day) {
  return base::format_rfc3339(day * ns_per_day).substr(0, 10);
}
std::string short_time(base::EventTime time) {
  return base::format_rfc3339(time.value).substr(0, 19);
}
std::string short_utc(base::EventTime time) { return short_time(time) + "Z"; }

// As people say it: the largest unit of which there is one at least.
std::string length_text(std::int64_t ns) {
  const double seconds = static_cast<double>(ns) / static_cast<double>(base::ns_per_second);
  if (seconds >= 86400) return fmt::format("{:.1f} days", seconds / 86400);
  if (seconds >= 3600) return fmt::format("{:.1f} hours", seconds / 3600);
  if (seconds >= 60) return fmt::format("{:.1f} minutes", seconds / 60);
  return fmt::format("{:.1f} seconds", seconds);
}

std::string group_text(const event::GroupValues& group) {
  std::string out;
  for (const auto& [name, value] : group)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  return out.empty() ? "(one group)" : out;
}

std::string evidence_text(const event::Alert& alert) {
  std::vector<std::uint64_t> some;
  for (const event::Seq seq : alert.evidence) {
    if (some.size() < shown_evidence) some.push_back(seq.value);
  }
  const std::size_t rest = alert.evidence.size() - some.size();
  return fmt::format("{}{}", fmt::join(some, " "), rest > 0 ? fmt::format(" +{}", rest) : "");
}

std::string some_of(const std::vector<std::string>& titles) {
  constexpr std::size_t most = 5;
  const std::size_t some = std::min(titles.size(), most);
  return fmt::format(
      "{}{}", fmt::join(titles.begin(), titles.begin() + static_cast<std::ptrdiff_t>(some), ", "),
      some < titles.size() ? fmt::format(", {} more", titles.size() - some) : "");
}

template <typename Key, typename Compare>
auto by_frequency(const std::map<Key, std::uint64_t, Compare>& counts) {
  std::vector<std::pair<Key, std::uint64_t>> out(counts.begin(), counts.end());
  std::ranges::stable_sort(out, [](const auto& a, const auto& b) { return a.second > b.second; });
  return out;
}

Table alert_table() {
  return Table({"fired at (UTC)", "rule", "who and where", "count", "evidence"});
}
void add(const event::Alert& alert, Table& table) {
  table.add({short_time(alert.fired_at), alert.rule_title, group_text(alert.group),
             std::to_string(alert.count), evidence_text(alert)});
}

}  // namespace

void BacktestReport::compare(const engine::Backtest& old) {
  difference_ = engine::compare_alerts(now_.alerts, old.alerts);
}

std::size_t BacktestReport::shown(std::size_t count) const {
  return asked_.limit == 0 ? count : std::min<std::size_t>(count, asked_.limit);
}

// Less than a day counts as one: nothing is known of the rest of it.
double BacktestReport::per_day(std::uint64_t alerts) const {
  const double days =
      static_cast<double>(now_.end.value - now_.begin.value) / static_cast<double>(ns_per_day);
  return static_cast<double>(alerts) / std::max(days, 1.0);
}

std::vector<BacktestReport::Figures> BacktestReport::figures() const {
  std::map<std::string_view, std::size_t> place;
  std::vector<Figures> out;
  for (const engine::BacktestRule& rule : now_.rules) {
    place.emplace(rule.id, out.size());
    out.emplace_back().rule = &rule;
  }
  const auto less = [](const event::GroupValues* a, const event::GroupValues* b) {
    return *a < *b;
  };
  std::vector<std::map<const event::GroupValues*, std::uint64_t, decltype(less)>> groups(
      out.size(), std::map<const event::GroupValues*, std::uint64_t, decltype(less)>(less));
  std::vector<std::map<std::int64_t, std::uint64_t>> days(out.size());
  std::vector<std::map<std::string, std::uint64_t>> accounts(out.size());
  for (const event::Alert& alert : now_.alerts) {
    const std::size_t at = place.at(alert.rule_id);
    out[at].alerts.push_back(&alert);
    ++groups[at][&alert.group];
    ++days[at][day_of(alert.fired_at)];
  }
  for (const event::Lockout& lockout : now_.lockouts) {
    const std::size_t at = place.at(lockout.rule_id);
    ++(lockout.refused.empty() ? out[at].ordered : out[at].refused);
    if (lockout.refused.empty()) ++accounts[at][lockout.user];
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].groups = by_frequency(groups[i]);
    out[i].accounts = by_frequency(accounts[i]);
    for (const auto& [day, count] : days[i]) {
      if (count <= out[i].on_that_day) continue;
      out[i].busiest_day = day;
      out[i].on_that_day = count;
    }
  }
  return out;
}

std::vector<std::string> BacktestReport::notes() const {
  constexpr auto always = std::numeric_limits<std::int64_t>::min();
  std::vector<std::string> out;
  const bool begins_later = asked_.span.from < now_.log_begin && asked_.span.from.value != always;
  if (begins_later)
    out.push_back(
        fmt::format("shorter than asked for: the log begins at {}", short_utc(now_.log_begin)));
  if (now_.is_cut)
    out.push_back(fmt::format("ended early, with {}: the rest of the log was not read",
                              counted(now_.alerts.size(), "alert")));
  if (now_.is_blind && !begins_later && asked_.span.from.value != always)
    out.push_back(
        fmt::format("windows began empty at {}, when the log begins", short_utc(now_.log_begin)));
  std::vector<std::string> longer;
  for (const engine::BacktestRule& rule : now_.rules) {
    if (rule.is_correlation && rule.reach.count() > now_.end.value - now_.begin.value)
      longer.push_back(fmt::format("{} ({})", rule.title, base::format_duration(rule.reach)));
  }
  if (!longer.empty())
    out.push_back("the period is shorter than these rules look back: " + some_of(longer));
  if (!asked_.above.empty())
    out.push_back("not run, though they count these: " + some_of(asked_.above));
  if (now_.lacks_lockouts)
    out.emplace_back("lockout records that other rules caused were not seen");
  return out;
}

std::string BacktestReport::head() const {
  std::string out =
      fmt::format("period  {} to {}, {}\n", short_utc(now_.begin), short_utc(now_.end),
                  length_text(now_.end.value - now_.begin.value));
  out += fmt::format("read    {}, frames {} to {}, {} of them before the period, to fill windows\n",
                     counted(now_.events, "event"), now_.first.value, now_.last.value,
                     now_.events_before);
  for (const std::string& note : notes()) out += "note    " + base::printable(note) + "\n";
  return out;
}

struct BacktestReport::Tables {
  Table rules{{"rule", "level", "detections", "alerts", "a day", "most on", "lockouts"}};
  Table whom{{"rule", "who and where", "alerts"}};
  Table locked{{"rule", "account", "lockouts"}};
  Table alerts = alert_table();
};

void BacktestReport::add_rows(const Figures& of, Tables& out) const {
  const engine::BacktestRule& rule = *of.rule;
  const std::string most =
      of.alerts.empty() ? "" : fmt::format("{}: {}", day_text(of.busiest_day), of.on_that_day);
  const std::string refused = of.refused > 0 ? fmt::format(" ({} refused)", of.refused) : "";
  out.rules.add({rule.title, std::string(rules::name_of(rule.level)),
                 std::to_string(rule.detections),
                 rule.alerts ? std::to_string(of.alerts.size()) : "none of its own",
                 rule.alerts ? fmt::format("{:.1f}", per_day(of.alerts.size())) : "", most,
                 fmt::format("{}{}", of.ordered, refused)});
  const std::size_t groups = shown(of.groups.size());
  for (std::size_t i = 0; i < groups; ++i) {
    out.whom.add(
        {rule.title, group_text(*of.groups[i].first), std::to_string(of.groups[i].second)});
  }
  if (groups < of.groups.size())
    out.whom.add({rule.title, fmt::format("({} more)", of.groups.size() - groups), ""});
  for (std::size_t i = 0; i < shown(of.accounts.size()); ++i) {
    out.locked.add({rule.title, of.accounts[i].first, std::to_string(of.accounts[i].second)});
  }
  // The first ones and the last.
  const std::size_t some = shown(of.alerts.size());
  for (std::size_t i = 0; i < some; ++i)
    add(i + 1 < some ? *of.alerts[i] : *of.alerts.back(), out.alerts);
}

std::string BacktestReport::text(std::size_t width) const {
  Tables tables;
  std::size_t silent = 0;
  for (const Figures& of : figures()) {
    if (of.rule->detections == 0 && of.alerts.empty() && now_.rules.size() > 1) {
      ++silent;
    } else {
      add_rows(of, tables);
    }
  }
  std::string out = head();
  if (!tables.rules.empty()) out += "\n" + tables.rules.text(width);
  if (silent > 0) out += fmt::format("{} met nothing\n", counted(silent, "rule"));
  if (!tables.whom.empty()) out += "\n" + tables.whom.text(width);
  if (!tables.locked.empty()) out += "\n" + tables.locked.text(width);
  if (difference_) return out + difference_text(width);
  return tables.alerts.empty() ? out : out + "\n" + tables.alerts.text(width);
}

std::string BacktestReport::difference_text(std::size_t width) const {
  std::string out =
      fmt::format("\nalerts only of the new form: {}, only of the old one: {}, of both: {}\n",
                  difference_->only_new.size(), difference_->only_old.size(), difference_->both);
  for (const auto& [name, list] :
       {std::pair("new", &difference_->only_new), std::pair("old", &difference_->only_old)}) {
    if (list->empty()) continue;
    Table table = alert_table();
    const std::size_t some = shown(list->size());
    for (std::size_t i = 0; i < some; ++i) add(*(*list)[i], table);
    out += fmt::format("\nonly {}:\n", name) + table.text(width);
    if (some < list->size())
      out += fmt::format("({} more: --limit 0 shows all)\n", list->size() - some);
  }
  return out;
}

std::string BacktestReport::cost() const {
  const double seconds = std::max(std::chrono::duration<double>(asked_.elapsed).count(), 1e-9);
  const double events = static_cast<double>(std::max<std::uint64_t>(now_.events, 1));
  return fmt::format("{} read in {:.2f} s: {}/s, {:.0f} ns each", counted(now_.events, "event"),
                     seconds, short_number(events / seconds), seconds * 1e9 / events);
}

namespace {

void write_group(const event::GroupValues& group, base::JsonWriter& out) {
  out.begin_object();
  for (const auto& [name, value] : group) out.member(name, std::string_view(value));
  out.end_object();
}

void write_line(std::string_view name, const event::Alert& alert, std::string& out) {
  base::JsonWriter writer(out);
  writer.begin_object().key(name);
  event::write_json(alert, writer);
  writer.end_object();
  out += '\n';
}

}  // namespace

void BacktestReport::write_head(std::string& out) const {
  const auto time = [](base::EventTime at) { return base::format_rfc3339(at.value); };
  base::JsonWriter line(out);
  line.begin_object()
      .key("backtest")
      .begin_object()
      .member("from", std::string_view(time(now_.begin)))
      .member("to", std::string_view(time(now_.end)))
      .member("log_from", std::string_view(time(now_.log_begin)))
      .member("log_to", std::string_view(time(now_.log_end)))
      .member("first_seq", now_.first.value)
      .member("last_seq", now_.last.value)
      .member("events", now_.events)
      .member("events_before", now_.events_before)
      .member("skipped", now_.skipped)
      .member("rules", now_.rules.size())
      .member("alerts", now_.alerts.size())
      .member("seconds", std::chrono::duration<double>(asked_.elapsed).count())
      .member("is_cut", now_.is_cut)
      .key("notes")
      .begin_array();
  for (const std::string& note : notes()) line.value(std::string_view(note));
  line.end_array().end_object().end_object();
  out += '\n';
}

void BacktestReport::write_rule(const Figures& of, std::string& out) const {
  base::JsonWriter line(out);
  line.begin_object()
      .key("rule")
      .begin_object()
      .member("id", std::string_view(of.rule->id))
      .member("title", std::string_view(of.rule->title))
      .member("level", rules::name_of(of.rule->level))
      .member("detections", of.rule->detections)
      .member("alerts", of.alerts.size())
      .member("alerts_a_day", per_day(of.alerts.size()))
      .member("lockouts", of.ordered)
      .member("lockouts_refused", of.refused);
  if (!of.alerts.empty()) {
    const auto time = [](const event::Alert* at) {
      return base::format_rfc3339(at->fired_at.value);
    };
    line.member("busiest_day", std::string_view(day_text(of.busiest_day)))
        .member("busiest_day_alerts", of.on_that_day)
        .member("first_fired_at", std::string_view(time(of.alerts.front())))
        .member("last_fired_at", std::string_view(time(of.alerts.back())));
  }
  line.key("groups").begin_array();
  for (std::size_t i = 0; i < shown(of.groups.size()); ++i) {
    line.begin_object().key("group");
    write_group(*of.groups[i].first, line);
    line.member("alerts", of.groups[i].second).end_object();
  }
  line.end_array().key("accounts").begin_array();
  for (std::size_t i = 0; i < shown(of.accounts.size()); ++i) {
    line.begin_object()
        .member("user", std::string_view(of.accounts[i].first))
        .member("lockouts", of.accounts[i].second)
        .end_object();
  }
  line.end_array().key("examples").begin_array();
  for (std::size_t i = 0; i < shown(of.alerts.size()); ++i) event::write_json(*of.alerts[i], line);
  line.end_array().end_object().end_object();
  out += '\n';
}

std::string BacktestReport::json() const {
  std::string out;
  write_head(out);
  for (const Figures& of : figures()) write_rule(of, out);
  if (!difference_) return out;
  const auto add_list = [&](std::string_view name, const std::vector<const event::Alert*>& list) {
    for (std::size_t i = 0; i < shown(list.size()); ++i) write_line(name, *list[i], out);
  };
  add_list("only_new", difference_->only_new);
  add_list("only_old", difference_->only_old);
  base::JsonWriter(out)
      .begin_object()
      .key("against")
      .begin_object()
      .member("only_new", difference_->only_new.size())
      .member("only_old", difference_->only_old.size())
      .member("both", difference_->both)
      .end_object()
      .end_object();
  out += '\n';
  return out;
}

}  // namespace tocsin::cli
