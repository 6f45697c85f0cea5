#include "correlate/temporal_ordered.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace tocsin::correlate {
namespace {

struct Made {
  std::vector<std::array<std::uint64_t, 3>> rows;
  void add(std::int64_t time, std::uint64_t rules) {
    rows.push_back({static_cast<std::uint64_t>(time), (rows.size() + 1) * 4096, rules});
  }
  Window window() {
    return {reinterpret_cast<std::byte*>(rows.data()), static_cast<std::uint32_t>(rows.size()),
            worth_stride};
  }
};

// Tries every chain.
std::uint64_t longest(const Made& made, std::size_t from, std::uint32_t rule, std::uint32_t rules,
                      std::int64_t start) {
  std::uint64_t best = 0;
  for (std::size_t i = from; i < made.rows.size(); ++i) {
    if (static_cast<std::int64_t>(made.rows[i][0]) <= start) continue;
    for (std::uint32_t r = rule; r < rules; ++r) {
      if ((made.rows[i][2] >> r & 1U) != 0)
        best = std::max(best, 1 + longest(made, i + 1, r + 1, rules, start));
    }
  }
  return best;
}

TEST(TemporalOrderedTest, EqualsTryingEveryChain) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 3000; ++round) {
    const auto rules = static_cast<std::uint32_t>(1 + random() % 4);
    Made made;
    std::vector<std::int64_t> area(ordered_area(rules) / sizeof(std::int64_t), 0);
    for (std::uint32_t i = 0; i < 8; ++i) {
      const std::uint64_t mask = random() % (1U << rules);
      made.add(static_cast<std::int64_t>(i / 2) - 2, mask == 0 ? 1 : mask);  // before 1970 too
      push_ordered(area.data(), rules, made.window(), i);
      const std::int64_t start = static_cast<std::int64_t>(random() % 5) - 3;
      ASSERT_EQ(met_in_order(area.data(), rules, start), longest(made, 0, 0, rules, start));
    }
  }
}

}  // namespace
}  // namespace tocsin::correlate
