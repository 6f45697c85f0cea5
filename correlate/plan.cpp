#include "correlate/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "correlate/options.hpp"

namespace tocsin::correlate {

namespace {

// What is refused here, the check of a rule has refused at its place.
static_assert(rules::most_temporal_rules == max_inputs);
static_assert(rules::most_detections == max_detections);
static_assert(rules::most_alternatives == max_alternatives);

CorrelationType type_of(rules::CorrelationType type) {
  switch (type) {
    case rules::CorrelationType::event_count:
      return CorrelationType::event_count;
    case rules::CorrelationType::value_count:
      return CorrelationType::value_count;
    case rules::CorrelationType::temporal:
      return CorrelationType::temporal;
    case rules::CorrelationType::temporal_ordered:
      return CorrelationType::temporal_ordered;
    case rules::CorrelationType::value_sum:
      return CorrelationType::value_sum;
    case rules::CorrelationType::value_avg:
      return CorrelationType::value_avg;
    case rules::CorrelationType::value_median:
      return CorrelationType::value_median;
    case rules::CorrelationType::value_percentile:
      return CorrelationType::value_percentile;
  }
  return CorrelationType::event_count;
}

NumberRange range_of(const rules::NumberRange& from) {
  return {from.low, from.above_low, from.high, from.below_high, from.other_than};
}

CorrelationSpec head_of(const rules::RuleSet& rules, event::RuleIndex index) {
  const rules::Rule& rule = rules[index];
  CorrelationSpec spec;
  spec.rule = index;
  spec.content = rule.content;
  spec.id = rule.id;
  spec.title = rule.title;
  spec.level = rules::name_of(rule.level);
  spec.author = rule.author;
  spec.tags = rule.tags;
  spec.weight = rule.weight;
  spec.alerts = rule.alerts;
  if (rule.realert) spec.realert = rule.realert->count();
  return spec;
}

CorrelationSpec own_alerts(const rules::RuleSet& rules, event::RuleIndex index) {
  CorrelationSpec spec = head_of(rules, index);
  const rules::AlertGrouping& grouping = rules[index].grouping;
  spec.timespan_by_option = !grouping.timespan;
  spec.timespan = grouping.timespan.value_or(Options().alert_timespan).count();
  spec.group_names = grouping.names;
  spec.group_optional = true;
  Input input;
  input.rule = index;
  input.group = grouping.fields;
  spec.inputs.push_back(std::move(input));
  return spec;
}

// Where the inner correlation's group values hold these fields.
base::Result<std::vector<std::uint32_t>> places_in(const rules::Rule& inner,
                                                   const std::vector<event::FieldId>& fields,
                                                   const std::string& outer) {
  std::vector<std::uint32_t> places;
  for (const event::FieldId field : fields) {
    const auto& names = inner.correlation->group_ids;
    const auto found = std::ranges::find(names, field);
    if (found == names.end()) {
      return base::fail("correlate-1",
                        fmt::format("the correlation {} groups by or counts a field that {} does "
                                    "not group by",
                                    outer, inner.id),
                        inner.origin);
    }
    places.push_back(static_cast<std::uint32_t>(found - names.begin()));
  }
  return places;
}

}  // namespace

base::Result<std::vector<CorrelationSpec>> plan(const rules::RuleSet& rules) {
  std::vector<CorrelationSpec> specs;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const event::RuleIndex index(i);
    if (!rules[index].is_correlation() && rules[index].alerts)
      specs.push_back(own_alerts(rules, index));
  }
  std::map<event::RuleIndex, std::uint32_t> place_of;
  for (const event::RuleIndex index : rules.correlations()) {
    const rules::Correlation& from = *rules[index].correlation;
    CorrelationSpec spec = head_of(rules, index);
    spec.type = type_of(from.type);
    spec.at_least = from.condition.at_least;
    spec.at_most = from.condition.at_most;
    for (const rules::Alternative& one : from.alternatives)
      spec.alternatives.push_back({one.positive, one.negative});
    spec.numbers = range_of(from.numbers);
    spec.percentile = from.percentile;
    spec.except = from.condition.except;
    spec.by_instants = from.condition.by_instants;
    spec.expected = from.expected;
    spec.timespan = from.timespan.count();
    spec.group_names = from.group_by;
    const auto input_of = [&](const rules::CorrelationInput& reference) -> base::Result<Input> {
      Input input;
      input.rule = reference.rule;
      const rules::Rule& inner = rules[reference.rule];
      if (inner.is_correlation()) {
        input.inner = place_of.at(reference.rule);
        TRY(input.inner_group, places_in(inner, reference.group, spec.id));
        TRY(input.inner_values, places_in(inner, reference.values, spec.id));
      } else {
        input.group = reference.group;
        input.values = reference.values;
      }
      return input;
    };
    for (const rules::CorrelationInput& reference : from.inputs) {
      TRY(Input input, input_of(reference));
      spec.inputs.push_back(std::move(input));
    }
    if (from.until) {
      TRY(spec.until, input_of(*from.until));
    }
    place_of[index] = static_cast<std::uint32_t>(specs.size());
    specs.push_back(std::move(spec));
  }
  TRY_VOID(link(specs));
  return specs;
}

}  // namespace tocsin::correlate
