#include "correlate/value_table.hpp"

#include <gtest/gtest.h>

namespace tocsin::correlate {
namespace {

TEST(ValueTableTest, OneNumberAValueWhileItIsUsed) {
  Pool pool;
  {
    ValueTable table(pool);
    const std::uint32_t a = table.use("a"), b = table.use(std::string_view("a\0", 2));
    EXPECT_NE(a, b);
    EXPECT_EQ(table.use("a"), a);
    EXPECT_EQ(table.text(b), std::string_view("a\0", 2));
    table.release(a);
    EXPECT_EQ(table.use("a"), a);  // one use was left
    table.release(a);
    table.release(a);
    EXPECT_EQ(table.size(), 1U);
    const std::uint32_t empty = table.use("");
    EXPECT_EQ(table.text(empty), "");
    EXPECT_EQ(table.use(""), empty);
  }
  EXPECT_EQ(pool.used(), 0U);
}

}  // namespace
}  // namespace tocsin::correlate
