// Alerts and lockouts as two tables for people.
// Path:      alerts of a replay or of a store -> Table
// Units:     times in UTC, to the second
// Threads:   one
// Tested by: tests/cli/alert_tables_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/table.hpp"
#include "event/alert.hpp"
#include "event/life_cycle.hpp"

namespace tocsin::cli {

class AlertTables {
 public:
  void add(const event::Alert& alert);
  // With the begin of its id, and its status, assignee and tags: a table has all alerts so or none.
  void add(const event::Alert& alert, const event::LifeCycle& life);
  void add(const event::Lockout& lockout);
  [[nodiscard]] bool empty() const {
    return alerts_.empty() && handled_.empty() && lockouts_.empty();
  }
  // Those that have rows, a blank line between them; below the alerts, who wrote their rules
  // (SigmaHQ's licence asks for it). `width` as Table has it.
  [[nodiscard]] std::string text(std::size_t width) const;

 private:
  void note_author(const event::Alert& alert);

  Table alerts_{
      {"fired at (UTC)", "level", "alert", "who and where", "count", "total", "last seen"}};
  Table handled_{{"id", "fired at (UTC)", "level", "alert", "who and where", "count", "total",
                  "last seen", "status"}};
  std::vector<std::string> authors_;  // each once, as they came
  Table lockouts_{{"lockout at (UTC)", "account", "until", "ordered"}};
};

// "2026-11-22T03:08:00".
[[nodiscard]] std::string short_time(std::int64_t ns);
// "user.name=bob source.ip=::1".
[[nodiscard]] std::string group_text(const event::GroupValues& group);
// "closed (benign), alice has it, tagged vpn": for people.
[[nodiscard]] std::string life_text(const event::LifeCycle& life);

}  // namespace tocsin::cli
