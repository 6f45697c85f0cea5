#include "rules/selection.hpp"

#include <gtest/gtest.h>

#include "rules/diagnostics.hpp"

namespace tocsin::rules {
namespace {

Selection read(const std::string& yaml, std::size_t errors = 0) {
  const base::SourceText source{"s.yml", yaml};
  const auto documents = base::parse_yaml(source);
  EXPECT_TRUE(documents) << yaml;
  Diagnostics out(source);
  const ValueLists none;
  ListUse lists(none, "t");
  Selection selection = read_selection(documents->at(0), lists, out);
  EXPECT_EQ(out.errors.size(), errors) << yaml;
  return selection;
}

TEST(SelectionTest, D1MapIsAndListIsOr) {
  const Selection map = read("f: x\ng: y\n");
  EXPECT_FALSE(map.any);
  EXPECT_EQ(map.items.size(), 2U);
  const Selection list = read("- f: x\n- g: y\n");
  EXPECT_TRUE(list.any);
  EXPECT_EQ(list.parts.size(), 2U);
  const Selection keywords = read("[a, b]\n");
  EXPECT_TRUE(keywords.any);
  ASSERT_EQ(keywords.items.size(), 1U);
  EXPECT_FALSE(keywords.items[0].field);
  EXPECT_EQ(keywords.items[0].values.size(), 2U);
  const Selection mixed = read("- word\n- f: x\n- [a, b]\n");
  EXPECT_EQ(mixed.parts.size(), 3U);
  EXPECT_FALSE(mixed.parts[0].items[0].field);
  EXPECT_EQ(read("word").items[0].values.size(), 1U);
}

TEST(SelectionTest, D3RefusesEmptiness) {
  static_cast<void>(read("{}", 1));
  static_cast<void>(read("[]", 1));
  const Selection null = read("f: []");
  EXPECT_EQ(null.items[0].values[0].kind, Value::Kind::null);
}

TEST(SelectionTest, D5ReadsNumbersOfEvents) {
  EXPECT_TRUE(parse_event_number("5")->is_whole);
  EXPECT_EQ(compare(*parse_event_number("5"), *parse_event_number("5.0")), 0);
  EXPECT_EQ(compare(*parse_event_number("05"), *parse_event_number("5")), 0);
  EXPECT_LT(compare(*parse_event_number("-1"), *parse_event_number("0.5")), 0);
  EXPECT_GT(compare(*parse_event_number("1e3"), *parse_event_number("999")), 0);
  for (const char* bad : {"", "x", "5 ", " 5", "+5", "0x5", "inf", "nan", "-inf", "1e999", "5x"})
    EXPECT_FALSE(parse_event_number(bad)) << bad;
}

}  // namespace
}  // namespace tocsin::rules
