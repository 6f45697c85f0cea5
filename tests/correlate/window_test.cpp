#include "correlate/window.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tocsin::correlate {
namespace {

TEST(WindowTest, FindsTheFirstEntryAboveAPlace) {
  std::array<Entry, 4> entries = {{{10, 4096}, {10, 8192}, {20, 4096}, {30, 4096}}};
  entries[1].set_true();
  const Window window{reinterpret_cast<std::byte*>(entries.data()), 4, plain_stride};
  EXPECT_EQ(window.above({10, 4095}), 0U);
  EXPECT_EQ(window.above({10, 4096}), 1U);
  EXPECT_EQ(window.above({10, 8192}), 2U);  // whether its condition is true does not matter
  EXPECT_EQ(window.above(end_of(10)), 2U);
  EXPECT_EQ(window.above(end_of(30)), 4U);
  EXPECT_EQ(window.above(end_of(9)), 0U);
  EXPECT_TRUE(window[1].is_true());
  EXPECT_EQ(window[1].place(), (Place{10, 8192}));
  EXPECT_EQ(window.worth_or_one(3), 1U);
}

}  // namespace
}  // namespace tocsin::correlate
