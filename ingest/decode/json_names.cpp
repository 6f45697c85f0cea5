#include "ingest/decode/json_names.hpp"

#include <array>

namespace tocsin::ingest {

namespace {

// Names of an event's time, best first. The role of a name is 1 + its place.
constexpr std::array<std::string_view, 32> time_names = {
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "eventTime",
    "EventTime",
    "TimeCreated",
    "UtcTime",
    "TimeGenerated",
    "event_time",
    "Timestamp",
    "timeCreated",
    "datetime",
    "eventTimestamp",
    "event.created",
    "Event.System.TimeCreated.#attributes.SystemTime",
    "Event.System.TimeCreated.SystemTime",
    "System.TimeCreated.SystemTime",
    "win.system.systemTime",
    "winlog.time_created",
    "systemTime",
    "SystemTime",
    "CreationTime",
    "createdDateTime",
    "activityDateTime",
    "ActivityDateTime",
    "published",
    "log_time",
    "_time",
    "date",
    "__REALTIME_TIMESTAMP",
    "_SOURCE_REALTIME_TIMESTAMP"};
static_assert(time_names.size() == JsonRole::last_time);

struct RoleRow {
  std::string_view name;
  std::uint8_t role;
};
constexpr std::array<RoleRow, 17> role_rows = {
    {{"message", JsonRole::message},
     {"msg", JsonRole::msg},
     {"log", JsonRole::msg},
     {"EventData", JsonRole::json_text},
     {"UserData", JsonRole::json_text},
     {"Event.EventData", JsonRole::json_text},
     {"Event.EventData.Data.@Name", JsonRole::data_name},
     {"Event.EventData.Data.#attributes.Name", JsonRole::data_name},
     {"Event.EventData.Data.Name", JsonRole::data_name},
     {"Event.EventData.Data.#text", JsonRole::data_text},
     {"MESSAGE", JsonRole::journal_message},
     {"SYSLOG_IDENTIFIER", JsonRole::journal_program},
     {"_PID", JsonRole::journal_pid},
     {"SYSLOG_PID", JsonRole::journal_pid},
     {"_HOSTNAME", JsonRole::journal_host},
     {"PRIORITY", JsonRole::journal_priority},
     {"SYSLOG_FACILITY", JsonRole::journal_facility}}};

}  // namespace

std::uint8_t json_role(std::string_view name) {
  for (std::size_t i = 0; i < time_names.size(); ++i) {
    if (time_names[i] == name) return static_cast<std::uint8_t>(i + 1);
  }
  for (const RoleRow& row : role_rows) {
    if (row.name == name) return row.role;
  }
  return JsonRole::none;
}

bool is_always_utc(std::uint8_t role) {
  if (role == JsonRole::none || role > JsonRole::last_time) return false;
  const std::string_view name = time_names[role - 1U];
  return name == "UtcTime" || name == "CreationTime";
}

event::FieldId journal_field(std::uint8_t role) {
  switch (role) {
    case JsonRole::journal_message:
      return event::field::message;
    case JsonRole::journal_program:
      return event::field::process_name;
    case JsonRole::journal_pid:
      return event::field::process_pid;
    case JsonRole::journal_host:
      return event::field::host_name;
    case JsonRole::journal_priority:
      return event::field::severity_code;
    case JsonRole::journal_facility:
      return event::field::facility_code;
    default:
      return event::FieldTable::unknown;
  }
}

}  // namespace tocsin::ingest
