#include "correlate/numeric.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "correlate/ranking.hpp"
#include "tests/correlate/made_window.hpp"

namespace tocsin::correlate {
namespace {

constexpr std::int64_t timespan = 1000;

// Numbers that come at random times, few or hundreds a window.
struct Stream {
  std::vector<std::pair<std::int64_t, std::uint64_t>> entries;
  Stream() {
    std::mt19937_64 random(3);
    std::int64_t time = 0;
    for (int i = 0; i < 3000; ++i) {
      time += static_cast<std::int64_t>(random() % (i % 1000 < 700 ? 5 : 200));
      entries.emplace_back(time, worth_of(static_cast<double>(random() % 2001) / 10 - 100));
    }
  }
  [[nodiscard]] MadeWindow made() const {
    MadeWindow made;
    for (const auto& [time, worth] : entries) made.add(time, worth);
    return made;
  }
  [[nodiscard]] std::vector<double> held(std::size_t at) const {
    std::vector<double> numbers;
    for (std::size_t i = 0; i <= at; ++i) {
      if (entries[i].first > entries[at].first - timespan)
        numbers.push_back(number_in(entries[i].second));
    }
    return numbers;
  }
};

TEST(NumericTest, SumsAreThoseOfTheWindow) {
  const Stream stream;
  MadeWindow made = stream.made();
  const Window window = made.window();
  State state;
  std::int64_t area[2] = {};
  for (std::uint32_t i = 0; i < window.size; ++i) {
    push_number(state, area, window, i, window[i].time - timespan);
    Fixed sum = 0;
    for (const double number : stream.held(i)) sum += fixed_of(number);
    ASSERT_TRUE(sum_of(area, 7).over == sum) << i;
    ASSERT_EQ(sum_of(area, 7).under, 7);
  }
}

TEST(NumericTest, PercentilesAreThoseOfTheWindowLargeOrSmall) {
  const Stream stream;
  for (const std::uint32_t percentile : {50'000U, 97'500U}) {
    MadeWindow made = stream.made();
    const Window window = made.window();
    State state;
    Pool pool;
    std::uint32_t in_ranking = 0;
    for (std::uint32_t i = 0; i < window.size; ++i) {
      push_ranked(state, window, i, window[i].time - timespan, percentile, pool);
      std::vector<double> held = stream.held(i);
      const Ratio expected = percentile_of(held, percentile);
      ASSERT_TRUE(ranked(state, window, i, percentile).over == expected.over) << i;
      in_ranking += state.ranking != nullptr ? 1 : 0;
    }
    EXPECT_GT(in_ranking, 500U);
    EXPECT_LT(in_ranking, 2500U);
    delete state.ranking;
  }
}

}  // namespace
}  // namespace tocsin::correlate
