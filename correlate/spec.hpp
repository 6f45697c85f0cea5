// What the correlator must know of one rule: a plain value, free of how rules are written.
// Path:      rules::RuleSet -> CorrelationSpec (plan.hpp) -> Correlator
// Units:     ns
// Threads:   values, immutable once linked
// Errors:    correlate-1 a spec that cannot be judged
// Source:    DESIGN section 7; SIGMA section 6
// Tested by: tests/correlate/spec_test.cpp
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/time.hpp"
#include "event/batch.hpp"
#include "event/field.hpp"

namespace tocsin::correlate {

enum class CorrelationType : std::uint8_t {
  event_count,
  value_count,
  temporal,
  temporal_ordered,
  value_sum,
  value_avg,
  value_median,
  value_percentile,  // without CorrelationSpec::percentile: the share of the detection's own value
};
[[nodiscard]] constexpr bool is_temporal(CorrelationType type) {
  return type == CorrelationType::temporal || type == CorrelationType::temporal_ordered;
}
[[nodiscard]] constexpr bool is_numeric(CorrelationType type) {
  return type >= CorrelationType::value_sum;
}

// How the window of one group is kept and judged; chosen by link().
enum class Judging : std::uint8_t {
  last_n,     // the n-th newest detection is inside the window
  sum,        // weights add up; also counts that have an upper bound
  distinct,   // how many values
  any_rules,  // how many of the rules, in any order
  ordered_rules,
  alternatives,  // one of several sets of rules
  total,         // numbers add up
  average,       // their sum, shared out
  rank,          // the number at a percentile
  share,         // how much of the window has the value of its newest detection
};
// An entry's worth is a use of a value in the ValueTable, or a number.
[[nodiscard]] constexpr bool holds_values(Judging judging) {
  return judging == Judging::distinct || judging == Judging::share;
}
[[nodiscard]] constexpr bool holds_numbers(Judging judging) {
  return judging >= Judging::total && judging <= Judging::rank;
}

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
// Percentiles are in thousandths of a percent.
inline constexpr std::uint32_t whole_percentile = 100'000;
inline constexpr std::size_t max_alternatives = 64;
inline constexpr std::size_t max_inputs = 32;  // of temporal types: a bit each, a matrix a group
// That an event_count without weights counts to.
inline constexpr std::uint64_t max_detections = 1'000'000'000;
inline constexpr std::uint32_t max_depth = 8;

// What the number of a numeric type is compared with; each limit may be left out.
struct NumberRange {
  std::optional<double> low;
  bool above_low = false;  // the limit itself does not count
  std::optional<double> high;
  bool below_high = false;
  std::optional<double> other_than;
  bool operator==(const NumberRange&) const = default;
};

// One way in which a condition over rules can hold: bits of the inputs.
struct Alternative {
  std::uint32_t positive = 0;  // each met by an event of its own
  std::uint32_t negative = 0;  // not met by any event
  bool operator==(const Alternative&) const = default;
};

// One entry of `rules`: whose detections count, and where they hold the values.
struct Input {
  event::RuleIndex rule;                   // a detection rule...
  std::optional<std::uint32_t> inner;      // ...or the correlation at this place in the list
  std::vector<event::FieldId> group;       // of a detection rule: a field for each group value
  std::vector<event::FieldId> values;      // and for each part of the value counted
  std::vector<std::uint32_t> inner_group;  // of a correlation: places in its group values
  std::vector<std::uint32_t> inner_values;
};

struct CorrelationSpec {
  event::RuleIndex rule;  // the order of alerts of one event; unique
  base::Sha256 content{};
  std::string id;
  std::string title;
  std::string level;
  std::string author;
  std::vector<std::string> tags;

  CorrelationType type = CorrelationType::event_count;
  std::uint64_t at_least = 1;
  std::uint64_t at_most = no_limit;
  std::optional<std::uint64_t> except;  // neq: this one count does not satisfy
  // Judged at each instant at which a window changes, whether by a detection that comes or by one
  // that leaves, from a timespan after the group's first detection on (instants.hpp): conditions
  // that silence can satisfy. All others are judged at detections.
  bool by_instants = false;
  std::vector<std::string> expected;      // by_instants: groups, by the only value, that must exist
  std::vector<Alternative> alternatives;  // of temporal types, instead of both
  NumberRange numbers;                    // of numeric types, instead of both
  std::optional<std::uint32_t> percentile;  // of value_percentile, in thousandths of a percent
  std::int64_t timespan = 0;
  bool timespan_by_option = false;  // Options::alert_timespan instead
  std::vector<std::string> group_names;
  // A missing value leaves its name out of the group; otherwise the detection does not count.
  bool group_optional = false;
  std::vector<Input> inputs;
  // A detection of it empties its group's window: what came before counts no more. Has no values.
  std::optional<Input> until;
  std::optional<event::FieldId> weight;  // event_count: a detection counts as often as it says
  bool alerts = true;                    // false: feeds other correlations only
  // A reminder each time the episode has gone on for this long since it opened or was reminded of.
  std::optional<std::int64_t> realert;

  // ---- filled by link()
  Judging judging = Judging::last_n;
  // Judged only when the watermark has passed, because a late event could make true false: counts
  // with an upper bound, by_instants, numeric types, `until`, `not`, event_count over a correlation
  // (openings can move), and what uses these.
  bool deferred = false;
  // An alternative asks for what does not come: windows are looked at forwards, [t, t + timespan)
  // from each detection on that one can begin with, and judged when they are over. Alerts are named
  // by that time.
  bool forward = false;
  // Judged behind all else of the same time, and its alerts are named by their time: by_instants,
  // and what uses such or what is looked at forwards.
  bool whole_instants = false;
  // Its openings are detections of others.
  bool feeds_openings = false;
  struct Feed {
    std::uint32_t spec;
    std::uint32_t input;
  };
  std::vector<Feed> feeds;  // the correlations that refer to this one

  // Feeds count on behind the inputs.
  [[nodiscard]] const Input& input(std::size_t at) const {
    return at < inputs.size() ? inputs[at] : *until;
  }
  [[nodiscard]] bool is_until(std::size_t at) const { return at >= inputs.size(); }
  [[nodiscard]] std::size_t feed_count() const { return inputs.size() + (until ? 1 : 0); }
};

// Checks and completes a list in which inner correlations stand before those that refer to them.
[[nodiscard]] base::Result<void> link(std::vector<CorrelationSpec>& specs);

}  // namespace tocsin::correlate
