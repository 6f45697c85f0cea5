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

}  // namespace

void push_number(State& state, std::int64_t* area, const Window& window, std::uint32_t at,
                 std::int64_t start) {
  Fixed sum = read_sum(area);
  for (; window[state.tail].time <= start; ++state.tail)
    sum -= fixed_of(number_at(window, state.tail));
  sum += fixed_of(number_at(window, at));
  std::memcpy(area, &sum, sizeof sum);
}

Ratio sum_of(const std::int64_t* area, std::int64_t count) { return {read_sum(area), count}; }

void push_ranked(State& state, const Window& window, std::uint32_t at, std::int64_t start,
                 std::uint32_t percentile, Pool& pool) {
  for (; window[state.tail].time <= start; ++state.tail) {
    if (state.ranking != nullptr) state.ranking->erase(number_at(window, state.tail));
  }
  const std::uint32_t held = at + 1 - state.tail;
  if (state.ranking != nullptr && held <= small_window / 2) {
    delete state.ranking;
    state.ranking = nullptr;
  } else if (state.ranking != nullptr) {
    state.ranking->insert(number_at(window, at));
  } else if (held > small_window) {
    state.ranking = new Ranking(pool, percentile);
    for (std::uint32_t i = state.tail; i <= at; ++i) state.ranking->insert(number_at(window, i));
  }
}

Ratio ranked(const State& state, const Window& window, std::uint32_t at, std::uint32_t percentile) {
  if (state.ranking != nullptr) return state.ranking->percentile();
  std::array<double, small_window> numbers;
  const std::uint32_t held = at + 1 - state.tail;
  for (std::uint32_t i = 0; i < held; ++i) numbers[i] = number_at(window, state.tail + i);
  return percentile_of({numbers.data(), held}, percentile);
}

}  // namespace tocsin::correlate
