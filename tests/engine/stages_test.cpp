#include "engine/stages.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

TEST(StagesTest, DecodesMatchesAndEncodesWhenThereIsAStore) {
  for (const bool store : {false, true}) {
    event::SourceTable sources;
    const event::SourceId id = sources.intern({.input = "test", .peer = {}});
    Work work;
    work.batch.first_seq = event::Seq(1);
    work.batch.add_frame(
        "Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2",
        id, base::ReceivedTime(0));
    work.batch.add_frame("nothing that a decoder knows", id, base::ReceivedTime(0));
    std::uint64_t counted = 0;
    Stages stages(default_setup().pipeline, sources, {}, store,
                  [&counted](const Work&, const ingest::DecodeCounters& counters) {
                    counted += counters.decoded;
                  });
    stages.process(work);
    EXPECT_EQ(work.batch.events.size(), 2U);
    EXPECT_EQ(work.decoded, 1U);
    EXPECT_EQ(counted, 1U);
    EXPECT_FALSE(work.batch.detections.empty());
    EXPECT_EQ(work.block.empty(), !store);
  }
}

// A batch tells by which setup it is judged; the worker goes over to it.
TEST(StagesTest, ABatchBringsItsSetup) {
  event::SourceTable sources;
  const event::SourceId id = sources.intern({.input = "test", .peer = {}});
  const auto rules = shared_setup();
  auto none = std::make_shared<engine::Setup>();
  none->packs.decoders = rules->packs.decoders;
  none->pipeline = build_pipeline(none->packs).pipeline;
  Stages stages(rules->pipeline, sources, rules->fold, false);
  const auto detections = [&](const std::shared_ptr<const engine::Setup>& setup) {
    Work work;
    work.setup = setup;
    work.batch.first_seq = event::Seq(1);
    work.batch.add_frame(
        "Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2",
        id, base::ReceivedTime(0));
    stages.process(work);
    EXPECT_EQ(work.decoded, 1U);
    return work.batch.detections.size();
  };
  EXPECT_GT(detections(nullptr), 0U);
  EXPECT_GT(detections(rules), 0U);
  EXPECT_EQ(detections(none), 0U);
  EXPECT_GT(detections(rules), 0U);
}

}  // namespace
}  // namespace tocsin::engine
