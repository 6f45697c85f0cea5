#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace tocsin::cli {
namespace {

TEST(TableTest, ColumnsAreAsWideAsTheirContent) {
  Table table({"a", "title"});
  table.add({"long value", "x"});
  EXPECT_EQ(table.text(0), "a           title\nlong value  x\n");
}

TEST(TableTest, TheWidestColumnGivesWayFirst) {
  Table table({"id", "title"});
  table.add({"r1", "a very long title that does not fit"});
  EXPECT_EQ(table.text(20), "id  title\nr1  a very long tit…\n");
}

TEST(TableTest, ValuesOfStrangersCannotMoveTheCursor) {
  Table table({"user"});
  table.add({"\x1b[2Jbob\n"});
  EXPECT_EQ(table.text(0), "user\n\\x1b[2Jbob\\x0a\n");
}

}  // namespace
}  // namespace tocsin::cli
