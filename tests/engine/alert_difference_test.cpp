#include "engine/alert_difference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tocsin::engine {
namespace {

event::Alert alert(std::string_view rule, std::string_view user, std::int64_t first,
                   std::int64_t last) {
  event::Alert out;
  out.rule_id = rule;
  out.group = {{"user.name", std::string(user)}};
  out.first_seen = base::EventTime(first);
  out.last_seen = base::EventTime(last);
  return out;
}

TEST(AlertDifference, AnEpisodeIsOfOneRuleAndGroupAndTime) {
  EXPECT_TRUE(same_episode(alert("a", "bob", 1, 5), alert("a", "bob", 5, 9)));
  EXPECT_FALSE(same_episode(alert("a", "bob", 1, 5), alert("a", "bob", 6, 9)));
  EXPECT_FALSE(same_episode(alert("a", "bob", 1, 5), alert("a", "eve", 1, 5)));
  EXPECT_FALSE(same_episode(alert("a", "bob", 1, 5), alert("b", "bob", 1, 5)));
}

TEST(AlertDifference, WhatOneOfThemLacksIsNamedInOrder) {
  const std::vector<event::Alert> now = {alert("a", "bob", 1, 5), alert("a", "eve", 2, 3),
                                         alert("a", "bob", 20, 21)};
  const std::vector<event::Alert> old = {alert("a", "bob", 3, 4), alert("a", "mia", 2, 3)};
  const AlertDifference difference = compare_alerts(now, old);
  EXPECT_EQ(difference.both, 1U);
  ASSERT_EQ(difference.only_new.size(), 2U);
  EXPECT_EQ(difference.only_new[0], &now[1]);
  EXPECT_EQ(difference.only_new[1], &now[2]);
  ASSERT_EQ(difference.only_old.size(), 1U);
  EXPECT_EQ(difference.only_old[0], &old[1]);
  EXPECT_FALSE(compare_alerts(now, now).any());
}

TEST(AlertDifference, AsComparingEachWithEach) {
  std::mt19937 random(7);
  const auto some = [&random] {
    std::vector<event::Alert> out;
    for (std::size_t i = random() % 12; i > 0; --i) {
      const auto first = static_cast<std::int64_t>(random() % 40);
      out.push_back(alert(random() % 2 == 0 ? "a" : "b", random() % 2 == 0 ? "bob" : "eve", first,
                          first + static_cast<std::int64_t>(random() % 9)));
    }
    return out;
  };
  for (int round = 0; round < 2000; ++round) {
    const auto now = some(), old = some();
    const auto lacking = [](const auto& those, const auto& others) {
      std::vector<const event::Alert*> out;
      for (const event::Alert& one : those) {
        if (std::ranges::none_of(others, [&one](const auto& x) { return same_episode(one, x); }))
          out.push_back(&one);
      }
      return out;
    };
    const AlertDifference difference = compare_alerts(now, old);
    ASSERT_EQ(difference.only_new, lacking(now, old));
    ASSERT_EQ(difference.only_old, lacking(old, now));
    ASSERT_EQ(difference.both + difference.only_new.size(), now.size());
  }
}

}  // namespace
}  // namespace tocsin::engine
