#include "cli/alert_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/time.hpp"

namespace tocsin::cli {

namespace {

std::string short_time(base::EventTime time) {
  return base::format_rfc3339(time.value).substr(0, 19);
}

std::string group_text(const event::GroupValues& group) {
  std::string out;
  for (const auto& [name, value] : group)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  return out;
}

}  // namespace

void AlertTables::add(const event::Alert& alert) {
  alerts_.add({short_time(alert.fired_at), alert.rule_level, alert.rule_title,
               group_text(alert.group), std::to_string(alert.count), std::to_string(alert.total),
               short_time(alert.last_seen)});
  const std::string& author = alert.rule_author;
  if (!author.empty() && std::ranges::find(authors_, author) == authors_.end())
    authors_.push_back(author);
}

void AlertTables::add(const event::Lockout& lockout) {
  lockouts_.add({short_time(lockout.time), lockout.user, short_time(lockout.until),
                 lockout.refused.empty() ? "yes" : "no: " + lockout.refused});
}

std::string AlertTables::text(std::size_t width) const {
  std::string out;
  if (!alerts_.empty()) out = alerts_.text(width);
  if (!authors_.empty())
    out += base::printable(fmt::format("rules by: {}", fmt::join(authors_, "; "))) + "\n";
  if (!lockouts_.empty()) out += (out.empty() ? "" : "\n") + lockouts_.text(width);
  return out;
}

}  // namespace tocsin::cli
