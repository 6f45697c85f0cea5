#include "engine/fold_state.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

using FoldStateTest = EngineTest;

std::string text(const StateCopy& state, std::string_view begin = {}, std::string_view end = {},
                 std::size_t limit = 100) {
  std::string out;
  EXPECT_TRUE(state.scan(begin, end, limit, [&](std::string_view key, std::string_view value) {
    out.append(key).append("=").append(value).append(" ");
    return base::Result<void>();
  }));
  return out;
}

TEST_F(FoldStateTest, AnEmptyValueRemovesAnEntry) {
  StateCopy state;
  state.put("a", "1");
  EXPECT_EQ(text(state), "a=1 ");
  state.put("a", "");
  EXPECT_EQ(text(state), "");
}

TEST_F(FoldStateTest, OnDiskItIsTheSame) {
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

TEST_F(FoldStateTest, ASaveOfTheStoredStateIsACheckpoint) {
  run(options_for({write("auth.log", failures("bob", 40, 4))}, path("store")));
  const auto store = open(path("store"));
  event::SourceTable sources;
  ASSERT_TRUE(store->load_sources(sources));
  StoredState state(*store);
  auto sequence = make_sequence(default_setup(), sources, state);
  ASSERT_TRUE(sequence) << base::to_string(sequence.error());
  ASSERT_TRUE(state.save(**sequence, event::Seq(3)));
  EXPECT_EQ(*store->checkpoint(), event::Seq(3));
}

}  // namespace
}  // namespace tocsin::engine
