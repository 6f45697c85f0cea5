#include "correlate/long_window.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/check.hpp"
#include "correlate/alternatives.hpp"
#include "correlate/temporal.hpp"

namespace tocsin::correlate {

namespace {

constexpr std::uint64_t bit_of(std::uint32_t rule) { return std::uint64_t{1} << rule; }

std::int64_t goal_of(const CorrelationSpec& spec) {
  return static_cast<std::int64_t>(
      std::clamp<std::uint64_t>(spec.at_least, 1, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

LongWindow::LongWindow(const CorrelationSpec& spec, Pool& pool, ValueTable& values)
    : judging_(spec.judging),
      inputs_(static_cast<std::uint32_t>(spec.inputs.size())),
      timespan_(spec.timespan),
      goal_(goal_of(spec)),
      values_(values),
      tree_(pool),
      uses_(PoolAllocator<Occurrence>(pool)) {
  const bool ordered = spec.type == CorrelationType::temporal_ordered;
  for (const Alternative& alternative : spec.alternatives) {
    CorrelationSpec part;
    part.type = spec.type;
    part.judging = ordered ? Judging::ordered_rules : Judging::any_rules;
    part.timespan = spec.timespan;
    part.inputs.resize(static_cast<std::size_t>(std::popcount(alternative.positive)));
    part.at_least = part.inputs.size();
    parts_.push_back({alternative.positive, std::make_unique<LongWindow>(part, pool, values)});
  }
}

std::uint64_t LongWindow::steps() const {
  std::uint64_t steps = tree_.steps() + index_steps_;
  for (const Part& part : parts_) steps += part.window->steps();
  return steps;
}

// The first place whose window does not reach back to this one.
Place LongWindow::reach_of(Place place) const {
  std::int64_t time = 0;
  if (__builtin_add_overflow(place.time, timespan_, &time))
    return end_of(std::numeric_limits<std::int64_t>::max());
  return {time, 0};
}

bool LongWindow::has(Place place) const {
  const auto found = tree_.oldest_from(place);
  return found && found->entry.place() == place;
}

bool LongWindow::insert(const Waiting& detection, bool is_true, std::vector<Place>& turned) {
  switch (judging_) {
    case Judging::last_n:
    case Judging::sum:
      return insert_counted(detection, is_true, turned);
    case Judging::distinct:
      return insert_value(detection, is_true, turned);
    case Judging::any_rules:
      return insert_met(detection, is_true, turned);
    case Judging::ordered_rules:
      return insert_in_order(detection, is_true, turned);
    case Judging::alternatives:
      return insert_into_parts(detection, is_true, turned);
    default:
      CHECK(false, "what is judged in order has no long window");
  }
  return false;
}

bool LongWindow::put(const Waiting& detection, std::int64_t quantity, bool is_true,
                     std::vector<Place>& turned) {
  PlaceTree::Item item{{detection.place.time, detection.place.order}, detection.worth, quantity};
  if (!is_true && quantity >= goal_) turned.push_back(detection.place);
  if (is_true || quantity >= goal_) item.entry.set_true();
  tree_.insert(item);
  return true;
}

bool LongWindow::insert_counted(const Waiting& detection, bool is_true,
                                std::vector<Place>& turned) {
  const Place place = detection.place;
  if (has(place)) return false;
  const auto amount =
      judging_ == Judging::sum ? static_cast<std::int64_t>(detection.worth) : std::int64_t{1};
  tree_.add(place, reach_of(place), amount, goal_, turned);
  const PlaceTree::Totals held = tree_.between(start_of(place), place);
  const std::uint64_t quantity = judging_ == Judging::sum ? held.worth : held.count;
  return put(detection, static_cast<std::int64_t>(quantity) + amount, is_true, turned);
}

std::optional<Place> LongWindow::use_before(std::uint32_t value, Place place) {
  ++index_steps_;
  auto it = uses_.lower_bound({value, place});
  if (it == uses_.begin() || (--it)->value != value) return std::nullopt;
  return it->place;
}

std::optional<Place> LongWindow::use_behind(std::uint32_t value, Place place) {
  ++index_steps_;
  const auto it = uses_.upper_bound(Occurrence{value, place});
  if (it == uses_.end() || it->value != value) return std::nullopt;
  return it->place;
}

// How many entries of [low, high) are the last of their value up to `last`.
std::int64_t LongWindow::last_uses(Place low, Place high, Place last) {
  std::int64_t count = 0;
  tree_.visit(low, high, [&](const PlaceTree::Item& item) {
    const auto next = use_behind(static_cast<std::uint32_t>(item.worth), item.entry.place());
    count += !next || *next > last ? 1 : 0;
  });
  return count;
}

// How many values stand in the window that ends at `place`, up to `last`, the newest entry not
// behind it. Known from the nearer neighbour: what the windows differ in is looked through, of two
// stretches the shorter. So an entry is looked at only when its stretch is halved at least:
// O(log n) times.
std::int64_t LongWindow::values_before(Place place, Place last) {
  const Place start = start_of(place);
  const Place last_start = start_of(last);
  const auto next = tree_.oldest_from(behind(place));
  const Place next_place = next ? next->entry.place() : Place{};
  const Place next_start = next ? std::min(start_of(next_place), behind(last)) : behind(last);
  if (tree_.between(last_start, start).count <= tree_.between(start, next_start).count)
    return tree_.newest_before(behind(last))->quantity - last_uses(last_start, start, last);
  std::int64_t held = 0;
  if (next_start <= last) {
    held = next->quantity;
    tree_.visit(next_place, behind(next_place), [&](const PlaceTree::Item& item) {
      const auto before = use_before(static_cast<std::uint32_t>(item.worth), next_place);
      if (!before || *before < next_start) --held;
    });
  }
  return held + last_uses(start, next_start, last);
}

bool LongWindow::insert_value(const Waiting& detection, bool is_true, std::vector<Place>& turned) {
  const Place place = detection.place;
  const auto value = static_cast<std::uint32_t>(detection.worth);
  if (uses_.contains(Occurrence{value, place})) {
    values_.release(value);
    return false;
  }
  const Place start = start_of(place);
  const auto before = use_before(value, place);
  const auto behind_it = use_behind(value, place);
  const auto last = tree_.newest_before(behind(place));
  const bool is_new = !before || *before < start;
  std::int64_t quantity = is_new ? 1 : 0;
  if (last && last->entry.place() >= start) quantity += values_before(place, last->entry.place());
  // Entries of the same event have the same window.
  const Place low = is_new ? place : reach_of(*before);
  const Place reach = reach_of(place);
  tree_.add(low, behind_it ? std::min(*behind_it, reach) : reach, 1, goal_, turned);
  uses_.insert({value, place});
  std::vector<Place> own;
  put(detection, quantity, is_true, own);
  if (!own.empty() && !(last && last->entry.place() == place)) turned.push_back(place);
  return true;
}

bool LongWindow::insert_met(const Waiting& detection, bool is_true, std::vector<Place>& turned) {
  const Place place = detection.place;
  const Place start = start_of(place);
  const Place reach = reach_of(place);
  const auto same = tree_.oldest_from(place);
  const bool joins = same && same->entry.place() == place;
  const std::uint64_t had = joins ? same->worth : 0;
  const std::uint64_t has_now = had | detection.worth;
  if (had == has_now && joins) return false;
  // The events of a window that matter: from here back those that leave it last, from here on those
  // that enter it first.
  struct Neighbour {
    Place from;  // stands in the windows of [from, until)
    Place until;
    std::uint64_t rules;
  };
  std::vector<Neighbour> neighbours;
  std::vector<Place> borders{place};
  Matching older(inputs_);
  for (Place at = place; older.open() != 0;) {
    const auto found = tree_.newest_before(at, older.open());
    if (!found || found->entry.place() < start) break;
    at = found->entry.place();
    older.add(found->worth);
    neighbours.push_back({place, reach_of(at), found->worth});
    borders.push_back(reach_of(at));
  }
  Matching newer(inputs_);
  for (Place at = behind(place); newer.open() != 0;) {
    const auto found = tree_.oldest_from(at, newer.open());
    if (!found || found->entry.place() >= reach) break;
    newer.add(found->worth);
    neighbours.push_back({found->entry.place(), reach, found->worth});
    borders.push_back(found->entry.place());
    at = behind(found->entry.place());
  }
  std::ranges::sort(borders);
  borders.push_back(reach);
  std::int64_t own = 0;
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    const Place low = borders[i];
    const Place high = std::min(borders[i + 1], reach);
    if (low >= high) continue;
    Matching inside(inputs_);
    for (const Neighbour& neighbour : neighbours) {
      if (neighbour.from <= low && low < neighbour.until) inside.add(neighbour.rules);
    }
    const std::uint64_t open = inside.open();
    const bool had_place = (had & open) != 0, has_place = (has_now & open) != 0;
    if (low == place) own = inside.size() + (has_place ? 1 : 0);
    if (has_place && !had_place) tree_.add(low, high, 1, goal_, turned);
  }
  if (!joins) return put(detection, own, is_true, turned);
  tree_.add_bits(place, detection.worth);
  return false;
}

// starts[n]: the latest start of a chain of n events before `place` that meet n of the rules below
// `rule` in their order.
void LongWindow::chains_before(Place place, std::uint32_t rule,
                               std::vector<std::optional<Place>>& starts) {
  starts.assign(std::size_t{rule} + 1, std::nullopt);
  starts[0] = place;
  for (std::uint32_t r = rule; r-- > 0;) {
    for (std::uint32_t n = rule - r; n >= 1; --n) {
      if (!starts[n - 1]) continue;
      const auto found = tree_.newest_before(*starts[n - 1], bit_of(r));
      if (found && (!starts[n] || *starts[n] < found->entry.place()))
        starts[n] = found->entry.place();
    }
  }
}

// ends[n]: the earliest end of a chain of n events behind `place` that meet n of the rules above
// `rule` in their order.
void LongWindow::chains_behind(Place place, std::uint32_t rule,
                               std::vector<std::optional<Place>>& ends) {
  ends.assign(std::size_t{inputs_ - rule - 1} + 1, std::nullopt);
  ends[0] = place;
  for (std::uint32_t r = rule + 1; r < inputs_; ++r) {
    for (std::uint32_t n = r - rule; n >= 1; --n) {
      if (!ends[n - 1]) continue;
      const auto found = tree_.oldest_from(behind(*ends[n - 1]), bit_of(r));
      if (found && (!ends[n] || *ends[n] > found->entry.place())) ends[n] = found->entry.place();
    }
  }
}

bool LongWindow::insert_in_order(const Waiting& detection, bool is_true,
                                 std::vector<Place>& turned) {
  const Place place = detection.place;
  const auto same = tree_.oldest_from(place);
  const bool joins = same && same->entry.place() == place;
  std::uint64_t more = detection.worth;
  if (joins) {
    more &= ~same->worth;
    tree_.add_bits(place, more);
  } else {
    put(detection, 0, is_true, turned);
  }
  std::vector<std::optional<Place>> starts, ends;
  // A chain that was complete before may still be inside.
  chains_before(place, inputs_, starts);
  const auto all = static_cast<std::size_t>(goal_);
  if (all < starts.size() && starts[all] && *starts[all] > start_of(place))
    tree_.set_true(place, behind(place), turned);
  for (; more != 0; more &= more - 1) {
    const auto rule = static_cast<std::uint32_t>(std::countr_zero(more));
    chains_before(place, rule, starts);
    chains_behind(place, rule, ends);
    const auto others = static_cast<std::size_t>(goal_ - 1);
    for (std::size_t n = 0; n < starts.size() && n <= others; ++n) {
      if (others - n >= ends.size() || !starts[n] || !ends[others - n]) continue;
      tree_.set_true(*ends[others - n], reach_of(*starts[n]), turned);
    }
  }
  return !joins;
}

// A part has every entry, also those that meet none of its rules: it can be true there.
bool LongWindow::insert_into_parts(const Waiting& detection, bool is_true,
                                   std::vector<Place>& turned) {
  const Place place = detection.place;
  const bool joins = has(place);
  if (joins) {
    tree_.add_bits(place, detection.worth);
  } else {
    put(detection, 0, is_true, turned);
  }
  std::vector<Place> in_part;
  for (Part& part : parts_) {
    in_part.clear();
    part.window->insert({place, bits_among(detection.worth, part.positive)}, false, in_part);
    for (const Place there : in_part) tree_.set_true(there, behind(there), turned);
  }
  return !joins;
}

void LongWindow::purge(std::int64_t bound) {
  for (Part& part : parts_) part.window->purge(bound);
  const std::int64_t start = minus(bound, timespan_);
  const auto n = static_cast<std::uint64_t>(goal_);
  while (tree_.size() > 0) {
    // Before the bound, n - 1 entries tell all that a later one can ask.
    const bool spare =
        judging_ == Judging::last_n && n <= tree_.size() && tree_.nth(n - 1).time < bound;
    if (tree_.first().time > start && !spare) return;
    const PlaceTree::Item gone = take_front();
    if (judging_ == Judging::distinct) values_.release(static_cast<std::uint32_t>(gone.worth));
  }
}

PlaceTree::Item LongWindow::take_front() {
  const PlaceTree::Item item = tree_.front();
  const Place place = item.entry.place();
  if (judging_ == Judging::distinct) {
    // Quantities tell what the windows hold of what is still here.
    const auto value = static_cast<std::uint32_t>(item.worth);
    const auto next = use_behind(value, place);
    const Place reach = reach_of(place);
    std::vector<Place> none;
    tree_.add(place, next ? std::min(*next, reach) : reach, -1, goal_, none);
    uses_.erase({value, place});
  }
  tree_.pop_front();
  return item;
}

std::uint64_t LongWindow::weight(Place low, Place high) const {
  const PlaceTree::Totals held = tree_.between(behind(low), behind(high));
  return judging_ == Judging::sum ? held.worth : held.count;
}

std::uint64_t LongWindow::weight_at(Place place) const {
  return judging_ == Judging::sum ? tree_.oldest_from(place)->worth : 1;
}

std::uint64_t LongWindow::held(Place low, Place high) const {
  if (judging_ != Judging::distinct) return weight(low, high);
  return static_cast<std::uint64_t>(tree_.oldest_from(high)->quantity);
}

void LongWindow::newest(Place low, Place high, std::size_t most, std::vector<Place>& out) const {
  out.clear();
  const std::uint64_t end = tree_.before(behind(high)).count;
  std::uint64_t first = tree_.before(behind(low)).count;
  if (first >= end) return;
  first = std::max(first, end - std::min<std::uint64_t>(end, most));
  const Place place = tree_.nth(first);
  std::uint64_t rank = tree_.before(place).count;
  tree_.visit(place, behind(high), [&](const PlaceTree::Item& item) {
    if (rank++ >= first) out.push_back(item.entry.place());
  });
}

}  // namespace tocsin::correlate
