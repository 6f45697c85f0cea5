#include "correlate/judge.hpp"

#include <algorithm>

#include "correlate/distinct.hpp"
#include "correlate/temporal.hpp"
#include "correlate/temporal_ordered.hpp"

namespace tocsin::correlate {

Judge::Judge(const CorrelationSpec& spec)
    : judging_(spec.judging),
      inputs_(static_cast<std::uint32_t>(spec.inputs.size())),
      timespan_(spec.timespan),
      at_least_(spec.at_least),
      at_most_(spec.at_most) {}

std::uint32_t Judge::area_bytes() const {
  switch (judging_) {
    case Judging::any_rules:
      return temporal_area(inputs_);
    case Judging::ordered_rules:
      return ordered_area(inputs_);
    default:
      return 0;
  }
}

void Judge::start(Cursor cursor, std::uint32_t first) const {
  cursor.state.quantity = 0;
  cursor.state.tail = first;
  if (cursor.state.counts != nullptr) cursor.state.counts->clear();
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
      for (; window[state.tail].time <= start; ++state.tail) leave_distinct(state, window, at);
      enter_distinct(state, window, at);
      break;
    case Judging::any_rules:
      push_temporal(cursor.area, inputs_, window, at);
      break;
    case Judging::ordered_rules:
      push_ordered(cursor.area, inputs_, window, at);
      break;
  }
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

std::uint64_t Judge::quantity(Cursor cursor, const Window& window, std::uint32_t at) const {
  const std::int64_t start = minus(window[at].time, timespan_);
  switch (judging_) {
    case Judging::last_n:
      return at + 1 - window.above(end_of(start));
    case Judging::any_rules:
      return met_in_any_order(cursor.area, inputs_, start);
    case Judging::ordered_rules:
      return met_in_order(cursor.area, inputs_, start);
    default:
      return cursor.state.quantity;
  }
}

}  // namespace tocsin::correlate
