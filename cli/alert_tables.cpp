#include "cli/alert_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/time.hpp"

namespace tocsin::cli {

namespace {

constexpr std::size_t shown_digits = 12;  // of an id: a million alerts have no two alike

}  // namespace

std::string short_time(std::int64_t ns) { return base::format_rfc3339(ns).substr(0, 19); }

std::string group_text(const event::GroupValues& group) {
  std::string out;
  for (const auto& [name, value] : group)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  return out;
}

std::string life_text(const event::LifeCycle& life) {
  std::string out = event::status_text(life);
  if (!life.assignee.empty()) out += ", " + life.assignee + " has it";
  if (!life.tags.empty()) out += fmt::format(", tagged {}", fmt::join(life.tags, ", "));
  return out;
}

void AlertTables::add(const event::Alert& alert, const event::LifeCycle& life) {
  std::string status = life_text(life);
  if (alert.merged_into)
    status += ", joined to " + event::to_string(*alert.merged_into).substr(0, shown_digits);
  handled_.add({event::to_string(alert.id).substr(0, shown_digits),
                short_time(alert.fired_at.value), alert.rule_level, alert.rule_title,
                group_text(alert.group), std::to_string(alert.count), std::to_string(alert.total),
                short_time(alert.last_seen.value), std::move(status)});
  note_author(alert);
}

void AlertTables::add(const event::Alert& alert) {
  alerts_.add({short_time(alert.fired_at.value), alert.rule_level, alert.rule_title,
               group_text(alert.group), std::to_string(alert.count), std::to_string(alert.total),
               short_time(alert.last_seen.value)});
  note_author(alert);
}

void AlertTables::note_author(const event::Alert& alert) {
  const std::string& author = alert.rule_author;
  if (!author.empty() && std::ranges::find(authors_, author) == authors_.end())
    authors_.push_back(author);
}

void AlertTables::add(const event::Lockout& lockout) {
  lockouts_.add({short_time(lockout.time.value), lockout.user, short_time(lockout.until.value),
                 lockout.refused.empty() ? "yes" : "no: " + lockout.refused});
}

std::string AlertTables::text(std::size_t width) const {
  std::string out;
  if (!alerts_.empty()) out = alerts_.text(width);
  if (!handled_.empty()) out += handled_.text(width);
  if (!authors_.empty())
    out += base::printable(fmt::format("rules by: {}", fmt::join(authors_, "; "))) + "\n";
  if (!lockouts_.empty()) out += (out.empty() ? "" : "\n") + lockouts_.text(width);
  return out;
}

}  // namespace tocsin::cli
