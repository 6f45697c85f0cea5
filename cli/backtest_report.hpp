// What a back-test found, as text for people and as JSON.
// Path:      engine::Backtest, perhaps a second one to compare with -> text, JSON lines
// Units:     times in UTC; days are those of UTC
// Threads:   one
// Errors:    none; every value is made printable
// Source:    docs/rules.md, "Try a rule on the past"
// Tested by: tests/cli/backtest_report_test.cpp, tests/cases/cli/backtest.case
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/alert_difference.hpp"
#include "engine/backtest.hpp"
#include "store/reader.hpp"

namespace tocsin::cli {

class BacktestReport {
 public:
  struct Asked {
    std::uint64_t limit = 0;  // of alerts and groups that are shown; 0: all
    store::TimeSpan span;
    std::chrono::nanoseconds elapsed{0};
    std::vector<std::string> above = {};  // titles of rules that count these and are not run
  };

  // `now` must outlive this.
  BacktestReport(const engine::Backtest& now, Asked asked) : now_(now), asked_(std::move(asked)) {}
  // `old` too; only its alerts are looked at. What `now` has then is what is compared.
  void compare(const engine::Backtest& old);
  [[nodiscard]] bool differs() const { return difference_ && difference_->any(); }

  // `width` as Table has it.
  [[nodiscard]] std::string text(std::size_t width) const;
  // Lines {"backtest": ...}, {"rule": ...} each, and {"only_new": ...}, {"only_old": ...},
  // {"against": ...}.
  [[nodiscard]] std::string json() const;
  // One sentence: how much was read, how fast.
  [[nodiscard]] std::string cost() const;

 private:
  // What the alerts of one rule say.
  struct Figures {
    const engine::BacktestRule* rule = nullptr;
    std::vector<const event::Alert*> alerts;
    std::uint64_t ordered = 0;  // lockouts
    std::uint64_t refused = 0;
    std::int64_t busiest_day = 0;
    std::uint64_t on_that_day = 0;
    // The most frequent first.
    std::vector<std::pair<const event::GroupValues*, std::uint64_t>> groups;
    std::vector<std::pair<std::string, std::uint64_t>> accounts;  // of lockouts that were ordered
  };
  struct Tables;
  [[nodiscard]] std::vector<Figures> figures() const;
  void add_rows(const Figures& of, Tables& out) const;
  [[nodiscard]] std::string difference_text(std::size_t width) const;
  void write_head(std::string& out) const;
  void write_rule(const Figures& of, std::string& out) const;
  [[nodiscard]] std::string head() const;
  [[nodiscard]] std::vector<std::string> notes() const;
  [[nodiscard]] double per_day(std::uint64_t alerts) const;
  [[nodiscard]] std::size_t shown(std::size_t count) const;

  const engine::Backtest& now_;
  Asked asked_;
  std::optional<engine::AlertDifference> difference_;
};

}  // namespace tocsin::cli
