#include "correlate/distinct.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tocsin::correlate {
namespace {

// A window that slides by ever changing widths, looked through and counted.
TEST(DistinctTest, EqualsASetWhileSmallAndWhileLarge) {
  for (const std::uint32_t width : {5U, 31U, 33U, 200U}) {
    Pool pool;
    GroupTable table(pool, worth_stride, 0);
    Group* group = table.add("g", 1);
    std::mt19937_64 random(width);
    for (std::uint32_t i = 0; i < 2000; ++i) {
      group = table.insert(group, i, {static_cast<std::int64_t>(i), 2 * i}, random() % 40);
      const Window window = table.window(group);
      const std::uint32_t first = i > width ? i - width + static_cast<std::uint32_t>(i % 3) : 0;
      while (group->state.tail < first) {
        leave_distinct(group->state, window, i);
        ++group->state.tail;
      }
      enter_distinct(group->state, window, i);
      std::set<std::uint64_t> values;
      for (std::uint32_t at = group->state.tail; at <= i; ++at) values.insert(window.worth(at));
      ASSERT_EQ(group->state.quantity, values.size()) << "width " << width << " entry " << i;
      std::uint64_t uses = 0;
      for (std::uint32_t at = group->state.tail; at <= i; ++at)
        uses += window.worth(at) == window.worth(i) ? 1 : 0;
      ASSERT_EQ(uses_in(group->state, window, i, i), uses) << "width " << width << " entry " << i;
    }
    EXPECT_EQ(group->state.counts != nullptr, width > small_window);
  }
}

}  // namespace
}  // namespace tocsin::correlate
