#include "correlate/temporal_ordered.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/correlate/made_window.hpp"

namespace tocsin::correlate {
namespace {

// Tries every chain.
std::uint64_t longest(const MadeWindow& made, std::size_t from, std::uint32_t rule,
                      std::uint32_t rules, std::int64_t start) {
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
    MadeWindow made;
    std::vector<std::int64_t> area(ordered_area(rules) / sizeof(std::int64_t), 0);
    for (std::uint32_t i = 0; i < 8; ++i) {
      const std::uint64_t mask = random() % (1U << rules);
      made.add(static_cast<std::int64_t>(i / 2) - 2, mask == 0 ? 1 : mask);  // before 1970 too
      push_ordered(area.data(), rules, made.window()[i].time, made.window().worth(i));
      const std::int64_t start = static_cast<std::int64_t>(random() % 5) - 3;
      ASSERT_EQ(met_in_order(area.data(), rules, start), longest(made, 0, 0, rules, start));
    }
  }
}

}  // namespace
}  // namespace tocsin::correlate
