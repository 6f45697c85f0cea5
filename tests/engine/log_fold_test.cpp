#include "engine/log_fold.hpp"

#include <gtest/gtest.h>

#include "engine/state_copy.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

using LogFoldTest = EngineTest;

TEST_F(LogFoldTest, TheStoredLogCausesWhatTheFilesCaused) {
  const Collected told =
      run(options_for({write("auth.log", failures("bob", 40, 8))}, path("store")));
  const auto store = open(path("store"));
  event::SourceTable sources;
  ASSERT_TRUE(store->load_sources(sources));
  StateCopy state;
  LogFoldOptions options;
  options.last = store->last_seq();
  std::vector<std::string> lockouts;
  options.on_output = [&lockouts](const Output& out) {
    for (const event::Lockout& lockout : out.lockouts) lockouts.push_back(event::json_of(lockout));
  };
  const auto folded = fold_log(*store, sources, state, default_setup(), options);
  ASSERT_TRUE(folded) << base::to_string(folded.error());
  EXPECT_EQ(lockouts, told.lockouts);
  EXPECT_EQ(folded->setup.pipeline, default_setup().pipeline) << "not compiled again";
}

TEST_F(LogFoldTest, AStoreWithoutAnEpochCannotBeJudged) {
  const auto store = open(path("store"));
  const event::SourceTable sources;
  StateCopy state;
  const auto folded = fold_log(*store, sources, state, default_setup(), {});
  ASSERT_FALSE(folded);
  EXPECT_EQ(folded.error().code, "engine-6");
}

}  // namespace
}  // namespace tocsin::engine
