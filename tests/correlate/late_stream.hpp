// Detections of one group in orders that a sender of forged times could choose, and the rules that
// have to bear them.
// Units:     ns
// Threads:   pure functions
// Tested by: tests/correlate/late_cost_test.cpp, bench/late_bench.cpp
#pragma once

#include <random>
#include <string_view>
#include <vector>

#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {

inline constexpr std::int64_t late_timespan = 600 * second;

enum class LateShape : std::uint8_t {
  in_order,
  descending,
  behind,  // in order, but all behind the first one
  random,
  sawtooth,     // an hour back after every thousand
  one_time,     // all at once
  two_times,    // a timespan apart, in turn
  far_between,  // in any order, each an episode of its own
};
inline constexpr std::string_view late_shape_names[] = {
    "in_order", "descending", "behind", "random", "sawtooth", "one_time", "two_times", "far"};

[[nodiscard]] inline std::vector<std::int64_t> late_times(LateShape shape, std::size_t count) {
  const std::int64_t base = 1'000'000'000 * second;
  const auto all = static_cast<std::int64_t>(count);
  const std::int64_t step = late_timespan / (all + 1);  // all of them within one timespan
  std::mt19937_64 random(11);
  std::vector<std::int64_t> times;
  for (std::int64_t i = 0; i < all; ++i) {
    std::int64_t time = 0;
    switch (shape) {
      case LateShape::in_order:
        time = i * step;
        break;
      case LateShape::descending:
        time = -i * step;
        break;
      case LateShape::behind:
        time = i == 0 ? all * step : i * step;
        break;
      case LateShape::random:
        time = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(late_timespan));
        break;
      case LateShape::sawtooth:
        time = i * 4 * second - i / 1000 * 3600 * second;
        break;
      case LateShape::one_time:
        break;
      case LateShape::two_times:
        time = i % 2 * late_timespan;
        break;
      case LateShape::far_between:
        // Every place once, in an order that is not one.
        time = static_cast<std::int64_t>(static_cast<std::uint64_t>(i) * 7'919 % count) *
               late_timespan;
        break;
    }
    times.push_back(base + time);
  }
  return times;
}

// Rules under test by name; the last spec of each list is the one meant.
struct LateRule {
  std::string_view name;
  std::vector<CorrelationSpec> specs;
  std::uint64_t values = 1;  // how many there are of field_b
  std::uint64_t every = 0;   // rule 1 is met too by each so-many-th event, rule 0 alone otherwise
};

[[nodiscard]] inline CorrelationSpec late_spec(CorrelationType type, std::uint64_t at_least,
                                               std::uint32_t inputs = 1) {
  CorrelationSpec spec = count_spec(at_least, late_timespan);
  spec.type = type;
  if (type == CorrelationType::value_count) spec.inputs[0].values = {field_b};
  while (spec.inputs.size() < inputs) {
    Input input = spec.inputs[0];
    input.rule = event::RuleIndex(static_cast<std::uint32_t>(spec.inputs.size()));
    spec.inputs.push_back(input);
  }
  return spec;
}

// A correlation over the first spec.
[[nodiscard]] inline CorrelationSpec late_outer(CorrelationType type, std::uint64_t at_least) {
  CorrelationSpec spec = late_spec(type, at_least);
  spec.rule = event::RuleIndex(60);
  spec.id = "outer";
  spec.group_names = {};
  Input& input = spec.inputs[0];
  input = {};
  input.inner = 0;
  if (type == CorrelationType::value_count) input.inner_values = {0};
  return spec;
}

// With conditions that are met soon, and ones that never are: nothing may be looked at again and
// again in vain.
[[nodiscard]] inline std::vector<LateRule> late_rules() {
  using enum CorrelationType;
  constexpr std::uint64_t never = 1'000'000'000;
  CorrelationSpec weighted = late_spec(event_count, never);
  weighted.weight = field_c;
  CorrelationSpec bounded = late_spec(event_count, 2);
  bounded.at_most = never;
  return {
      {"event_count", {late_spec(event_count, 5)}},
      {"event_count never", {late_spec(event_count, never)}},
      {"event_count weighted", {weighted}},
      {"event_count lte", {bounded}},
      {"value_count few", {late_spec(value_count, 5)}, 10},
      {"value_count few never", {late_spec(value_count, never)}, 10},
      {"value_count many", {late_spec(value_count, 5)}, never},
      {"value_count many never", {late_spec(value_count, never)}, never},
      {"temporal", {late_spec(temporal, 2, 2)}, 1, 50},
      {"temporal never", {late_spec(temporal, 3, 3)}, 1, 3},
      {"temporal_ordered", {late_spec(temporal_ordered, 2, 2)}, 1, 50},
      {"temporal_ordered never", {late_spec(temporal_ordered, 3, 3)}, 1, 3},
      {"temporal over", {late_spec(event_count, 3), late_outer(temporal, 1)}},
      {"value_count over", {late_spec(event_count, 3), late_outer(value_count, 2)}},
      {"event_count over", {late_spec(event_count, 3), late_outer(event_count, 2)}},
  };
}

[[nodiscard]] inline TestEvent late_event(const LateRule& rule, std::size_t i, std::int64_t time) {
  TestEvent event{.seq = i + 1, .time = time, .rules = {0}};
  if (rule.every != 0 && i % rule.every == rule.every - 1) {
    event.rules = {1};
    if (i % 2 == 1) event.rules = {0, 1};
  }
  event.fields = {{field_a, "bob"}};
  if (rule.values > 1) event.fields.emplace_back(field_b, std::to_string(i % rule.values));
  return event;
}

// So late that nothing is too late.
[[nodiscard]] inline Options late_options() {
  Options options;
  options.lateness = std::chrono::seconds(1'000'000'000);
  return options;
}

}  // namespace tocsin::correlate
