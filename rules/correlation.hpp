// A Sigma correlation: a rule over the detections of other rules.
// Path:      YAML document -> Correlation -> correlate/
// Units:     timespan in nanoseconds
// Threads:   values
// Errors:    rules-40 to rules-59, each with its place; all of a document at once
// Source:    Sigma correlation rules 2.1; SIGMA section 6
// Tested by: tests/rules/correlation_test.cpp, tests/cases/rules/correlation.case
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "base/yaml.hpp"
#include "event/batch.hpp"
#include "event/field.hpp"

namespace tocsin::rules {

class Diagnostics;

enum class CorrelationType : std::uint8_t {
  event_count,
  value_count,
  temporal,
  temporal_ordered,
  value_sum,
  value_avg,
  value_median,
  value_percentile,
};
[[nodiscard]] constexpr bool is_temporal(CorrelationType type) {
  return type == CorrelationType::temporal || type == CorrelationType::temporal_ordered;
}
[[nodiscard]] constexpr bool is_numeric(CorrelationType type) {
  return type >= CorrelationType::value_sum;
}
[[nodiscard]] std::string_view name_of(CorrelationType type);

inline constexpr std::size_t most_temporal_rules = 32;
inline constexpr std::size_t most_alternatives = 64;
// That an event_count without weights counts to.
inline constexpr std::uint64_t most_detections = 1'000'000'000;

// at_least <= count <= at_most, and not the one excepted.
struct CountRange {
  std::uint64_t at_least = 1;
  std::uint64_t at_most = std::numeric_limits<std::uint64_t>::max();
  std::optional<std::uint64_t> except = {};  // neq
  // Judged at every instant at which the count changes, not only at detections: what silence can
  // satisfy, and eq and neq.
  bool by_instants = false;

  [[nodiscard]] constexpr bool holds(std::uint64_t count) const {
    return at_least <= count && count <= at_most && count != except;
  }
  bool operator==(const CountRange&) const = default;
};

// What the number of a numeric type is compared with; each limit may be left out.
struct NumberRange {
  std::optional<double> low;
  bool above_low = false;  // the limit itself does not count
  std::optional<double> high;
  bool below_high = false;
  std::optional<double> other_than;

  bool operator==(const NumberRange&) const = default;
};

// One way to meet a condition over rules: a bit for each of `rules`.
struct Alternative {
  std::uint32_t positive = 0;  // each met by an event of its own
  std::uint32_t negative = 0;  // not met by any event
  bool operator==(const Alternative&) const = default;
};

// A name that stands for another field in each of the rules referred to.
struct Alias {
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;  // rule as written, field
};

// One entry of `rules`, resolved: which rule, and where its detections hold the values. A detection
// of a detection rule has them in its event; one of an inner correlation has them in its group key,
// where they are named by RuleSet::Rule::correlation->group_ids.
struct CorrelationInput {
  event::RuleIndex rule;
  std::vector<event::FieldId> group;   // one for each of group_by
  std::vector<event::FieldId> values;  // one for each of fields
};

struct Correlation {
  CorrelationType type = CorrelationType::event_count;
  std::vector<std::string> rules;     // ids or names, as written and in that order
  bool has_until = false;             // until it is loaded, the last of them is `tocsin: until`
  std::vector<std::string> group_by;  // field or alias names; empty: one global group
  // value_count: what is counted, a tuple when several; numeric types: where the number stands.
  std::vector<std::string> fields;
  std::vector<Alias> aliases;
  base::Nanoseconds timespan{0};
  // event_count: detections; value_count: distinct values; temporal: distinct rules of `rules`.
  CountRange condition;
  // Of temporal types, instead, where the condition is more than all or any of the rules.
  std::vector<Alternative> alternatives;
  NumberRange numbers;  // of numeric types, instead
  // value_percentile: of which the value is compared, in thousandths of a percent; without it, the
  // share of the detection's own value, in percent.
  std::optional<std::uint32_t> percentile;
  std::vector<std::string> expected;  // values of the only group_by field whose groups must exist
  bool generate = false;              // the rules referred to raise their own alerts all the same

  // Filled by RuleSet::load.
  std::vector<CorrelationInput> inputs;   // one for each of rules
  std::optional<CorrelationInput> until;  // whose detections empty a group's window
  std::vector<event::FieldId> group_ids;  // the names of group_by, interned

  std::vector<base::Origin> rule_origins;  // where each entry of rules stands
};

// Reads the value of the key `correlation` of `document`. Errors go to `out`; the result is usable
// only when none was added.
[[nodiscard]] Correlation read_correlation(const base::YamlNode& document, Diagnostics& out);

}  // namespace tocsin::rules
