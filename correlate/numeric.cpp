#include "correlate/numeric.hpp"

#include <array>
#include <cstring>

#include "correlate/distinct.hpp"
#include "correlate/ranking.hpp"

namespace tocsin::correlate {

namespace {

// The area is aligned to 8 only.
Fixed read_sum(const std::int64_t* area) {
  Fixed sum = 0;
  std::memcpy(&sum, area, sizeof sum);
  return sum;
}

double number_at(const Window& window, std::uint32_t at) { return number_in(window.worth(at)); }

// The end of the window may come before `start`.
void leave_until(State& state, const Window& window, std::int64_t start, auto&& leaves) {
  for (; state.tail < window.size && window[state.tail].time <= start; ++state.tail)
    leaves(number_at(window, state.tail));
}

void drop_ranking(State& state) {
  delete state.ranking;
  state.ranking = nullptr;
}

}  // namespace

void push_number(State& state, std::int64_t* area, const Window& window, std::uint32_t at,
                 std::int64_t start) {
  leave_number(state, area, window, start);
  const Fixed sum = read_sum(area) + fixed_of(number_at(window, at));
  std::memcpy(area, &sum, sizeof sum);
}

void leave_number(State& state, std::int64_t* area, const Window& window, std::int64_t start) {
  Fixed sum = read_sum(area);
  leave_until(state, window, start, [&](double number) { sum -= fixed_of(number); });
  std::memcpy(area, &sum, sizeof sum);
}

Ratio sum_of(const std::int64_t* area, std::int64_t count) { return {read_sum(area), count}; }

void push_ranked(State& state, const Window& window, std::uint32_t at, std::int64_t start,
                 std::uint32_t percentile, Pool& pool) {
  leave_until(state, window, start, [&](double number) {
    if (state.ranking != nullptr) state.ranking->erase(number);
  });
  const std::uint32_t held = at + 1 - state.tail;
  if (state.ranking != nullptr && held <= small_window / 2) {
    drop_ranking(state);
  } else if (state.ranking != nullptr) {
    state.ranking->insert(number_at(window, at));
  } else if (held > small_window) {
    state.ranking = new Ranking(pool, percentile);
    for (std::uint32_t i = state.tail; i <= at; ++i) state.ranking->insert(number_at(window, i));
  }
}

void leave_ranked(State& state, const Window& window, std::int64_t start) {
  leave_until(state, window, start, [&](double number) {
    if (state.ranking != nullptr) state.ranking->erase(number);
  });
  if (window.size - state.tail <= small_window / 2) drop_ranking(state);
}

Ratio ranked(const State& state, const Window& window, std::uint32_t at, std::uint32_t percentile) {
  if (state.ranking != nullptr) return state.ranking->percentile();
  std::array<double, small_window> numbers;
  const std::uint32_t held = at + 1 - state.tail;
  for (std::uint32_t i = 0; i < held; ++i) numbers[i] = number_at(window, state.tail + i);
  return percentile_of({numbers.data(), held}, percentile);
}

}  // namespace tocsin::correlate
