// The record of what was done to Tocsin itself: who did what, when, and what came of it, as events
// in the log like any other.
// Path:      AuditRecord -> JSON with ECS's field names -> ingest/listen/own_input -> the log
// Units:     our own clock, ns since 1970Z
// Threads:   safe
// Errors:    none; a record that there is no room for is said to the operator
// Source:    Elastic Common Schema: event.*, user.*
// Tested by: tests/engine/audit_trail_test.cpp, tests/e2e/audit_trail_test.py
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "event/life_cycle.hpp"
#include "ingest/listen/own_input.hpp"
#include "store/alerts.hpp"

namespace tocsin::engine {

struct AuditRecord {
  std::string_view category;  // of ECS: process, configuration, database...
  std::string_view action;    // in the past: "reloaded"
  bool success = true;
  std::optional<event::Actor> by;  // nothing: the system does not say who
  std::string message;             // for people
  std::vector<std::pair<std::string_view, std::string>> more = {};  // further fields
};

[[nodiscard]] std::string json_of(const AuditRecord& record, base::ReceivedTime at);
// What a person did about an alert, and how it stands now.
[[nodiscard]] AuditRecord audit_record(const store::StoredAlert& changed,
                                       const event::ChangeRequest& request, const event::Actor& by);

class AuditTrail {
 public:
  // `clock` must outlive it.
  AuditTrail(bool on, const base::Clock& clock, std::function<void(const std::string&)> say);

  void record(const AuditRecord& record);
  // Where the records wait; nullptr when there is no trail.
  [[nodiscard]] ingest::OwnEvents* events() { return on_ ? &events_ : nullptr; }

 private:
  const bool on_;
  const base::Clock& clock_;
  std::function<void(const std::string&)> say_;
  ingest::OwnEvents events_;
};

}  // namespace tocsin::engine
