#include "correlate/cold_groups.hpp"

#include <gtest/gtest.h>

#include "correlate/checkpoint.hpp"
#include "tests/event/state_map.hpp"

namespace tocsin::correlate {
namespace {

TEST(ColdGroupsTest, OnlyWhatLeftMayBeThere) {
  ColdGroups cold;
  EXPECT_FALSE(cold.on());
  event::StateMap state;
  cold.keep_in(state);
  EXPECT_TRUE(cold.on());
  EXPECT_FALSE(cold.may_hold(1, 5));
  cold.add(1, 5, 1000, 10);
  EXPECT_TRUE(cold.may_hold(1, 5));
  EXPECT_FALSE(cold.may_hold(2, 5)) << "another rule's";
  EXPECT_GT(cold.bytes(), 0U);
}

TEST(ColdGroupsTest, AfterAStartAnythingMayBeThereUntilAPassHasSeenAll) {
  ColdGroups cold;
  event::StateMap state;
  cold.keep_in(state);
  cold.suspect_all();
  EXPECT_TRUE(cold.may_hold(1, 5));
  EXPECT_TRUE(cold.pass_is_due(0));
  EXPECT_EQ(cold.pass_at(), group_prefix);
  cold.keep(1, 5, 1000, 10);
  cold.add(1, 6, 1000, 10);  // leaves while the pass goes on
  cold.pass_on_to("correlate/gx");
  EXPECT_EQ(cold.pass_at(), "correlate/gx");
  EXPECT_TRUE(cold.pass_is_due(0));
  cold.end_pass();
  EXPECT_FALSE(cold.pass_is_due(0));
  EXPECT_TRUE(cold.may_hold(1, 5));
  EXPECT_TRUE(cold.may_hold(1, 6));
  EXPECT_FALSE(cold.may_hold(1, 7));
}

TEST(ColdGroupsTest, APassBeginsWhenItIsWorthIt) {
  ColdGroups cold;
  event::StateMap state;
  cold.keep_in(state);
  for (std::uint32_t i = 0; i < 10'000; ++i) cold.add(0, i, 1000, 10);
  for (std::uint32_t i = 0; i < 12'000; ++i) cold.add(0, 100'000 + i, 5000, 10);
  EXPECT_FALSE(cold.pass_is_due(999));
  EXPECT_FALSE(cold.pass_is_due(2000)) << "less than half";
  for (std::uint32_t i = 0; i < 4'000; ++i) cold.add(0, 200'000 + i, 3000, 10);
  EXPECT_TRUE(cold.pass_is_due(3010));
  // What it did not keep is gone from the filter.
  for (std::uint32_t i = 0; i < 12'000; ++i) cold.keep(0, 100'000 + i, 5000, 10);
  cold.end_pass();
  EXPECT_TRUE(cold.may_hold(0, 100'007));
  std::uint32_t left = 0;
  for (std::uint32_t i = 0; i < 10'000; ++i) left += cold.may_hold(0, i) ? 1 : 0;
  EXPECT_LT(left, 300U);
  EXPECT_FALSE(cold.pass_is_due(4999));
  EXPECT_TRUE(cold.pass_is_due(5010));
}

}  // namespace
}  // namespace tocsin::correlate
