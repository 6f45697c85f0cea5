#include "engine/state_copy.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"
#include "tests/event/state_map.hpp"

namespace tocsin::engine {
namespace {

std::string text(const StateCopy& state, std::string_view begin = {}, std::string_view end = {},
                 std::size_t limit = 100) {
  std::string out;
  EXPECT_TRUE(state.scan(begin, end, limit, [&](std::string_view key, std::string_view value) {
    out.append(key).append("=").append(value).append(" ");
    return base::Result<void>();
  }));
  return out;
}

TEST(StateCopy, AnEmptyValueRemovesAnEntry) {
  StateCopy state;
  state.put("a", "1");
  EXPECT_EQ(text(state), "a=1 ");
  state.put("a", "");
  EXPECT_EQ(text(state), "");
}

TEST(StateCopy, OnDiskItIsTheSame) {
  for (const bool large : {false, true}) {
    StateCopy state;
    if (large) {
      for (int i = 0; i < 70; ++i) state.put("x" + std::to_string(i), std::string(1 << 20U, 'x'));
      EXPECT_TRUE(state.on_disk());
    }
    state.put("a", "1");
    state.put("b", "2");
    state.put("b1", "2");
    state.put("b2", "2");
    state.put("c", "3");
    state.remove("c");
    state.remove_prefix("b");
    state.put("b2", "3");
    state.remove_prefix("x");
    ASSERT_TRUE(state.flush());
    EXPECT_EQ(state.on_disk(), large);
    EXPECT_EQ(text(state), "a=1 b2=3 ");
    EXPECT_EQ(text(state, "b"), "b2=3 ");
    EXPECT_EQ(text(state, "", "b"), "a=1 ");
    EXPECT_EQ(text(state, "", "", 1), "a=1 ");
    EXPECT_EQ(*state.get("b2"), "3");
    EXPECT_EQ(*state.get("b1"), std::nullopt);
    EXPECT_EQ(*state.get_many({"a", "b"}),
              (std::vector<std::optional<std::string>>{"1", std::nullopt}));
  }
}

void fill(StateCopy& state, bool large) {
  if (!large) return;
  for (int i = 0; i < 70; ++i) state.put("x" + std::to_string(i), std::string(1 << 20U, 'x'));
  state.remove_prefix("x");
  EXPECT_TRUE(state.on_disk());
}

TEST(StateCopy, APartStandsUnderAPrefixAndComesOut) {
  for (const bool large : {false, true}) {
    StateCopy part, state;
    fill(state, large);
    part.put("x", "1");
    part.put("y", "2");
    state.put("o", "0");
    state.put("q", "3");
    ASSERT_TRUE(state.add("p/", part));
    EXPECT_EQ(text(state), "o=0 p/x=1 p/y=2 q=3 ");
    event::StateMap taken, none;
    ASSERT_TRUE(state.take("p/", taken));
    EXPECT_EQ(taken.values, (std::map<std::string, std::string>{{"x", "1"}, {"y", "2"}}));
    EXPECT_EQ(text(state), "o=0 q=3 ");
    ASSERT_TRUE(state.take("p/", none));
    EXPECT_TRUE(none.values.empty());
    event::StateMap copy;
    ASSERT_TRUE(state.copy_to(copy));
    EXPECT_EQ(copy.values, (std::map<std::string, std::string>{{"o", "0"}, {"q", "3"}}));
    EXPECT_FALSE(*state.empty());
    state.remove("o");
    state.remove("q");
    ASSERT_TRUE(state.flush());
    EXPECT_TRUE(*state.empty());
  }
}

TEST(StateCopy, WhatFillsWindowsFurtherOnIsNoStateOfASequence) {
  const event::SourceTable sources;
  StateCopy state;
  state.put(std::string(warming_prefix) + "0000000001/anything", "1");
  EXPECT_TRUE(make_sequence(default_setup(), sources, state));
  for (const char* key : {"anything", "warming-", "warmth", "warming0"}) {
    StateCopy other;
    other.put(key, "1");
    const auto damaged = make_sequence(default_setup(), sources, other);
    ASSERT_FALSE(damaged) << key;
    EXPECT_EQ(damaged.error().code, "engine-7");
  }
}

}  // namespace
}  // namespace tocsin::engine
