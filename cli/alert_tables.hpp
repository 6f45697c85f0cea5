// Alerts and lockouts as two tables for people.
// Path:      alerts of a replay or of a store -> Table
// Units:     times in UTC, to the second
// Threads:   one
// Tested by: tests/cli/alert_tables_test.cpp
#pragma once

#include <string>
#include <vector>

#include "cli/table.hpp"
#include "event/alert.hpp"

namespace tocsin::cli {

class AlertTables {
 public:
  void add(const event::Alert& alert);
  void add(const event::Lockout& lockout);
  [[nodiscard]] bool empty() const { return alerts_.empty() && lockouts_.empty(); }
  // Those that have rows, a blank line between them; below the alerts, who wrote their rules
  // (SigmaHQ's licence asks for it). `width` as Table has it.
  [[nodiscard]] std::string text(std::size_t width) const;

 private:
  Table alerts_{
      {"fired at (UTC)", "level", "alert", "who and where", "count", "total", "last seen"}};
  std::vector<std::string> authors_;  // each once, as they came
  Table lockouts_{{"lockout at (UTC)", "account", "until", "ordered"}};
};

}  // namespace tocsin::cli
