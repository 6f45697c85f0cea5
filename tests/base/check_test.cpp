#include "base/check.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(CheckTest, StopsOnAFalseCondition) { EXPECT_DEATH(CHECK(1 == 2, "numbers"), "numbers"); }

}  // namespace
}  // namespace tocsin::base
