#include "ingest/frame/object_framer.hpp"

#include <gtest/gtest.h>

#include "ingest/frame/json_objects.hpp"

namespace tocsin::ingest {
namespace {

TEST(ObjectFramer, AFramerIsUsedWithoutKnowingWhich) {
  JsonObjectFramer objects;
  ObjectFramer& framer = objects;
  event::Batch batch;
  std::vector<std::uint64_t> ends;
  EXPECT_EQ(framer.first_byte(5), 5U);
  framer.start_at(5);
  EXPECT_EQ(framer.feed("{} {", batch, {}, {}, ends), 4U);
  EXPECT_EQ(framer.pending(), 1U);
  framer.end(batch, {}, {}, ends);
  EXPECT_EQ(batch.frames.size(), 2U);
  EXPECT_EQ(ends, (std::vector<std::uint64_t>{7, 9}));
  EXPECT_EQ(framer.thrown_away(), 0U);
}

}  // namespace
}  // namespace tocsin::ingest
