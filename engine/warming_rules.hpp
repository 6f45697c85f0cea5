// Which rules cannot have seen as much as their windows reach, since the log is not that long yet.
// It is told to people and decides nothing.
// Path:      specs, watermark -> rows; state <-> rows
// Units:     event time in ns
// Threads:   one (the ordered stage)
// Errors:    engine-7 a damaged entry
// Source:    DESIGN section 7, Reload
// Tested by: tests/engine/warming_rules_test.cpp, tests/e2e/reload_test.py
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "correlate/spec.hpp"
#include "event/batch.hpp"
#include "event/ports.hpp"

namespace tocsin::engine {

class WarmingRules {
 public:
  static constexpr std::string_view state_prefix = "warming-rule/";
  struct Row {
    event::RuleIndex rule;
    std::optional<std::int64_t> until;  // nothing: the log has no event yet
    bool operator==(const Row&) const = default;
  };

  explicit WarmingRules(const std::vector<correlate::CorrelationSpec>& specs);

  // The log begins here: true of every rule that the past can matter to.
  void begin_log();
  // What the watermark has reached is warming no more.
  void advance(std::int64_t watermark) {
    if (!rows_.empty()) [[unlikely]]
      advance_all(watermark);
  }
  // Sorted by rule.
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

  // For a border: the entry of a rule whose windows begin at `begin`; nothing: with the next event.
  static void put(const base::Sha256& content, std::optional<std::int64_t> begin,
                  std::int64_t reach, event::StateWriter& out);
  void save_changes(event::StateWriter& out);
  [[nodiscard]] base::Result<void> load(std::string_view key, std::string_view value);

 private:
  struct Known {
    event::RuleIndex rule;
    std::int64_t reach = 0;
  };
  void advance_all(std::int64_t watermark);
  [[nodiscard]] static std::string key_of(const base::Sha256& content);

  std::map<std::string, Known> known_;  // by key
  std::map<event::RuleIndex, std::string> keys_;
  std::vector<Row> rows_;
  std::vector<std::string> removed_;
  bool changed_ = false;  // rows_ are to be saved
};

}  // namespace tocsin::engine
