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

enum class CorrelationType : std::uint8_t { event_count, value_count, temporal, temporal_ordered };

// How the window of one group is kept and judged; chosen by link().
enum class Judging : std::uint8_t {
  last_n,     // the n-th newest detection is inside the window
  sum,        // weights add up; also counts that have an upper bound
  distinct,   // how many values
  any_rules,  // how many of the rules, in any order
  ordered_rules,
};

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::size_t max_inputs = 32;  // of temporal types: a bit each, a matrix a group
// That an event_count without weights counts to.
inline constexpr std::uint64_t max_detections = 1'000'000'000;
inline constexpr std::uint32_t max_depth = 8;

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
  std::int64_t timespan = 0;
  bool timespan_by_option = false;  // Options::alert_timespan instead
  std::vector<std::string> group_names;
  // A missing value leaves its name out of the group; otherwise the detection does not count.
  bool group_optional = false;
  std::vector<Input> inputs;
  std::optional<event::FieldId> weight;  // event_count: a detection counts as often as it says
  bool alerts = true;                    // false: feeds other correlations only
  // A reminder each time the episode has gone on for this long since it opened or was reminded of.
  std::optional<std::int64_t> realert;

  // ---- filled by link()
  Judging judging = Judging::last_n;
  // Judged only when the watermark has passed, because a late event could make true false: counts
  // with an upper bound, event_count over a correlation (openings can move), and what uses these.
  bool deferred = false;
  // Its openings are detections of others.
  bool feeds_openings = false;
  struct Feed {
    std::uint32_t spec;
    std::uint32_t input;
  };
  std::vector<Feed> feeds;  // the correlations that refer to this one
};

// Checks and completes a list in which inner correlations stand before those that refer to them.
[[nodiscard]] base::Result<void> link(std::vector<CorrelationSpec>& specs);

}  // namespace tocsin::correlate
