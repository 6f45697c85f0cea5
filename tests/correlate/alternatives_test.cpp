#include "correlate/alternatives.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <vector>

namespace tocsin::correlate {
namespace {

CorrelationSpec spec_of(CorrelationType type, std::vector<Alternative> alternatives) {
  CorrelationSpec spec;
  spec.type = type;
  spec.inputs.resize(4);
  spec.alternatives = std::move(alternatives);
  return spec;
}

struct Met {
  std::int64_t time;
  std::uint64_t rules;
};

// Whether each rule of `positive` from `rule` on gets an event of its own: by trying all.
bool met(const std::vector<Met>& events, std::vector<bool> used, std::uint32_t positive,
         bool ordered, std::size_t from) {
  if (positive == 0) return true;
  const std::uint32_t rule = positive & (~positive + 1);
  for (std::size_t i = from; i < events.size(); ++i) {
    if (used[i] || (events[i].rules & rule) == 0) continue;
    used[i] = true;
    if (met(events, used, positive & ~rule, ordered, ordered ? i + 1 : 0)) return true;
    used[i] = false;
  }
  return false;
}

TEST(AlternativesTest, ClosesBitsUp) {
  EXPECT_EQ(bits_among(0b10110, 0b10010), 0b11U);
  EXPECT_EQ(bits_among(0b00100, 0b11000), 0U);
  EXPECT_EQ(bits_among(0b01000, 0b11001), 0b10U);
}

TEST(AlternativesTest, EqualTryingEveryChoice) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 3000; ++round) {
    const bool ordered = random() % 2 == 0;
    std::vector<Alternative> list;
    for (std::uint64_t i = 0; i <= random() % 3; ++i) {
      const auto positive = static_cast<std::uint32_t>(1 + random() % 15);
      list.push_back({positive, static_cast<std::uint32_t>(random() % 16) & ~positive});
    }
    const Alternatives fast(
        spec_of(ordered ? CorrelationType::temporal_ordered : CorrelationType::temporal, list));
    std::vector<std::int64_t> area(fast.area_bytes() / sizeof(std::int64_t), 0);
    std::vector<Met> events;
    for (int i = 0; i < 7; ++i) {
      events.push_back({i / 2 - 3, random() % 16});
      fast.push(area.data(), events.back().time, events.back().rules);
      const std::int64_t start = static_cast<std::int64_t>(random() % 6) - 4;
      const std::uint64_t begin = random() % 16;
      std::vector<Met> inside;
      std::uint64_t all = 0;
      for (const Met& event : events) {
        if (event.time > start) inside.push_back(event), all |= event.rules;
      }
      bool expected = false, expected_begun = false;
      for (const Alternative& one : list) {
        if ((all & one.negative) != 0 ||
            !met(inside, std::vector<bool>(inside.size()), one.positive, ordered, 0))
          continue;
        const std::uint32_t first = one.positive & (~one.positive + 1);
        expected = true;
        expected_begun |= (begin & (ordered ? first : one.positive)) != 0;
      }
      ASSERT_EQ(fast.hold(area.data(), start), expected);
      ASSERT_EQ(fast.hold(area.data(), start, begin), expected_begun);
    }
  }
}

}  // namespace
}  // namespace tocsin::correlate
