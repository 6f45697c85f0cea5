#include "correlate/rule_windows.hpp"

#include <algorithm>

namespace tocsin::correlate {

RuleWindows::RuleWindows(const CorrelationSpec& spec, std::uint32_t index, Workshop& workshop)
    : spec_(spec),
      judge_(spec),
      workshop_(workshop),
      episodes_(spec, index, workshop.book, workshop.outcome),
      table_(workshop.pool, judge_.stride(), judge_.area_bytes()),
      keeps_episodes_(spec.alerts || spec.feeds_openings) {}

RuleWindows::~RuleWindows() {
  for (std::uint32_t id = 0; id < table_.end_id(); ++id) {
    if (table_.at(id) != nullptr) forget(table_.at(id));
  }
}

Group* RuleWindows::group_of(std::string_view key, std::uint32_t hash, std::int64_t watermark) {
  Group* group = table_.find(key, hash);
  if (group != nullptr) [[likely]]
    return group;
  group = table_.add(key, hash);
  watch(group, watermark);
  return group;
}

Group* RuleWindows::append(Group* group, const Waiting& detection, std::int64_t bound,
                           bool behind) {
  ++counters.counted;
  bool is_true = false;
  std::uint32_t at = 0;
  if (judge_.judging() == Judging::last_n) {
    purge(group, bound);
    at = group->size;
    group = table_.insert(group, at, detection.place, 0);
    is_true = judge_.last_n(table_.window(group), at);
  } else {
    at = group->size;
    group = table_.insert(group, at, detection.place, detection.worth);
    const Cursor cursor{group->state, table_.area(group)};
    judge_.push(cursor, table_.window(group), at);
    is_true = judge_.holds(judge_.quantity(cursor, table_.window(group), at));
  }
  if (is_true) {
    const Window window = table_.window(group);
    window[at].set_true();
    workshop_.trues.push_back(detection.place);
    if (keeps_episodes_) episodes_.newest_true(*group, window, behind);
  }
  if (judge_.judging() != Judging::last_n) purge(group, bound);
  return group;
}

Group* RuleWindows::insert(Group* group, std::span<const Waiting> detections, std::int64_t bound,
                           bool behind) {
  const Place lowest = detections.front().place;
  const bool plain = judge_.judging() == Judging::last_n;
  if (plain) purge(group, bound);
  const Window before = table_.window(group);
  const bool late = behind || (before.size > 0 && lowest < before[before.size - 1].place());
  const std::uint32_t from = before.above({lowest.time, lowest.order - 1});
  std::uint32_t next = 0;
  if (!plain) next = judge_.rewind({group->state, table_.area(group)}, before, from, lowest.time);
  group = put_all(group, detections);
  if (plain) {
    judge_last_n(table_.window(group));
  } else {
    judge_again(group, next, from);
  }
  if (keeps_episodes_ && !(workshop_.trues.empty() && workshop_.inserted.empty())) {
    episodes_.reconcile(*group, table_.window(group), workshop_.inserted, workshop_.trues,
                        late && !spec_.deferred);
  }
  if (!plain) purge(group, bound);
  return group;
}

Group* RuleWindows::put_all(Group* group, std::span<const Waiting> detections) {
  workshop_.inserted.clear();
  for (const Waiting& detection : detections) {
    const std::uint32_t above = table_.window(group).above(detection.place);
    if (join_equal(group, detection, above)) continue;
    ++counters.counted;
    group = table_.insert(group, above, detection.place, detection.worth);
    workshop_.inserted.push_back(detection.place);
  }
  return group;
}

// One event is one detection of a correlation, whichever of its rules it met: joins it to the entry
// at its place, if there is one. Different values of one event count apart.
bool RuleWindows::join_equal(Group* group, const Waiting& detection, std::uint32_t above) {
  const Window window = table_.window(group);
  for (std::uint32_t i = above; i-- > 0 && window[i].place() == detection.place;) {
    switch (judge_.judging()) {
      case Judging::last_n:
      case Judging::sum:
        return true;
      case Judging::distinct:
        if (window.worth(i) != detection.worth) continue;
        workshop_.values.release(static_cast<std::uint32_t>(detection.worth));
        return true;
      case Judging::any_rules:
      case Judging::ordered_rules:
        window.worth(i) |= detection.worth;
        return true;
    }
  }
  return false;
}

// A detection more makes the windows of at most n - 1 entries behind it full.
void RuleWindows::judge_last_n(const Window& window) {
  for (const Place place : workshop_.inserted) {
    const std::uint32_t first = window.above(place) - 1;
    const auto end =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(window.size, first + judge_.at_least()));
    for (std::uint32_t i = first; i < end; ++i) {
      if (window[i].is_true() || !judge_.last_n(window, i)) continue;
      window[i].set_true();
      workshop_.trues.push_back(window[i].place());
    }
  }
  std::ranges::sort(workshop_.trues);
}

// Judges again from entry `from` on; the cursor goes on at `next`.
void RuleWindows::judge_again(Group* group, std::uint32_t next, std::uint32_t from) {
  const Window window = table_.window(group);
  const Cursor cursor{group->state, table_.area(group)};
  for (std::uint32_t i = next; i < window.size; ++i) {
    judge_.push(cursor, window, i);
    if (i < from || window[i].is_true()) continue;
    // All that one event brought is judged together.
    if (i + 1 < window.size && window[i + 1].place() == window[i].place()) continue;
    if (!judge_.holds(judge_.quantity(cursor, window, i))) continue;
    window[i].set_true();
    workshop_.trues.push_back(window[i].place());
  }
}

void RuleWindows::rebuild(Group* group) {
  if (judge_.judging() == Judging::last_n || group->size == 0) return;
  const Window window = table_.window(group);
  const Cursor cursor{group->state, table_.area(group)};
  judge_.start(cursor, 0);
  for (std::uint32_t i = 0; i < window.size; ++i) judge_.push(cursor, window, i);
}

void RuleWindows::purge(Group* group, std::int64_t bound) {
  const Window window = table_.window(group);
  const std::int64_t start = minus(bound, spec_.timespan);
  std::uint32_t drop = 0;
  if (judge_.judging() == Judging::last_n) {
    // Before the bound, n - 1 entries tell all that a later one can ask.
    const std::uint64_t n = judge_.at_least();
    while (drop < window.size && (window[drop].time <= start ||
                                  (drop + n <= window.size && window[drop + n - 1].time < bound)))
      ++drop;
  } else {
    while (drop < window.size && window[drop].time <= start) ++drop;
    if (judge_.judging() == Judging::distinct) {
      for (std::uint32_t i = 0; i < drop; ++i)
        workshop_.values.release(static_cast<std::uint32_t>(window.worth(i)));
    }
    group->state.tail -= drop;
  }
  table_.drop_front(group, drop);
}

bool RuleWindows::is_over(Group* group, std::int64_t watermark) const {
  if (group->alerts != 0 || group->waiting != nullptr) return false;
  if (group->size == 0) return true;
  const Window window = table_.window(group);
  return window[window.size - 1].time <= minus(watermark, spec_.timespan);
}

void RuleWindows::forget(Group* group) {
  const Window window = table_.window(group);
  if (judge_.judging() == Judging::distinct) {
    for (std::uint32_t i = 0; i < window.size; ++i)
      workshop_.values.release(static_cast<std::uint32_t>(window.worth(i)));
    if (group->waiting != nullptr) {
      for (const Waiting& waiting : *group->waiting)
        workshop_.values.release(static_cast<std::uint32_t>(waiting.worth));
    }
  }
  table_.remove(group);
}

}  // namespace tocsin::correlate
