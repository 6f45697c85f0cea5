// What a person is shown, and the account-lockout record that may follow from it.
// Path:      correlate -> engine -> store, respond, cli
// Units:     ns since 1970Z
// Threads:   values
// Tested by: tests/event/alert_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "event/batch.hpp"

namespace tocsin::event {

// First 128 bits of SHA-256(content of the rule and all that it refers to, group key, seq of the
// firing event).
struct AlertId {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const AlertId&) const = default;
};
[[nodiscard]] std::string to_string(const AlertId& id);  // 32 hex digits
[[nodiscard]] std::optional<AlertId> parse_alert_id(std::string_view hex);

// Values of the group-by fields, in the rule's order.
using GroupValues = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t max_evidence = 100;

// An open or closed episode of one rule and one group. The same id means the same alert, amended.
struct Alert {
  AlertId id;
  std::string rule_id;
  std::string rule_title;
  std::string rule_level;
  std::string rule_author;
  std::vector<std::string> rule_tags;
  GroupValues group;
  base::EventTime first_seen;  // of the earliest evidence
  base::EventTime fired_at;    // when the condition first was true
  base::EventTime last_seen;   // when it last was true
  std::uint64_t count = 0;     // what the window held at firing
  std::uint64_t total = 0;     // detections in (fired_at - timespan, last_seen]
  std::vector<Seq> evidence;  // in the window at firing, ascending; the newest max_evidence of them
  Seq fired_by;               // the frame whose detection fired it
  bool late = false;          // opened by a late event
  std::optional<AlertId> merged_into;

  bool operator==(const Alert&) const = default;
};

// One line of JSON without the line feed, members as the command-line contract names them.
void write_json(const Alert& alert, base::JsonWriter& out);
[[nodiscard]] std::string json_of(const Alert& alert);
// Bytes for the store, and back; a foreign or cut value is an error (event-1).
[[nodiscard]] std::string encode(const Alert& alert);
[[nodiscard]] base::Result<Alert> decode_alert(std::string_view bytes);

// An account-lockout event: sits at (seq, k) right behind the frame whose event fired the alert.
struct Lockout {
  Seq seq;
  std::uint32_t k = 1;
  base::EventTime time;  // of the firing event
  std::string user;
  std::string host;  // empty: every host
  AlertId alert;
  std::string rule_id;
  base::EventTime until;  // when it is undone
  std::string refused;    // empty, or why it was not ordered: "allowlist", "cap"

  bool operator==(const Lockout&) const = default;
};
void write_json(const Lockout& lockout, base::JsonWriter& out);  // {"lockout": {...}}
[[nodiscard]] std::string json_of(const Lockout& lockout);
[[nodiscard]] std::string encode(const Lockout& lockout);
[[nodiscard]] base::Result<Lockout> decode_lockout(std::string_view bytes);

}  // namespace tocsin::event
