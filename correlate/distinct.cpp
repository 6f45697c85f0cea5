#include "correlate/distinct.hpp"

namespace tocsin::correlate {

namespace {

std::uint32_t value_at(const Window& window, std::uint32_t at) {
  return static_cast<std::uint32_t>(window.worth(at));
}

bool stands_in(const Window& window, std::uint32_t first, std::uint32_t end, std::uint32_t value) {
  for (std::uint32_t i = first; i < end; ++i) {
    if (value_at(window, i) == value) return true;
  }
  return false;
}

void drop_one(State& state, std::uint32_t value) {
  const auto found = state.counts->find(value);
  if (--found->second != 0) return;
  state.counts->erase(found);
  --state.quantity;
}

void add_one(State& state, std::uint32_t value) {
  if ((*state.counts)[value]++ == 0) ++state.quantity;
}

}  // namespace

void leave_distinct(State& state, const Window& window, std::uint32_t at) {
  const std::uint32_t value = value_at(window, state.tail);
  if (state.counts != nullptr) {
    drop_one(state, value);
  } else if (!stands_in(window, state.tail + 1, at, value)) {
    --state.quantity;
  }
}

void enter_distinct(State& state, const Window& window, std::uint32_t at) {
  const std::uint32_t value = value_at(window, at);
  if (state.counts == nullptr && at - state.tail < small_window) {
    if (!stands_in(window, state.tail, at, value)) ++state.quantity;
    return;
  }
  if (state.counts == nullptr) {
    state.counts = new ValueCounts;
    for (std::uint32_t i = state.tail; i < at; ++i) ++(*state.counts)[value_at(window, i)];
  }
  add_one(state, value);
}

void undo_enter_distinct(State& state, const Window& window, std::uint32_t at) {
  const std::uint32_t value = value_at(window, at);
  if (state.counts != nullptr) {
    drop_one(state, value);
  } else if (!stands_in(window, state.tail, at, value)) {
    --state.quantity;
  }
}

void undo_leave_distinct(State& state, const Window& window, std::uint32_t at, std::uint32_t end) {
  const std::uint32_t value = value_at(window, at);
  if (state.counts != nullptr) {
    add_one(state, value);
  } else if (!stands_in(window, at + 1, end, value)) {
    ++state.quantity;
  }
}

std::uint64_t uses_in(const State& state, const Window& window, std::uint32_t at,
                      std::uint32_t which) {
  const std::uint32_t value = value_at(window, which);
  if (state.counts != nullptr) return state.counts->find(value)->second;
  std::uint64_t uses = 0;
  for (std::uint32_t i = state.tail; i <= at; ++i) uses += value_at(window, i) == value ? 1 : 0;
  return uses;
}

}  // namespace tocsin::correlate
