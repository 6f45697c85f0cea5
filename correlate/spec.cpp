#include "correlate/spec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "correlate/number.hpp"

namespace tocsin::correlate {

namespace {

base::Result<void> refuse(const CorrelationSpec& spec, std::string_view why) {
  return base::fail("correlate-1", fmt::format("the correlation {} {}", spec.id, why));
}

bool asks_for_values(CorrelationType type) {
  return type == CorrelationType::value_count || is_numeric(type);
}

base::Result<void> check_values(const CorrelationSpec& spec, std::size_t values) {
  if (asks_for_values(spec.type) == (values == 0))
    return refuse(spec, "needs a field exactly if it looks at values");
  if (is_numeric(spec.type) && values != 1) return refuse(spec, "looks at more than one field");
  return {};
}

base::Result<void> check_input(const std::vector<CorrelationSpec>& specs, std::size_t at,
                               std::size_t which) {
  const CorrelationSpec& spec = specs[at];
  const Input& input = spec.input(which);
  if (spec.is_until(which) && !(input.values.empty() && input.inner_values.empty()))
    return refuse(spec, "counts what empties its windows");
  if (!input.inner) {
    if (input.group.size() != spec.group_names.size())
      return refuse(spec, "has an input without a field for each group value");
    return spec.is_until(which) ? base::Result<void>() : check_values(spec, input.values.size());
  }
  if (*input.inner >= at)
    return refuse(spec, "refers to a correlation that does not stand before it");
  const std::size_t inner_groups = specs[*input.inner].group_names.size();
  if (input.inner_group.size() != spec.group_names.size())
    return refuse(spec, "has an input without a place for each group value");
  if (!spec.is_until(which)) TRY_VOID(check_values(spec, input.inner_values.size()));
  for (const auto* places : {&input.inner_group, &input.inner_values}) {
    if (std::ranges::any_of(*places, [&](std::uint32_t place) { return place >= inner_groups; }))
      return refuse(spec, fmt::format("groups by or counts a field that {} does not group by",
                                      specs[*input.inner].id));
  }
  return {};
}

// An average of nothing is none; a sum of nothing is 0. The share of a value is asked for where the
// value is.
base::Result<void> check_numbers(const CorrelationSpec& spec) {
  const NumberRange& range = spec.numbers;
  const bool is_share = spec.type == CorrelationType::value_percentile && !spec.percentile;
  if (!range.low && !range.high && !range.other_than)
    return refuse(spec, "compares its number with nothing");
  if (range.low && range.high &&
      (*range.low > *range.high ||
       (*range.low == *range.high && (range.above_low || range.below_high))))
    return refuse(spec, "has a condition that nothing satisfies");
  if (is_share && spec.by_instants)
    return refuse(spec, "has a condition that is judged at detections only");
  const bool silent = !range.low || range.other_than.has_value() ||
                      (spec.type == CorrelationType::value_sum && NumberLimits(range).hold({}));
  if (!is_share && silent && !spec.by_instants)
    return refuse(spec, "would be satisfied by silence alone");
  if (spec.percentile && *spec.percentile > whole_percentile)
    return refuse(spec, "asks for a percentile above 100");
  return {};
}

base::Result<void> check_alternatives(const CorrelationSpec& spec) {
  if (!is_temporal(spec.type)) return refuse(spec, "has no rules to choose from");
  if (spec.alternatives.size() > max_alternatives)
    return refuse(spec, fmt::format("has more than {} alternatives", max_alternatives));
  const std::uint64_t all = (std::uint64_t{1} << spec.inputs.size()) - 1;
  for (const Alternative& one : spec.alternatives) {
    if (one.positive == 0 || (one.positive & one.negative) != 0)
      return refuse(spec, "has an alternative that nothing satisfies");
    if (((one.positive | one.negative) & ~all) != 0)
      return refuse(spec, "names a rule that it does not refer to");
  }
  return {};
}

base::Result<void> check(const std::vector<CorrelationSpec>& specs, std::size_t at) {
  const CorrelationSpec& spec = specs[at];
  if (spec.timespan <= 0) return refuse(spec, "needs a timespan above 0");
  if (spec.at_least == 0 && !spec.by_instants)
    return refuse(spec, "would be satisfied by silence alone");
  if (spec.at_least > spec.at_most ||
      (spec.at_least == spec.at_most && spec.except == spec.at_least))
    return refuse(spec, "has a condition that nothing satisfies");
  if (spec.by_instants && (!spec.alternatives.empty() || spec.until.has_value()))
    return refuse(spec, "has a condition that is judged at detections only");
  if (!spec.expected.empty() &&
      (!spec.by_instants || spec.group_names.size() != 1 || spec.group_optional))
    return refuse(spec, "expects groups that it cannot judge or name");
  if (spec.inputs.empty()) return refuse(spec, "refers to no rule");
  if (is_numeric(spec.type)) TRY_VOID(check_numbers(spec));
  if (!spec.alternatives.empty()) TRY_VOID(check_alternatives(spec));
  if (is_temporal(spec.type)) {
    if (spec.inputs.size() > max_inputs)
      return refuse(spec, fmt::format("refers to more than {} rules", max_inputs));
    if (spec.at_least > spec.inputs.size())
      return refuse(spec, "asks for more rules than it refers to");
  }
  if (spec.type == CorrelationType::event_count && !spec.weight &&
      std::max(spec.at_least, spec.at_most == no_limit ? 0 : spec.at_most) > max_detections)
    return refuse(spec, fmt::format("counts to more than {}", max_detections));
  for (std::size_t i = 0; i < spec.feed_count(); ++i) TRY_VOID(check_input(specs, at, i));
  return {};
}

Judging judging_of(const CorrelationSpec& spec) {
  switch (spec.type) {
    case CorrelationType::event_count:
      return spec.weight || spec.deferred ? Judging::sum : Judging::last_n;
    case CorrelationType::value_count:
      return Judging::distinct;
    case CorrelationType::temporal:
      return spec.alternatives.empty() ? Judging::any_rules : Judging::alternatives;
    case CorrelationType::temporal_ordered:
      return spec.alternatives.empty() ? Judging::ordered_rules : Judging::alternatives;
    case CorrelationType::value_sum:
      return Judging::total;
    case CorrelationType::value_avg:
      return Judging::average;
    case CorrelationType::value_median:
      return Judging::rank;
    case CorrelationType::value_percentile:
      return spec.percentile ? Judging::rank : Judging::share;
  }
  return Judging::last_n;
}

}  // namespace

base::Result<void> link(std::vector<CorrelationSpec>& specs) {
  std::vector<std::uint32_t> depth(specs.size(), 1);
  for (CorrelationSpec& spec : specs) {
    spec.feeds.clear();
    spec.feeds_openings = false;
  }
  for (std::size_t at = 0; at < specs.size(); ++at) {
    TRY_VOID(check(specs, at));
    CorrelationSpec& spec = specs[at];
    // A temporal type cannot meet more rules than there are.
    const bool bounded =
        is_temporal(spec.type) ? spec.at_most < spec.inputs.size() : spec.at_most != no_limit;
    spec.forward = std::ranges::any_of(spec.alternatives,
                                       [](const Alternative& one) { return one.negative != 0; });
    spec.deferred =
        bounded || spec.by_instants || is_numeric(spec.type) || spec.until || spec.forward;
    spec.whole_instants = spec.by_instants;
    for (std::uint32_t i = 0; i < spec.feed_count(); ++i) {
      const Input& input = spec.input(i);
      if (!input.inner) continue;
      CorrelationSpec& inner = specs[*input.inner];
      depth[at] = std::max(depth[at], depth[*input.inner] + 1);
      inner.feeds.push_back({static_cast<std::uint32_t>(at), i});
      const bool openings = spec.type == CorrelationType::event_count && !spec.is_until(i);
      inner.feeds_openings |= openings;
      spec.deferred |= openings || inner.deferred;
      // One event can be the newest of several windows that end, so it cannot name their alerts.
      spec.whole_instants |= inner.whole_instants || inner.forward;
    }
    if (depth[at] > max_depth)
      return refuse(
          spec, fmt::format("stands on correlations {} deep; at most {}", depth[at], max_depth));
    spec.judging = judging_of(spec);
  }
  return {};
}

}  // namespace tocsin::correlate
