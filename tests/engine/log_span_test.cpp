#include "engine/log_span.hpp"

#include <gtest/gtest.h>

#include "engine/state_copy.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

using LogSpanTest = EngineTest;

TEST_F(LogSpanTest, TheMarkOfAFinishedSourceIsReadBack) {
  EXPECT_EQ(parse_finished(finished_text(event::SourceId(12))), event::SourceId(12));
  for (const char* text : {"", "finished ", "finished x", "finished -1", "finished 4294967296"})
    EXPECT_FALSE(parse_finished(text)) << text;
  EXPECT_FALSE(parse_finished(end_of_replay));
}

TEST_F(LogSpanTest, MarksBetweenTwoPlacesAreThoseThatActOnAFold) {
  run(options_for({write("auth.log", failures("bob", 40, 3))}, path("store")));
  const auto store = open(path("store"));
  store::Commit commit;
  commit.clocks = {{event::Seq(3), 7, base::EventTime(5), std::string(clock_text)},
                   {event::Seq(3), 8, {}, "nothing to a fold"},
                   {event::Seq(3), 9, {}, finished_text(event::SourceId(4))}};
  ASSERT_TRUE(store->commit(commit));
  const auto ks = [&](LogPlace from, LogPlace end) {
    std::vector<std::uint32_t> found;
    const auto marks = read_marks(*store, from, end);
    EXPECT_TRUE(marks);
    for (const LogMark& mark : *marks) found.push_back(mark.k);
    return found;
  };
  EXPECT_EQ(ks({event::Seq(3), 7}, {event::Seq(4), 0}), (std::vector<std::uint32_t>{7, 9}));
  EXPECT_EQ(ks({event::Seq(3), 8}, {event::Seq(3), UINT32_MAX}), std::vector<std::uint32_t>{9});
  EXPECT_EQ(ks({event::Seq(3), 7}, {event::Seq(3), 9}), std::vector<std::uint32_t>{7});
  EXPECT_TRUE(ks({event::Seq(4), 0}, {event::Seq(9), 0}).empty());
}

TEST_F(LogSpanTest, ASpanIsFoldedUntilToldToStop) {
  run(options_for({write("auth.log", failures("bob", 40, 6))}, path("store")));
  const auto store = open(path("store"));
  event::SourceTable sources;
  ASSERT_TRUE(store->load_sources(sources));
  const engine::Setup& setup = default_setup();
  const auto fold = [&](std::uint64_t from, bool stop) {
    StateCopy state;
    const auto sequence = make_sequence(setup, sources, state);
    EXPECT_TRUE(sequence);
    std::size_t alerts = 0;
    SpanOptions options;
    options.on_output = [&](const Output& out) { alerts += out.alerts.size(); };
    options.stopped = [stop] { return stop; };
    const auto done = fold_span(*store, sources, setup, **sequence, state, event::Seq(from),
                                event::Seq(6), {}, options);
    EXPECT_EQ(done.has_value(), !stop);
    if (!done) {
      EXPECT_EQ(done.error().code, "engine-9");
    }
    return alerts;
  };
  EXPECT_GT(fold(1, false), 0U);
  EXPECT_EQ(fold(5, false), 0U);
  EXPECT_EQ(fold(7, false), 0U);
  fold(1, true);
}

}  // namespace
}  // namespace tocsin::engine
