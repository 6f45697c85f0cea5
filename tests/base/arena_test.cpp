#include "base/arena.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(ArenaTest, CopiesStayInPlace) {
  Arena arena(16);
  const auto first = arena.copy("hello");
  arena.copy("a longer text than a chunk holds");
  EXPECT_EQ(first, "hello");
}

}  // namespace
}  // namespace tocsin::base
