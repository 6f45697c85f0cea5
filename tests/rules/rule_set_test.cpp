#include "rules/rule_set.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

TEST(RuleSetTest, CountRangeHoldsItsEnds) {
  const CountRange range{3, 5};
  EXPECT_FALSE(range.holds(2));
  EXPECT_TRUE(range.holds(3));
  EXPECT_TRUE(range.holds(5));
  EXPECT_FALSE(range.holds(6));
}

}  // namespace
}  // namespace tocsin::rules
