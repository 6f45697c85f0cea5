#include "engine/fold_state.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

using FoldStateTest = EngineTest;

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
