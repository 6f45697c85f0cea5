// Runs rules over the stored log as if they had been in force: what they would have raised.
// Path:      store -> fold of the log by these rules, and the decoders and options of each frame's
//            epoch -> Backtest
// Units:     ns since 1970Z
// Threads:   uses `threads` threads while it runs
// Errors:    the store's, engine-4 to engine-6; engine-9 told to stop; engine-20 nothing of that
//            time
// Source:    docs/rules.md, "Try a rule on the past"
// Tested by: tests/engine/backtest_test.cpp, tests/cases/cli/backtest.case,
//            tests/e2e/backtest_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "engine/packs.hpp"
#include "event/alert.hpp"
#include "rules/metadata.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

struct BacktestRequest {
  // Rules, value lists and mapping packs; decoders are those of the log.
  PackTexts packs;
  std::vector<std::string> rules;  // ids of those that are asked about
  store::TimeSpan span;            // what fired in it is reported
  std::size_t threads = 1;
  std::size_t shards = 0;
  bool skip = true;                   // what no rule can meet is not decoded; tests compare both
  std::size_t most_alerts = 100'000;  // it ends there: who wants such a rule?
  std::shared_ptr<base::DiskCache> cache;
  std::function<void(std::uint64_t done, std::uint64_t total)> on_progress;
  std::function<bool()> stopped;
};

struct BacktestRule {
  std::string id;
  std::string title;
  rules::Level level = rules::Level::medium;
  bool is_correlation = false;
  bool alerts = false;           // raises some of its own
  base::Nanoseconds reach{0};    // how long ago an event may be that matters to it
  std::uint64_t detections = 0;  // of a correlation: those of the detection rules below it
};

struct Backtest {
  std::vector<BacktestRule> rules;       // in the order of their ids
  std::vector<event::Alert> alerts;      // opened in the period, in order of firing
  std::vector<event::Lockout> lockouts;  // ordered or refused in the period, in order
  // ---- what was read
  event::Seq first;
  event::Seq last;
  std::uint64_t events = 0;
  std::uint64_t events_before = 0;  // the period: they fill windows
  std::uint64_t skipped = 0;        // of which no more than the time was read
  // ---- event times
  base::EventTime log_begin;  // of the whole log
  base::EventTime log_end;
  base::EventTime begin;  // of the period, as far as the log has it
  base::EventTime end;
  bool is_cut = false;          // it ended with so many alerts
  bool is_blind = false;        // the log does not reach back as far as the windows at the begin
  bool lacks_lockouts = false;  // rules that ask for lockout records did not see those of others
};

// Alerts are those that production raises with these rules: an alert that is in the store and whose
// rule is the same has its id here, too. Read back beyond the period is, for windows and open
// alerts, twice as far as the rules reach, and so far ahead that what waits is decided.
[[nodiscard]] base::Result<Backtest> backtest(const store::Store& store,
                                              const BacktestRequest& request);

}  // namespace tocsin::engine
