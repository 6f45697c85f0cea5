#include "base/text.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(TextTest, CutsNoCodePoint) { EXPECT_EQ(utf8_prefix("a\xC3\xA9", 2), "a"); }

}  // namespace
}  // namespace tocsin::base
