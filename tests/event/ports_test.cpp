#include "event/ports.hpp"

#include <gtest/gtest.h>

namespace tocsin::event {
namespace {

TEST(PortsTest, OffsetsCompareByKeyAndValue) {
  EXPECT_EQ((Offset{"a", "1"}), (Offset{"a", "1"}));
  EXPECT_NE((Offset{"a", "1"}), (Offset{"a", "2"}));
}

}  // namespace
}  // namespace tocsin::event
