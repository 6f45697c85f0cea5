// SlowCorrelator: the half that time drives: the watermark, what waits for it, instants.
#include <algorithm>
#include <limits>

#include "tests/reference/slow_correlator.hpp"

namespace tocsin::reference {

using correlate::CorrelationSpec;

namespace {

std::int64_t time_of(const SlowCorrelator::Place& place) { return std::get<0>(place); }

// Behind all detections of that time.
SlowCorrelator::Place end_of(std::int64_t time) {
  return {time, std::numeric_limits<std::uint64_t>::max(),
          std::numeric_limits<std::uint32_t>::max()};
}

}  // namespace

// When the window changes next, behind what was judged.
std::optional<std::int64_t> SlowCorrelator::next_instant(std::uint32_t s,
                                                         const Group& group) const {
  std::optional<std::int64_t> next;
  const auto consider = [&](std::int64_t time) {
    if (time > group.done && time < next.value_or(std::numeric_limits<std::int64_t>::max()))
      next = time;
  };
  for (const auto& [place, detection] : group.waiting) consider(time_of(place));
  for (const auto& [place, detection] : group.all) consider(time_of(place) + specs_[s].timespan);
  if (group.expected_from) consider(*group.expected_from + specs_[s].timespan);
  if (group.judged_again) consider(*group.judged_again);
  return next;
}

void SlowCorrelator::judge_instant(std::uint32_t s, const Key& key, Group& group,
                                   std::int64_t time) {
  const CorrelationSpec& spec = specs_[s];
  const bool was_empty = window_at(spec, group, end_of(time - 1)).empty();
  group.all.merge(take_waiting(group, end_of(time), true));
  group.done = time;
  const bool enters = !group.all.empty() && time_of(group.all.rbegin()->first) == time;
  if (group.expected_from) {
    group.start = *group.expected_from + spec.timespan;
  } else if (enters && (!group.start || (was_empty && time - group.empty_since >= spec.timespan))) {
    group.start = time + spec.timespan;
    group.begins = true;
  }
  const auto window = window_at(spec, group, end_of(time));
  if (window.empty() && !was_empty) group.empty_since = time;
  if (time < *group.start) return;
  Instant instant;
  instant.place = group.all.empty() ? Place{time, 0, 0} : group.all.rbegin()->first;
  std::get<0>(instant.place) = time;
  instant.is_true = is_true(spec, group, end_of(time));
  instant.is_empty = window.empty();
  instant.goes_on = !group.begins && !group.changes.empty() && group.changes.back().is_true;
  group.begins = false;
  group.changes.push_back(instant);
  reconcile(s, key, group, false);
  if (instant.is_true) emit(s, key, instant.place, false);
}

// The first event begins all groups that must exist, once it is certain which is the first.
void SlowCorrelator::expect(std::int64_t before) {
  for (std::uint32_t s = 0; s < specs_.size(); ++s) {
    Beginning& beginning = beginnings_[s];
    if (beginning.made || !beginning.first_event || *beginning.first_event >= before) continue;
    beginning.made = true;
    for (const std::string& value : specs_[s].expected)
      groups_[s][{value}].expected_from = *beginning.first_event;
  }
}

// The condition is true until something changes: the newest alert of the group cannot end.
bool SlowCorrelator::goes_on(const Alert& alert) {
  if (!specs_[alert.spec].by_instants) return false;
  const Group& group = groups_[alert.spec][alert.key];
  const Instant& newest = group.changes.back();
  return alert.last == newest.place && (!newest.is_empty || group.expected_from);
}

void SlowCorrelator::settle(bool all_silent) {
  std::optional<std::int64_t> lowest;
  std::uint64_t heard = 0;
  for (auto& [id, source] : sources_) {
    if (source.active && source.received < now_ - options_.idle_timeout.count()) {
      source.active = false;
      if (source.heard > heard) idle_ = id;
      heard = std::max(heard, source.heard);
    }
    if (source.active) lowest = std::min(lowest.value_or(*source.highest), *source.highest);
  }
  if (!lowest && all_silent && idle_)
    lowest = *sources_[*idle_].highest + now_ - sources_[*idle_].received;
  advance_to(lowest ? *lowest - options_.lateness.count() : watermark_);
}

void SlowCorrelator::advance_to(std::int64_t watermark) {
  watermark_ = std::max(watermark_, watermark);
  expect(watermark_);
  judge_deferred(watermark_);
  close(watermark_);
}

// Where something waits: a detection, or what empties the window.
std::optional<SlowCorrelator::Place> SlowCorrelator::next_waiting(const Group& group) {
  std::optional<Place> next;
  if (!group.waiting.empty()) next = group.waiting.begin()->first;
  if (!group.waiting_ends.empty() && (!next || *group.waiting_ends.begin() < *next))
    next = *group.waiting_ends.begin();
  return next;
}

// What waits up to this place, and is not emptied out of the window by what waits there as well:
// of a whole instant that comes first.
SlowCorrelator::Detections SlowCorrelator::take_waiting(Group& group, Place up_to, bool whole) {
  Detections arrived;
  while (!group.waiting.empty() && group.waiting.begin()->first <= up_to)
    arrived.insert(group.waiting.extract(group.waiting.begin()));
  while (!group.waiting_ends.empty() && *group.waiting_ends.begin() <= up_to) {
    const Place end = *group.waiting_ends.begin();
    group.waiting_ends.erase(end);
    group.ends.insert(whole ? Place{time_of(end), 0, 0} : end);
    if (whole) continue;
    std::erase_if(arrived, [&](const auto& one) { return one.first < end; });
  }
  return arrived;
}

// In order of place, inner correlations first; what is judged by whole instants comes behind all
// else of the same time: openings that are final, detections that waited.
void SlowCorrelator::judge_deferred(std::int64_t before) {
  while (true) {
    std::optional<std::pair<Place, std::uint32_t>> next;
    const auto consider = [&](const Place& place, std::uint32_t spec) {
      if (time_of(place) < before && (!next || std::pair(place, spec) < *next))
        next = {place, spec};
    };
    for (const Alert& alert : store_) {
      if (alert.spec != no_spec && counts_openings(alert.spec) && !alert.opening_sent &&
          !alert.alert.merged_into)
        consider(alert.first, alert.spec);
    }
    for (std::uint32_t s = 0; s < specs_.size(); ++s) {
      if (!specs_[s].deferred) continue;
      for (const auto& [key, group] : groups_[s]) {
        if (specs_[s].by_instants) {
          if (const auto time = next_instant(s, group)) consider(end_of(*time), s);
        } else if (const auto first = next_waiting(group)) {
          consider(specs_[s].whole_instants ? end_of(time_of(*first)) : *first, s);
        }
        if (!group.windows.empty()) consider({*group.windows.begin(), 0, 0}, s);
      }
    }
    if (!next) return;
    const auto [place, spec] = *next;
    if (specs_[spec].deferred) {
      for (auto& [key, group] : groups_[spec]) {
        const bool whole = specs_[spec].whole_instants;
        if (specs_[spec].forward && place == Place{time_of(place), 0, 0}) {
          if (group.windows.contains(time_of(place))) judge_ended(spec, key, time_of(place));
          continue;
        }
        if (whole && place != end_of(time_of(place))) break;  // it is an opening
        if (specs_[spec].by_instants) {
          if (next_instant(spec, group) == time_of(place))
            judge_instant(spec, key, group, time_of(place));
          continue;
        }
        while (const auto first = next_waiting(group)) {
          if (whole ? *first > place : *first != place) break;
          const Detections arrived =
              take_waiting(group, whole ? end_of(time_of(*first)) : *first, whole);
          if (arrived.empty()) continue;
          if (specs_[spec].forward) {
            enter(spec, group, arrived);
          } else {
            judge(spec, key, arrived, false);
          }
        }
      }
    }
    for (Alert& alert : store_) {
      if (alert.opening_sent || alert.alert.merged_into || alert.spec != spec ||
          alert.first != place)
        continue;
      alert.opening_sent = true;
      emit(spec, alert.key, place, true);
    }
  }
}

void SlowCorrelator::close(std::int64_t before) {
  for (Alert& alert : store_) {
    if (alert.spec == no_spec) continue;
    if (before == std::numeric_limits<std::int64_t>::max() ||
        (time_of(alert.last) + specs_[alert.spec].timespan <= before && !goes_on(alert)))
      alert.closed = true;
  }
}

}  // namespace tocsin::reference
