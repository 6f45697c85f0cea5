#include "correlate/ranking.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tocsin::correlate {
namespace {

bool is_number(const Ratio& ratio, double number) {
  return ratio.over == fixed_of(number) * ratio.under;
}

TEST(RankingTest, InterpolatesBetweenNeighbours) {
  std::vector<double> numbers = {4, 1, 3, 2};
  EXPECT_TRUE(is_number(percentile_of(numbers, 50'000), 2.5));
  EXPECT_TRUE(is_number(percentile_of(numbers, 0), 1));
  EXPECT_TRUE(is_number(percentile_of(numbers, 100'000), 4));
  EXPECT_TRUE(is_number(percentile_of(numbers, 99'900), 3.997));
  std::vector<double> one = {-7.5};
  EXPECT_TRUE(is_number(percentile_of(one, 33'000), -7.5));
}

TEST(RankingTest, FollowsWhatComesAndGoes) {
  for (const std::uint32_t percentile : {0U, 50'000U, 95'000U, 99'999U, 100'000U}) {
    std::mt19937_64 random(percentile);
    Pool pool;
    {
      Ranking ranking(pool, percentile);
      std::vector<double> numbers;
      for (int step = 0; step < 4000; ++step) {
        // Up to some 600 numbers, many of them equal, and down to none again.
        const bool grows = step % 2000 < 1300;
        if (numbers.empty() || random() % 10 < (grows ? 7U : 2U)) {
          numbers.push_back(static_cast<double>(random() % 50) / 4 - 5);
          ranking.insert(numbers.back());
        } else {
          const std::size_t at = random() % numbers.size();
          ranking.erase(numbers[at]);
          numbers.erase(numbers.begin() + static_cast<std::ptrdiff_t>(at));
        }
        ASSERT_EQ(ranking.size(), numbers.size());
        if (numbers.empty()) continue;
        std::vector<double> copy = numbers;
        const Ratio expected = percentile_of(copy, percentile), found = ranking.percentile();
        ASSERT_TRUE(expected.over == found.over && expected.under == found.under) << step;
      }
      EXPECT_GT(pool.used(), 0U);
    }
    EXPECT_EQ(pool.used(), 0U);
  }
}

}  // namespace
}  // namespace tocsin::correlate
