// What the names of JSON members mean beyond themselves: times, messages, journald's header.
// Threads:   pure functions
// Source:    systemd.journal-fields(7); names of times as cloud services, shippers and Windows use
// Tested by: tests/ingest/decode/json_names_test.cpp
#pragma once

#include <cstdint>
#include <string_view>

#include "event/field.hpp"

namespace tocsin::ingest {

// Numbers with names of their own: NameCache keeps them as they are.
struct JsonRole {
  enum : std::uint8_t {
    none = 0,
    // 1 .. last_time: a time, the best name first
    last_time = 32,
    message,
    msg,        // a message where there is none of that name
    json_text,  // an object may stand in it as text
    data_name,  // of an object {name, text} that stands for one field
    data_text,
    // From here on a name of journald, given as the header's
    journal_message,
    journal_program,
    journal_pid,
    journal_host,
    journal_priority,
    journal_facility,
  };
};

// The role of a dotted name; JsonRole::none for most.
[[nodiscard]] std::uint8_t json_role(std::string_view name);

// Of a time's role: the value is UTC by definition although it is written without a zone.
[[nodiscard]] bool is_always_utc(std::uint8_t role);

// The header's field for one of journald's roles; FieldTable::unknown for any other.
[[nodiscard]] event::FieldId journal_field(std::uint8_t role);

}  // namespace tocsin::ingest
