#include "correlate/judge.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>
#include <vector>

#include "correlate/distinct.hpp"
#include "correlate/numeric.hpp"
#include "correlate/ranking.hpp"
#include "correlate/temporal.hpp"
#include "correlate/temporal_ordered.hpp"

namespace tocsin::correlate {

namespace {

constexpr std::uint32_t middle = whole_percentile / 2;

}  // namespace

Judge::Judge(const CorrelationSpec& spec, Pool& pool)
    : judging_(spec.judging),
      whole_instants_(spec.whole_instants),
      orders_instants_(spec.whole_instants && spec.type == CorrelationType::temporal_ordered),
      inputs_(static_cast<std::uint32_t>(spec.inputs.size())),
      timespan_(spec.timespan),
      at_least_(spec.at_least),
      at_most_(spec.at_most),
      except_(spec.except),
      alternatives_(spec),
      limits_(spec.numbers),
      percentile_(spec.percentile.value_or(middle)),
      pool_(pool) {}

std::uint32_t Judge::area_bytes() const {
  switch (judging_) {
    case Judging::any_rules:
      return temporal_area(inputs_);
    case Judging::ordered_rules:
      return ordered_area(inputs_);
    case Judging::alternatives:
      return alternatives_.area_bytes();
    case Judging::total:
    case Judging::average:
      return sum_area;
    default:
      return 0;
  }
}

void Judge::start(Cursor cursor, std::uint32_t first) const {
  cursor.state.quantity = 0;
  cursor.state.tail = first;
  if (judging_ == Judging::rank) {
    drop(cursor.state);
  } else if (cursor.state.counts != nullptr) {
    cursor.state.counts->clear();
  }
  std::fill_n(cursor.area, area_bytes() / sizeof(std::int64_t), 0);
}

void Judge::push(Cursor cursor, const Window& window, std::uint32_t at) const {
  State& state = cursor.state;
  const std::int64_t start = minus(window[at].time, timespan_);
  switch (judging_) {
    case Judging::last_n:
      break;
    case Judging::sum:
      for (; window[state.tail].time <= start; ++state.tail)
        state.quantity -= window.worth(state.tail);
      state.quantity += window.worth(at);
      break;
    case Judging::distinct:
    case Judging::share:
      for (; window[state.tail].time <= start; ++state.tail) leave_distinct(state, window, at);
      enter_distinct(state, window, at);
      break;
    case Judging::any_rules:
      push_temporal(cursor.area, inputs_, window[at].time, window.worth(at));
      break;
    case Judging::ordered_rules:
      push_ordered(cursor.area, inputs_, window[at].time, window.worth(at));
      break;
    case Judging::alternatives:
      alternatives_.push(cursor.area, window[at].time, window.worth(at));
      break;
    case Judging::total:
    case Judging::average:
      push_number(state, cursor.area, window, at, start);
      break;
    case Judging::rank:
      push_ranked(state, window, at, start, percentile_, pool_);
      break;
  }
}

std::uint32_t Judge::push_next(Cursor cursor, const Window& window, std::uint32_t at) const {
  std::uint32_t end = at + 1;
  while (orders_instants_ && end < window.size && window[end].time == window[at].time) ++end;
  if (end == at + 1) {
    push(cursor, window, at);
    return end;
  }
  // By the first of the rules that were met; then by all, so that no order of arrival matters.
  std::vector<std::uint32_t> order(end - at);
  std::iota(order.begin(), order.end(), at);
  std::ranges::sort(order, {}, [&](std::uint32_t i) {
    return std::pair(std::countr_zero(window.worth(i)), window.worth(i));
  });
  for (const std::uint32_t i : order) push(cursor, window, i);
  return end;
}

std::uint32_t Judge::rewind(Cursor cursor, const Window& window, std::uint32_t at,
                            std::int64_t time) const {
  State& state = cursor.state;
  if (at == window.size) return at;
  if (judging_ != Judging::sum && judging_ != Judging::distinct) {
    const std::uint32_t first = window.above(end_of(minus(time, timespan_)));
    start(cursor, std::min(first, at));
    return std::min(first, at);
  }
  for (std::uint32_t i = window.size; i > std::max(at, state.tail);) {
    --i;
    if (judging_ == Judging::sum) {
      state.quantity -= window.worth(i);
    } else {
      undo_enter_distinct(state, window, i);
    }
  }
  state.tail = std::min(state.tail, at);
  if (at == 0) return at;
  const std::int64_t window_start = minus(window[at - 1].time, timespan_);
  while (state.tail > 0 && window[state.tail - 1].time > window_start) {
    --state.tail;
    if (judging_ == Judging::sum) {
      state.quantity += window.worth(state.tail);
    } else {
      undo_leave_distinct(state, window, state.tail, at);
    }
  }
  return at;
}

bool Judge::is_true(Cursor cursor, const Window& window, std::uint32_t at) const {
  switch (judging_) {
    case Judging::alternatives:
      return alternatives_.hold(cursor.area, minus(window[at].time, timespan_));
    case Judging::total:
      return limits_.hold(sum_of(cursor.area, 1));
    case Judging::average:
      return limits_.hold(sum_of(cursor.area, std::int64_t{at} + 1 - cursor.state.tail));
    case Judging::rank:
      return limits_.hold(ranked(cursor.state, window, at, percentile_));
    case Judging::share:
      return share_holds(cursor.state, window, at);
    default:
      return holds(quantity(cursor, window, at));
  }
}

// Of one of the values that the newest event, or instant, has.
bool Judge::share_holds(const State& state, const Window& window, std::uint32_t at) const {
  constexpr Fixed percent = Fixed{100} * 1'000'000'000;
  for (std::uint32_t i = at + 1; i-- > state.tail && at_once(window[i], window[at]);) {
    const auto uses = static_cast<Fixed>(uses_in(state, window, at, i));
    if (limits_.hold({uses * percent, std::int64_t{at} + 1 - state.tail})) return true;
  }
  return false;
}

void Judge::drop(State& state) const {
  if (judging_ != Judging::rank) return;
  delete state.ranking;
  state.ranking = nullptr;
}

void Judge::leave(Cursor cursor, const Window& window, std::int64_t time) const {
  State& state = cursor.state;
  const std::int64_t start = minus(time, timespan_);
  if (judging_ == Judging::total || judging_ == Judging::average)
    return leave_number(state, cursor.area, window, start);
  if (judging_ == Judging::rank) return leave_ranked(state, window, start);
  if (judging_ != Judging::sum && judging_ != Judging::distinct) return;
  for (; state.tail < window.size && window[state.tail].time <= start; ++state.tail) {
    if (judging_ == Judging::sum) {
      state.quantity -= window.worth(state.tail);
    } else {
      leave_distinct(state, window, window.size);
    }
  }
}

bool Judge::is_true_at(Cursor cursor, const Window& window, std::int64_t time) const {
  const std::uint32_t held = window.size - cursor.state.tail;
  switch (judging_) {
    case Judging::total:  // of nothing it is 0
      return limits_.hold(sum_of(cursor.area, 1));
    case Judging::average:
      return held > 0 && limits_.hold(sum_of(cursor.area, held));
    case Judging::rank:
      return held > 0 && limits_.hold(ranked(cursor.state, window, window.size - 1, percentile_));
    default:
      return holds(quantity_at(cursor, time));
  }
}

std::uint64_t Judge::quantity_at(Cursor cursor, std::int64_t time) const {
  const std::int64_t start = minus(time, timespan_);
  switch (judging_) {
    case Judging::any_rules:
      return met_in_any_order(cursor.area, inputs_, start);
    case Judging::ordered_rules:
      return met_in_order(cursor.area, inputs_, start);
    default:
      return cursor.state.quantity;
  }
}

std::uint64_t Judge::quantity(Cursor cursor, const Window& window, std::uint32_t at) const {
  if (judging_ != Judging::last_n) return quantity_at(cursor, window[at].time);
  return at + 1 - window.above(end_of(minus(window[at].time, timespan_)));
}

}  // namespace tocsin::correlate
