#include "base/portions.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tocsin::base {
namespace {

TEST(PortionsTest, EachItemIsDoneOnce) {
  for (const std::size_t count : {0, 1, 7, 64, 65, 1000}) {
    for (const std::size_t size : {1, 7, 64, 2000}) {
      std::vector<int> done(count, 0);
      for_portions(count, size, [&](std::size_t first, std::size_t last) {
        EXPECT_EQ(first % size, 0U);
        EXPECT_LE(last - first, size);
        for (std::size_t i = first; i < last; ++i) ++done[i];
      });
      EXPECT_EQ(done, std::vector<int>(count, 1)) << count << " by " << size;
    }
  }
}

}  // namespace
}  // namespace tocsin::base
