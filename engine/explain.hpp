// Why a correlation did or did not fire for a group at a time: the stored log of that time, read
// again through the engine.
// Path:      store -> fold of the blocks around -> correlate::Account, alerts -> Explanation
// Units:     ns since 1970Z
// Threads:   uses `threads` threads while it runs
// Errors:    engine-20 a time that the log does not reach, engine-21 a group that the rule does not
//            have, engine-22 a rule that counts nothing; the store's, engine-5, engine-6
// Tested by: tests/engine/explain_test.cpp, tests/cases/cli/explain_at.case
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "correlate/account.hpp"
#include "engine/epochs.hpp"
#include "event/alert.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

// Which rules held when event time was `at`.
struct Then {
  base::EventTime first;  // event times of the log
  base::EventTime last;
  store::Epoch epoch;
};
// An empty log: engine-20.
[[nodiscard]] base::Result<Then> rules_then(const store::Store& store, base::EventTime at);

struct ExplainRequest {
  event::RuleIndex rule;     // of the setup
  event::GroupValues group;  // names as the rule groups by, in any order
  base::EventTime at;
  bool in_force = true;  // its alerts are in the store
  bool whole = false;    // read the log from its begin
  std::size_t lines = 20;
  std::size_t threads = 1;
};

enum class Verdict : std::uint8_t {
  fired,      // by the newest event that is counted
  amended,    // the condition is true, and an alert was open
  open,       // an alert is open, and nothing is added to it now
  satisfied,  // the condition is true; the rule raises no alerts of its own
  waiting,    // only the watermark can tell, and it has not come so far
  not_fired,
};
[[nodiscard]] std::string_view name_of(Verdict verdict);

struct Explanation {
  std::unique_ptr<correlate::Account> account;
  std::vector<correlate::CountedEvent> counted;
  correlate::Held held;
  double missing = 0;                        // of a count: so much more is needed
  std::optional<base::EventTime> less_from;  // without a further event it holds less from then on
  Verdict verdict = Verdict::not_fired;
  std::optional<event::Alert> alert;  // of whose episode `at` is
  std::optional<event::Alert> next;   // the first of this group that fired later
  bool alerts_stored = false;         // else they are what reading the log again gave
  // What was read, and how far event time had come at its end.
  event::Seq first;
  event::Seq last;
  bool whole = false;  // from the begin of the log
  std::int64_t watermark = 0;
};

[[nodiscard]] base::Result<Explanation> explain(const store::Store& store, const Setup& setup,
                                                const ExplainRequest& request);

}  // namespace tocsin::engine
