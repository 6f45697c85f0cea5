#include "respond/outbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.hpp"

namespace tocsin::respond {

namespace {

constexpr std::array<std::string_view, 5> levels = {"informational", "low", "medium", "high",
                                                    "critical"};

bool wants(const ChannelOptions& channel, std::string_view event) {
  return std::find(channel.events.begin(), channel.events.end(), event) != channel.events.end();
}

std::string_view name_of(Change change) {
  switch (change) {
    case Change::fired:
      return "fired";
    case Change::amended:
      return "amended";
    case Change::merged:
      return "merged";
  }
  return "";
}

std::string id_of(const event::Alert& alert, Change change) {
  std::string id = event::to_string(alert.id);
  switch (change) {
    case Change::fired:
      return id + "-1";
    case Change::amended:
      return fmt::format("{}-1.{}", id, alert.total);
    case Change::merged:
      return id + "-2";
  }
  return id;
}

}  // namespace

int level_number(std::string_view level) {
  const auto place = std::find(levels.begin(), levels.end(), level);
  return place == levels.end() ? 0 : static_cast<int>(place - levels.begin());
}

std::vector<event::OutboxRow> outbox_rows(const event::Alert& alert, Change change,
                                          std::span<const ChannelOptions> channels) {
  std::vector<event::OutboxRow> rows;
  for (const ChannelOptions& channel : channels) {
    if (!wants(channel, "alert") || (change == Change::amended && !channel.amendments) ||
        level_number(alert.rule_level) < level_number(channel.min_level))
      continue;
    rows.push_back({channel.name, 0, id_of(alert, change), {}, 0});
  }
  if (rows.empty()) return rows;
  const base::EventTime time = change == Change::amended ? alert.last_seen : alert.fired_at;
  std::string body;
  base::JsonWriter out(body);
  out.begin_object().member("id", std::string_view(rows[0].id)).member("event", "alert");
  out.member("change", name_of(change)).member("level", std::string_view(alert.rule_level));
  out.member("rule", std::string_view(alert.rule_id));
  out.member("time", std::string_view(base::format_rfc3339(time.value))).key("alert");
  event::write_json(alert, out);
  out.end_object();
  for (event::OutboxRow& row : rows) row.body = body;
  return rows;
}

std::vector<event::OutboxRow> outbox_rows(const event::Lockout& lockout,
                                          std::span<const ChannelOptions> channels) {
  std::vector<event::OutboxRow> rows;
  const std::string id = fmt::format("{}-lockout-{}-{}", event::to_string(lockout.alert),
                                     lockout.seq.value, lockout.k);
  for (const ChannelOptions& channel : channels)
    if (wants(channel, "lockout")) rows.push_back({channel.name, 0, id, {}, 0});
  if (rows.empty()) return rows;
  std::string body;
  base::JsonWriter out(body);
  out.begin_object().member("id", std::string_view(id)).member("event", "lockout");
  out.member("change", lockout.refused.empty() ? "ordered" : "refused");
  out.member("rule", std::string_view(lockout.rule_id));
  out.member("time", std::string_view(base::format_rfc3339(lockout.time.value)));
  // write_json gives {"lockout": {...}}: its one member goes on here, its brace ends ours.
  std::string inner;
  base::JsonWriter inner_out(inner);
  event::write_json(lockout, inner_out);
  body += ',';
  body += std::string_view(inner).substr(1);
  for (event::OutboxRow& row : rows) row.body = body;
  return rows;
}

}  // namespace tocsin::respond
