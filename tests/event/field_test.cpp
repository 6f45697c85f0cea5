#include "event/field.hpp"

#include <gtest/gtest.h>

namespace tocsin::event {
namespace {

TEST(FieldTest, KnownNamesHaveTheirConstants) {
  FieldTable table;
  EXPECT_EQ(table.find("user.name"), field::user_name);
  EXPECT_EQ(table.find("event.outcome"), field::event_outcome);
  EXPECT_EQ(table.size(), field::count);
  EXPECT_EQ(table.find("nobody"), FieldTable::unknown);
}

}  // namespace
}  // namespace tocsin::event
