#include "correlate/temporal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "tests/correlate/made_window.hpp"

namespace tocsin::correlate {
namespace {

// Tries every choice.
std::uint64_t every_choice(const std::vector<std::uint64_t>& events, std::vector<bool> used,
                           std::uint32_t rule, std::uint32_t rules) {
  if (rule == rules) return 0;
  std::uint64_t best = every_choice(events, used, rule + 1, rules);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (used[i] || (events[i] >> rule & 1U) == 0) continue;
    used[i] = true;
    best = std::max(best, 1 + every_choice(events, used, rule + 1, rules));
    used[i] = false;
  }
  return best;
}

TEST(TemporalTest, OneEventFillsOnePlace) {
  MadeWindow made;
  std::array<std::int64_t, 4> area{};
  made.add(1, 0b11);
  push_temporal(area.data(), 2, made.window()[0].time, made.window().worth(0));
  EXPECT_EQ(met_in_any_order(area.data(), 2, 0), 1U);
  made.add(2, 0b01);
  push_temporal(area.data(), 2, made.window()[1].time, made.window().worth(1));
  EXPECT_EQ(met_in_any_order(area.data(), 2, 0), 2U);
  EXPECT_EQ(met_in_any_order(area.data(), 2, 1), 1U);  // the first is outside
}

TEST(TemporalTest, EqualsTryingEveryChoice) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 3000; ++round) {
    const auto rules = static_cast<std::uint32_t>(1 + random() % 4);
    MadeWindow made;
    std::vector<std::int64_t> area(temporal_area(rules) / sizeof(std::int64_t), 0);
    for (std::uint32_t i = 0; i < 8; ++i) {
      const std::uint64_t mask = random() % (1U << rules);
      made.add(i / 2, mask == 0 ? 1 : mask);
      push_temporal(area.data(), rules, made.window()[i].time, made.window().worth(i));
      const std::int64_t start = static_cast<std::int64_t>(random() % 5) - 1;
      std::vector<std::uint64_t> inside;
      for (std::uint32_t at = 0; at <= i; ++at) {
        if (static_cast<std::int64_t>(made.rows[at][0]) > start) inside.push_back(made.rows[at][2]);
      }
      ASSERT_EQ(met_in_any_order(area.data(), rules, start),
                every_choice(inside, std::vector<bool>(inside.size(), false), 0, rules));
    }
  }
}

}  // namespace
}  // namespace tocsin::correlate
