#include "correlate/episodes.hpp"

#include <algorithm>

#include "correlate/group_key.hpp"

namespace tocsin::correlate {

std::uint64_t ShortWindow::weight(Place low, Place high) const {
  if (high <= low) return 0;
  const std::uint32_t first = window.above(low);
  const std::uint32_t end = window.above(high);
  if (judging != Judging::sum) return end > first ? end - first : 0;
  std::uint64_t sum = 0;
  for (std::uint32_t i = first; i < end; ++i) sum += window.worth(i);
  return sum;
}

std::uint64_t ShortWindow::weight_at(Place place) const {
  return judging == Judging::sum ? window.worth(window.above(place) - 1) : 1;
}

std::uint64_t ShortWindow::held(Place low, Place high) const {
  if (judging != Judging::distinct) return weight(low, high);
  std::vector<std::uint64_t> values;
  const std::uint32_t end = window.above(high);
  for (std::uint32_t i = window.above(low); i < end; ++i) values.push_back(window.worth(i));
  std::ranges::sort(values);
  return static_cast<std::uint64_t>(std::ranges::unique(values).begin() - values.begin());
}

void ShortWindow::newest(Place low, Place high, std::size_t most, std::vector<Place>& out) const {
  out.clear();
  const std::uint32_t first = window.above(low);
  const std::uint32_t end = window.above(high);
  const auto skipped = end - first > most ? end - first - static_cast<std::uint32_t>(most) : 0;
  for (std::uint32_t i = first + skipped; i < end; ++i) out.push_back(window[i].place());
}

template <typename AnyWindow>
void Episodes::describe(const AnyWindow& window, OpenAlert& alert) {
  if (alert.silent) return;
  const Place start = end_of(span_start(alert.first));
  event::Alert& shown = alert.alert;
  shown.fired_at = base::EventTime(alert.first.time);
  shown.count = window.held(start, alert.first);
  window.newest(start, alert.first, event::max_evidence, shown_);
  show_evidence(shown);
}

// What shown_ holds, oldest first.
void Episodes::show_evidence(event::Alert& shown) {
  shown.first_seen = shown_.empty() ? shown.fired_at : base::EventTime(shown_.front().time);
  shown.evidence.clear();
  // A group that nothing ever came from has no event to show.
  for (const Place place : shown_) {
    if (place.seq().value != 0) shown.evidence.push_back(place.seq());
  }
  std::ranges::sort(shown.evidence);
  const auto twice = std::ranges::unique(shown.evidence);
  shown.evidence.erase(twice.begin(), twice.end());
}

void Episodes::copy_description(const event::Alert& from, event::Alert& to) {
  to.fired_at = from.fired_at;
  to.first_seen = from.first_seen;
  to.count = from.count;
  to.evidence = from.evidence;
}

std::uint32_t Episodes::open(Group& group, Place first, Place last, bool late) {
  const std::uint32_t handle =
      book_.open(index_, group, !spec_.alerts, first, last, plus(last.time, spec_.timespan));
  OpenAlert& alert = book_[handle];
  outcome_.fired.push_back(handle);
  if (alert.silent) return handle;
  event::Alert& shown = alert.alert;
  shown.id = alert_id(spec_, group.key(), first);
  shown.rule_id = spec_.id;
  shown.rule_title = spec_.title;
  shown.rule_level = spec_.level;
  shown.rule_author = spec_.author;
  shown.rule_tags = spec_.tags;
  shown.group = group_values(spec_, group.key());
  shown.fired_by = first.seq();
  shown.late = late;
  return handle;
}

void Episodes::remind(std::uint32_t handle) {
  OpenAlert& alert = book_[handle];
  if (alert.last.time < plus(alert.reminded, *spec_.realert)) return;
  alert.reminded = alert.last.time;
  outcome_.reminded.push_back(handle);
}

void Episodes::newest_true(Group& group, const Window& window, bool late) {
  const Place place = window[window.size - 1].place();
  const std::uint32_t newest = group.alerts;
  if (newest != 0 && span_start(place) < book_[newest].last.time) {
    amend(newest, window, place);
  } else {
    open_at(group, window, place, late);
  }
}

void Episodes::instant_true(Group& group, const Window& window, Place instant, bool still) {
  const std::uint32_t newest = group.alerts;
  if (newest != 0 && (still || span_start(instant) < book_[newest].last.time)) {
    amend(newest, window, instant);
  } else {
    open_at(group, window, instant, false);
  }
}

// Nothing of the window stands behind `place`.
void Episodes::amend(std::uint32_t handle, const Window& window, Place place) {
  OpenAlert& alert = book_[handle];
  for (std::uint32_t i = window.size; i-- > 0 && window[i].place() > alert.last;)
    alert.alert.total += spec_.judging == Judging::sum ? window.worth(i) : 1;
  alert.last = place;
  alert.alert.last_seen = base::EventTime(place.time);
  book_.change(handle);
  if (spec_.realert) remind(handle);
}

void Episodes::open_at(Group& group, const Window& window, Place place, bool late) {
  const std::uint32_t handle = open(group, place, place, late);
  OpenAlert& alert = book_[handle];
  const ShortWindow asked{window, spec_.judging};
  alert.alert.total = asked.weight(end_of(span_start(place)), place);
  alert.alert.last_seen = base::EventTime(place.time);
  describe(asked, alert);
  book_.change(handle);
}

void Episodes::ended_true(Group& group, const Window& window, Place instant,
                          const Alternatives& alternatives) {
  const std::int64_t begin = minus(instant.time, spec_.timespan);
  const std::uint32_t newest = group.alerts;
  const bool goes_on = newest != 0 && begin < book_[newest].last.time;
  const std::uint32_t handle = goes_on ? newest : open(group, instant, instant, false);
  OpenAlert& alert = book_[handle];
  // What was counted before ended where the alert was last true.
  const std::int64_t from = goes_on ? alert.last.time : begin;
  std::uint64_t counted = 0;
  shown_.clear();
  for (std::uint32_t i = window.size; i-- > 0 && window[i].time >= from;) {
    if ((window.worth(i) & alternatives.positive()) == 0) continue;
    ++counted;
    if (shown_.size() < event::max_evidence) shown_.push_back(window[i].place());
  }
  alert.last = instant;
  alert.alert.last_seen = base::EventTime(instant.time);
  book_.change(handle);
  if (goes_on) {
    alert.alert.total += counted;
    if (spec_.realert) remind(handle);
    return;
  }
  alert.alert.total = counted;
  if (alert.silent) return;
  alert.alert.fired_at = base::EventTime(instant.time);
  alert.alert.count = counted;
  std::ranges::reverse(shown_);
  show_evidence(alert.alert);
}

// Puts to the pieces all alerts less than a timespan from `place` that are older than `gathered`;
// returns the oldest gathered.
std::uint32_t Episodes::gather(Group& group, Place place, std::uint32_t gathered,
                               std::vector<Piece>& pieces) {
  const Place reach = end_of(plus(place.time, spec_.timespan));
  std::uint32_t handle = gathered == 0 || book_[gathered].first > reach
                             ? book_.newest_up_to(index_, group, reach)
                             : book_[gathered].older;
  for (; handle != 0 && book_[handle].last.time > span_start(place); handle = book_[handle].older) {
    ++outcome_.steps;
    pieces.push_back({book_[handle].first, book_[handle].last, handle});
    gathered = handle;
  }
  return gathered;
}

template <typename AnyWindow>
void Episodes::reconcile(Group& group, const AnyWindow& window, std::span<const Place> inserted,
                         std::span<const Place> trues, bool late) {
  std::vector<Piece> pieces;
  // From the newest place on, so that what an alert was gathered for stands above it.
  std::size_t i = inserted.size(), j = trues.size();
  std::uint32_t gathered = 0;
  while (i > 0 || j > 0) {
    const bool is_true = i == 0 || (j > 0 && trues[j - 1] >= inserted[i - 1]);
    const Place place = is_true ? trues[--j] : inserted[--i];
    if (is_true) pieces.push_back({place, place, 0});
    gathered = gather(group, place, gathered, pieces);
  }
  std::ranges::sort(pieces, {}, &Piece::first);
  for (std::size_t begin = 0; begin < pieces.size();) {
    Place last = pieces[begin].last;
    std::size_t end = begin + 1;
    for (; end < pieces.size() && span_start(pieces[end].first) < last.time; ++end)
      last = std::max(last, pieces[end].last);
    settle(group, window, std::span(pieces).subspan(begin, end - begin), inserted, late);
    begin = end;
  }
}

// One episode: alerts that were apart, places that turned true.
template <typename AnyWindow>
void Episodes::settle(Group& group, const AnyWindow& window, std::span<const Piece> pieces,
                      std::span<const Place> inserted, bool late) {
  const Place first = pieces.front().first;
  const Place last = std::ranges::max(pieces, {}, &Piece::last).last;
  const Place start = end_of(span_start(first));
  // The alerts' own totals stand for what the window may hold no more; what they do not cover is
  // counted, and so is what came in between.
  std::uint64_t total = 0;
  std::uint32_t survivor = 0;
  Place covered = start;
  const auto inserted_in = [&](Place low, Place high) {
    const auto begin = std::ranges::upper_bound(inserted, low);
    return std::ranges::subrange(begin, std::max(begin, std::ranges::upper_bound(inserted, high)));
  };
  for (const Piece& piece : pieces) {
    if (piece.handle == 0) continue;
    const Place own_start = end_of(span_start(piece.first));
    total += window.weight(covered, own_start) + book_[piece.handle].alert.total;
    for (const Place place : inserted_in(own_start, piece.last)) total += window.weight_at(place);
    covered = piece.last;
    if (survivor == 0 || book_[piece.handle].number < book_[survivor].number)
      survivor = piece.handle;
  }
  total += window.weight(covered, last);
  const bool opened = survivor == 0;
  if (opened) survivor = open(group, first, last, late);
  OpenAlert& alert = book_[survivor];
  const bool moved = alert.first != first;
  const bool joined =
      std::ranges::count_if(pieces, [](const Piece& p) { return p.handle != 0; }) > 1;
  if (!opened && !moved && !joined && last == alert.last && total == alert.alert.total) return;
  const bool described = !inserted_in(start, first).empty();
  const Place old_first = alert.first;
  alert.first = first;
  alert.last = last;
  alert.alert.total = total;
  alert.alert.last_seen = base::EventTime(last.time);
  // A first place that another alert had before can lie so far back that its window is gone; then
  // that alert knows what it held.
  const std::uint32_t knows = pieces.front().handle;
  if (opened || described || (moved && knows == 0)) {
    describe(window, alert);
  } else if (moved) {
    copy_description(book_[knows].alert, alert.alert);
  }
  alert.retold = alert.retold || described || moved;
  if (moved) outcome_.moved.push_back(survivor);
  book_.change(survivor);
  if (spec_.realert && !opened) remind(survivor);
  for (const Piece& piece : pieces) {
    if (piece.handle == 0 || piece.handle == survivor) continue;
    if (!alert.silent) book_[piece.handle].alert.merged_into = alert.alert.id;
    book_[piece.handle].retold = true;
    book_.close(piece.handle, group);
  }
  if (moved) book_.moved(survivor, group, old_first);
}

template void Episodes::reconcile(Group&, const ShortWindow&, std::span<const Place>,
                                  std::span<const Place>, bool);
template void Episodes::reconcile(Group&, const LongWindow&, std::span<const Place>,
                                  std::span<const Place>, bool);

}  // namespace tocsin::correlate
