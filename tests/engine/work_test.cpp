#include "engine/work.hpp"

#include <gtest/gtest.h>

namespace tocsin::engine {
namespace {

TEST(WorkTest, ClearLeavesNothingOfTheBatchBefore) {
  Work work;
  work.batch.add_frame("line", event::SourceId(1), base::ReceivedTime(5));
  work.offsets.push_back({"file:/a", "7"});
  work.finished.push_back(event::SourceId(1));
  work.clock = Work::Clock{base::ReceivedTime(9), 2};
  work.block = "block";
  work.decoded = 1;
  work.is_decoded = true;
  work.clear();
  EXPECT_TRUE(work.batch.frames.empty());
  EXPECT_TRUE(work.offsets.empty());
  EXPECT_TRUE(work.finished.empty());
  EXPECT_FALSE(work.clock);
  EXPECT_TRUE(work.block.empty());
  EXPECT_EQ(work.decoded, 0U);
  EXPECT_FALSE(work.is_decoded);
}

}  // namespace
}  // namespace tocsin::engine
