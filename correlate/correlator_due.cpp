// Correlator: the half that waits for the watermark: detections whose rules a late event could make
// false, windows that end, openings that are final, alerts that close.
#include <algorithm>

#include "base/check.hpp"
#include "correlate/correlator.hpp"
#include "correlate/number.hpp"

namespace tocsin::correlate {

// One event is one detection, whichever rules it met: different values of it count apart, of
// different numbers the largest counts.
void Correlator::join(const CorrelationSpec& spec, std::vector<Waiting>& batch,
                      const Waiting& more) {
  if (batch.empty() || batch.back().place != more.place || holds_values(spec.judging)) {
    batch.push_back(more);
  } else if (holds_numbers(spec.judging)) {
    const double larger = std::max(number_in(batch.back().worth), number_in(more.worth));
    batch.back().worth = worth_of(larger);
  } else if (spec.judging != Judging::sum) {
    batch.back().worth |= more.worth;
  }
}

void Correlator::wait(std::uint32_t spec, Group* group, const Waiting& waiting) {
  mark(spec, *group);
  put_waiting(spec, group, waiting);
}

void Correlator::put_waiting(std::uint32_t spec, Group* group, const Waiting& waiting) {
  WaitingList& list = windows_[spec]->table().waiting(group);
  const auto added = list.emplace(waiting.place, waiting.worth);
  if (!specs_[spec].whole_instants) {
    push_due({waiting.place, spec, group->id, false});
    return;
  }
  // Whoever waits for this time already takes this along.
  const auto at_this_time = [&](auto other) { return other->first.time == waiting.place.time; };
  const bool known = (added != list.begin() && at_this_time(std::prev(added))) ||
                     (std::next(added) != list.end() && at_this_time(std::next(added)));
  if (!known) push_due({end_of(waiting.place.time), spec, group->id, false});
}

void Correlator::push_due(const Due& due) {
  due_.push_back(due);
  std::push_heap(due_.begin(), due_.end());
}

// The watermark moved: what it has passed is final.
void Correlator::advance() {
  const std::int64_t watermark = watermark_.value();
  if (!beginnings_.empty()) [[unlikely]]
    make_expected(watermark);
  if (!due_.empty() && due_.front().place.time < watermark) judge_due(watermark);
  close_alerts(watermark);
  if (next_look_ <= watermark) expire();
}

void Correlator::judge_due(std::int64_t before) {
  while (!due_.empty() && due_.front().place.time < before) {
    std::pop_heap(due_.begin(), due_.end());
    const Due due = due_.back();
    due_.pop_back();
    judge_one(due);
  }
}

void Correlator::judge_one(const Due& due) {
  Group* group = windows_[due.spec]->table().at(due.group);
  bound_ = due.place.time;
  if (due.opening) {
    if (group != nullptr) send_opening(due, group);
    return;
  }
  if (group == nullptr) return;
  const CorrelationSpec& spec = specs_[due.spec];
  if (spec.by_instants) {
    take_waiting(due.place, due.spec, group);
    judge_instant(due, group);
    return;
  }
  if (spec.forward && due.place.order == 0) {
    judge_ended(due, group);
    return;
  }
  while (group->waiting != nullptr && group->waiting->begin()->first <= until_place(due.place)) {
    const Place first = group->waiting->begin()->first;
    mark(due.spec, *group);
    // All that a whole instant brought is judged together: which of it came first is an accident.
    const Place upto = spec.whole_instants ? end_of(first.time)
                                           : Place{first.time, first.order & ~std::uint64_t{1}};
    if (take_waiting(upto, due.spec, group)) windows_[due.spec]->empty(group);
    if (batch_.empty()) continue;
    if (spec.forward) {
      enter_forward(due.spec, group);
    } else {
      apply(due.spec, group, batch_, bound_, false);
    }
    group = windows_[due.spec]->table().at(due.group);
  }
}

void Correlator::enter_forward(std::uint32_t spec, Group* group) {
  if (windows_[spec]->enter(group, batch_)) {
    const std::int64_t end = plus(batch_.front().place.time, specs_[spec].timespan);
    push_due({{end, 0}, spec, group->id, false});
  }
}

void Correlator::judge_ended(const Due& due, Group* group) {
  const std::size_t fired = workshop_.outcome.fired.size();
  const std::size_t moved = workshop_.outcome.moved.size();
  mark(due.spec, *group);
  windows_[due.spec]->judge_ended(group, due.place.time);
  if (!specs_[due.spec].feeds.empty()) pass_on(due.spec, group, fired, moved);
}

// What waits up to this place goes to batch_. True: it empties the window first. Several rules that
// one event met wait under one place; the first look takes them all.
bool Correlator::take_waiting(Place place, std::uint32_t of, Group* group) {
  batch_.clear();
  if (group->waiting == nullptr) return false;
  const CorrelationSpec& spec = specs_[of];
  WaitingList& list = *group->waiting;
  bool empties = false;
  const auto end = list.upper_bound(until_place(place));
  for (auto it = list.begin(); it != end; ++it) {
    if (!is_until(it->first)) {
      join(spec, batch_, {it->first, it->second});
      continue;
    }
    // What the same event, or the same instant, has besides comes behind.
    empties = true;
    if (spec.whole_instants) continue;
    std::erase_if(batch_, [&](const Waiting& before) {
      if (until_place(before.place) == it->first) return false;
      windows_[of]->give_back(before.worth);
      return true;
    });
  }
  list.erase(list.begin(), end);
  if (list.empty()) {
    delete group->waiting;
    group->waiting = nullptr;
  }
  return empties;
}

void Correlator::send_opening(const Due& due, Group* group) {
  const std::uint32_t handle = workshop_.book.newest_up_to(due.spec, *group, due.place);
  if (handle == 0) return;
  OpenAlert& alert = workshop_.book[handle];
  if (alert.first != due.place || alert.opening_sent) return;
  alert.opening_sent = true;
  mark(due.spec, *group);
  for (const CorrelationSpec::Feed to : specs_[due.spec].feeds) {
    const CorrelationSpec& outer = specs_[to.spec];
    if (outer.type == CorrelationType::event_count && !outer.is_until(to.input))
      deliver(specs_[due.spec], group, to, due.place);
  }
}

bool Correlator::end_warming(std::int64_t watermark, const std::vector<bool>& is_new) {
  clear_fired();
  if (watermark_.value() > watermark) return false;
  if (watermark_.raise(watermark)) advance();
  std::vector<Due> openings;
  std::erase_if(due_, [&](const Due& due) {
    if (!due.opening || !is_new[due.spec]) return false;
    openings.push_back(due);
    return true;
  });
  std::make_heap(due_.begin(), due_.end());
  std::ranges::sort(openings, [](const Due& a, const Due& b) { return b < a; });
  bound_ = watermark_.value();
  for (const Due& due : openings) {
    if (Group* group = windows_[due.spec]->table().at(due.group)) send_opening(due, group);
  }
  judge_silent_again();
  finish_step();
  return true;
}

void Correlator::close_alerts(std::int64_t watermark) {
  workshop_.book.close_until(
      watermark, [this](const OpenAlert& alert) { return close_at(alert); },
      [this](std::uint32_t handle, const OpenAlert& alert) {
        Group* group = windows_[alert.spec]->table().at(alert.group);
        CHECK(group != nullptr, "an open alert lost its group");
        mark(alert.spec, *group);
        workshop_.book.close(handle, *group);
      });
}

}  // namespace tocsin::correlate
