#include "correlate/value_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

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

// Against a map: values come, are used again and go, short ones and long ones.
TEST(ValueTableTest, NoOrderOfUsesLosesAValue) {
  Pool pool;
  {
    ValueTable table(pool);
    struct Known {
      std::uint32_t value;
      std::uint32_t uses;
    };
    std::map<std::string, Known> known;
    std::mt19937_64 random(7);
    for (int round = 0; round < 100'000; ++round) {
      const std::uint64_t number = random() % (round < 50'000 ? 3000 : 40);
      std::string text = "value " + std::to_string(number);
      if (number % 3 == 0) text += " that is longer than a row holds";
      const auto found = known.find(text);
      if (random() % 2 == 0) {
        const std::uint32_t value = table.use(text);
        if (found != known.end()) {
          ASSERT_EQ(value, found->second.value);
          ++found->second.uses;
        } else {
          known[text] = {value, 1};
        }
        ASSERT_EQ(table.text(value), text);
      } else if (found != known.end()) {
        table.release(found->second.value);
        if (--found->second.uses == 0) known.erase(found);
      }
      ASSERT_EQ(table.size(), known.size());
    }
    for (const auto& [text, each] : known) {
      EXPECT_EQ(table.text(each.value), text);
      EXPECT_EQ(table.use(text), each.value);
    }
    EXPECT_GT(table.table_bytes(), 0U);
  }
  EXPECT_EQ(pool.used(), 0U);
}

}  // namespace
}  // namespace tocsin::correlate
