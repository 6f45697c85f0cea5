#include "event/batch.hpp"

#include <gtest/gtest.h>

namespace tocsin::event {
namespace {

TEST(BatchTest, FramesKeepTheirBytes) {
  Batch batch;
  batch.add_frame("one", SourceId(1), base::ReceivedTime(5));
  batch.add_frame("", SourceId(1), base::ReceivedTime(6));
  EXPECT_EQ(batch.raw(0), "one");
  EXPECT_EQ(batch.raw(1), "");
}

}  // namespace
}  // namespace tocsin::event
