#include "rules/matcher.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace tocsin::rules {
namespace {

TEST(MatcherTest, MovesButIsNeverShared) {
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<Matcher>);
  EXPECT_FALSE(std::is_copy_constructible_v<Matcher>);
}

}  // namespace
}  // namespace tocsin::rules
