#include "correlate/rule_windows.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace tocsin::correlate {

RuleWindows::RuleWindows(const CorrelationSpec& spec, std::uint32_t index, Workshop& workshop)
    : spec_(spec),
      judge_(spec, workshop.pool),
      workshop_(workshop),
      episodes_(spec, index, workshop.book, workshop.outcome),
      table_(workshop.pool, judge_.stride(), area_of(spec, judge_),
             spec.by_instants ? Group::lives
             : spec.forward   ? Group::acts_alone
                              : 0U) {}

RuleWindows::~RuleWindows() {
  for (std::uint32_t id = 0; id < table_.end_id(); ++id) {
    if (table_.at(id) != nullptr) forget(table_.at(id));
  }
  workshop_.pool.count_beside(-static_cast<std::ptrdiff_t>(look_bytes()));
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
    is_true = judge_.is_true(cursor, table_.window(group), at);
  }
  if (is_true) {
    const Window window = table_.window(group);
    window[at].set_true();
    workshop_.trues.push_back(detection.place);
    episodes_.newest_true(*group, window, behind);
  }
  if (judge_.judging() != Judging::last_n) purge(group, bound);
  return group;
}

Group* RuleWindows::insert(Group* group, std::span<const Waiting> detections, std::int64_t bound,
                           bool behind) {
  if (group->long_window() == nullptr && gets_long(group, detections)) group = make_long(group);
  if (group->long_window() != nullptr) return insert_long(group, detections, bound, behind);
  workshop_.late_steps += group->size + detections.size();
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
  if (!workshop_.trues.empty() || !workshop_.inserted.empty()) {
    episodes_.reconcile(*group, ShortWindow{table_.window(group), judge_.judging()},
                        workshop_.inserted, workshop_.trues, late && !spec_.deferred);
  }
  if (!plain) purge(group, bound);
  return group;
}

// What comes in order stays in the record, however much it is: there it costs least.
bool RuleWindows::gets_long(Group* group, std::span<const Waiting> detections) const {
  if (spec_.deferred) return false;
  const std::uint32_t limit =
      judge_.judging() == Judging::last_n ? workshop_.limits.plain : workshop_.limits.others;
  if (group->size + detections.size() <= limit) return false;
  return detections.size() > limit || !is_newest(group, detections.front().place);
}

Group* RuleWindows::make_long(Group* group) {
  auto* long_window = new LongWindow(spec_, workshop_.pool, workshop_.values);
  std::vector<Place> known;
  const Window window = table_.window(group);
  for (std::uint32_t i = 0; i < window.size; ++i) {
    const std::uint64_t worth = window.stride == plain_stride ? 0 : window.worth(i);
    long_window->insert({window[i].place(), worth}, window[i].is_true(), known);
  }
  workshop_.late_steps += long_window->steps();
  return table_.make_long(group, long_window);
}

Group* RuleWindows::make_short(Group* group) {
  const std::unique_ptr<LongWindow> window(group->long_window());
  table_.make_short(group);
  while (window->size() > 0) {
    const PlaceTree::Item item = window->take_front();
    group = table_.insert(group, group->size, item.entry.place(), item.worth);
    if (item.entry.is_true()) table_.window(group)[group->size - 1].set_true();
  }
  rebuild(group);
  return group;
}

Group* RuleWindows::insert_long(Group* group, std::span<const Waiting> detections,
                                std::int64_t bound, bool behind) {
  LongWindow& window = *group->long_window();
  const std::uint64_t steps = window.steps();
  const bool late = behind || (window.size() > 0 && detections.front().place < window.last());
  workshop_.inserted.clear();
  for (const Waiting& detection : detections) {
    if (!window.insert(detection, false, workshop_.trues)) continue;
    ++counters.counted;
    workshop_.inserted.push_back(detection.place);
  }
  std::ranges::sort(workshop_.trues);
  const auto twice = std::ranges::unique(workshop_.trues);
  workshop_.trues.erase(twice.begin(), twice.end());
  if (!workshop_.trues.empty() || !workshop_.inserted.empty())
    episodes_.reconcile(*group, window, workshop_.inserted, workshop_.trues, late);
  window.purge(bound);
  workshop_.late_steps += window.steps() - steps;
  return window.size() > workshop_.limits.short_again ? group : make_short(group);
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
      case Judging::share:
        if (window.worth(i) != detection.worth) continue;
        workshop_.values.release(static_cast<std::uint32_t>(detection.worth));
        return true;
      case Judging::any_rules:
      case Judging::ordered_rules:
      case Judging::alternatives:
        window.worth(i) |= detection.worth;
        return true;
      case Judging::total:
      case Judging::average:
      case Judging::rank:
        CHECK(false, "what one event has of numbers is judged together");
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
    if (i == next) next = judge_.push_next(cursor, window, i);
    if (i < from || window[i].is_true()) continue;
    // All that one event, or one instant, brought is judged together.
    if (i + 1 < window.size && judge_.at_once(window[i + 1], window[i])) continue;
    if (was_true(window, i) || !judge_.is_true(cursor, window, i)) continue;
    window[i].set_true();
    workshop_.trues.push_back(window[i].place());
  }
}

// Of the entries of one event any may have been the last when they were judged.
bool RuleWindows::was_true(const Window& window, std::uint32_t at) {
  for (std::uint32_t i = at; i-- > 0 && window[i].place() == window[at].place();) {
    if (window[i].is_true()) return true;
  }
  return false;
}

// An earlier entry of the same time may have begun the window already.
bool RuleWindows::begins(const Window& window, std::uint32_t at) const {
  const std::uint64_t beginning = judge_.alternatives().begins();
  if ((window.worth(at) & beginning) == 0) return false;
  for (std::uint32_t i = at; i-- > 0 && window[i].time == window[at].time;) {
    if ((window.worth(i) & beginning) != 0) return false;
  }
  return true;
}

bool RuleWindows::enter(Group*& group, std::span<const Waiting> detections) {
  purge(group, detections.front().place.time);
  const std::uint32_t first = group->size;
  for (const Waiting& detection : detections) {
    ++counters.counted;
    group = table_.insert(group, group->size, detection.place, detection.worth);
  }
  push_all(group, first);
  const Window window = table_.window(group);
  for (std::uint32_t i = first; i < window.size; ++i) {
    if (begins(window, i)) return true;
  }
  return false;
}

void RuleWindows::judge_ended(Group* group, std::int64_t end) {
  workshop_.trues.clear();
  const std::int64_t begin = minus(end, spec_.timespan);
  const Window window = table_.window(group);
  std::uint64_t met = 0;
  for (std::uint32_t i = window.above(end_of(minus(begin, 1)));
       i < window.size && window[i].time == begin; ++i)
    met |= window.worth(i);
  if (!judge_.alternatives().hold(table_.area(group), minus(begin, 1), met)) return;
  const Place instant{end, window[window.size - 1].place().order};
  workshop_.trues.push_back(instant);
  episodes_.ended_true(*group, window, instant, judge_.alternatives());
}

void RuleWindows::empty(Group* group) {
  const Window window = table_.window(group);
  for (std::uint32_t i = 0; i < window.size; ++i) {
    if (window.stride != plain_stride) give_back(window.worth(i));
  }
  judge_.start({group->state, table_.area(group)}, 0);
  table_.drop_front(group, window.size);
}

Group* RuleWindows::judge_instant(Group* group, std::span<const Waiting> entering,
                                  std::int64_t time) {
  workshop_.trues.clear();
  const bool was_empty = group->size == 0;
  const bool leaves = !was_empty && table_.window(group)[0].time <= minus(time, spec_.timespan);
  const Instants& before = instants(group);
  const bool starts = before.has(Instants::expected) && before.start == time;
  if (entering.empty() && (time <= before.judged || !(leaves || starts))) return group;
  const std::uint32_t first = group->size;
  for (const Waiting& detection : entering) {
    if (join_equal(group, detection, group->size)) continue;
    ++counters.counted;
    instants(group).enter(detection.place, spec_.timespan, group->size == 0);
    group = table_.insert(group, group->size, detection.place, detection.worth);
  }
  push_all(group, first);
  judge_.leave({group->state, table_.area(group)}, table_.window(group), time);
  purge(group, time);
  Instants& life = instants(group);
  if (leaves) life.set(Instants::waits, false);
  if (group->size == 0 && !was_empty) life.empty_since = time;
  life.judged = time;
  if (time < life.start) return group;
  const bool still = life.has(Instants::holds);
  const bool is_true =
      judge_.is_true_at({group->state, table_.area(group)}, table_.window(group), time);
  life.set(Instants::holds, is_true);
  if (is_true) {
    const Place place{time, life.newest};
    workshop_.trues.push_back(place);
    episodes_.instant_true(*group, table_.window(group), place, still);
  }
  if (const std::uint32_t newest = group->alerts; newest != 0 && !goes_on(group))
    workshop_.book.close_by(newest, plus(workshop_.book[newest].last.time, spec_.timespan));
  return group;
}

std::optional<std::int64_t> RuleWindows::next_leave(Group* group) const {
  Instants& life = instants(group);
  if (group->size == 0 || life.has(Instants::waits)) return std::nullopt;
  life.set(Instants::waits, true);
  return plus(table_.window(group)[0].time, spec_.timespan);
}

void RuleWindows::rebuild(Group* group) {
  if (judge_.judging() == Judging::last_n || group->size == 0) return;
  judge_.start({group->state, table_.area(group)}, 0);
  push_all(group, 0);
}

void RuleWindows::push_all(Group* group, std::uint32_t first) {
  const Window window = table_.window(group);
  while (first < window.size)
    first = judge_.push_next({group->state, table_.area(group)}, window, first);
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
    if (holds_values(judge_.judging())) {
      for (std::uint32_t i = 0; i < drop; ++i)
        workshop_.values.release(static_cast<std::uint32_t>(window.worth(i)));
    }
    group->state.tail -= drop;
  }
  table_.drop_front(group, drop);
}

std::int64_t RuleWindows::over_at(Group* group) const {
  if (group->size == 0) return std::numeric_limits<std::int64_t>::min();
  if (const LongWindow* window = group->long_window())
    return plus(window->last().time, spec_.timespan);
  const Window window = table_.window(group);
  const std::int64_t end = plus(window[window.size - 1].time, spec_.timespan);
  // A window that ends at the watermark is not over.
  return spec_.forward ? plus(end, 1) : end;
}

// The last look of each group that is there stays.
void RuleWindows::drop_looks() {
  std::vector<bool> seen(table_.end_id());
  std::deque<Look> kept;
  for (auto look = looks_.rbegin(); look != looks_.rend(); ++look) {
    if (seen[look->group] || table_.at(look->group) == nullptr) continue;
    seen[look->group] = true;
    kept.push_front(*look);
  }
  workshop_.pool.count_beside(static_cast<std::ptrdiff_t>(kept.size() * sizeof(Look)) -
                              static_cast<std::ptrdiff_t>(look_bytes()));
  looks_ = std::move(kept);
}

void RuleWindows::forget(Group* group) {
  if (holds_values(judge_.judging())) {
    visit(group, [this](const Entry&, std::uint64_t worth) {
      workshop_.values.release(static_cast<std::uint32_t>(worth));
    });
    if (group->waiting != nullptr) {
      for (const auto& [place, worth] : *group->waiting) {
        if (!is_until(place)) give_back(worth);
      }
    }
  }
  if (const std::unique_ptr<LongWindow> window(group->long_window()); window != nullptr)
    table_.make_short(group);
  judge_.drop(group->state);
  table_.remove(group);
}

}  // namespace tocsin::correlate
