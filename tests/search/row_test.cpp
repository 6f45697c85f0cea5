#include "search/row.hpp"

#include <gtest/gtest.h>

namespace tocsin::search {
namespace {

TEST(Row, NamesThatStandSeveralTimesBecomeAList) {
  Row row;
  row.cells = {{"a", "1", event::ValueKind::number},
               {"b", "x\"", {}},
               {"a", "y", {}},
               {"c", "", event::ValueKind::null}};
  std::string out;
  base::JsonWriter json(out);
  write_json(row, json);
  EXPECT_EQ(out, R"({"a":[1,"y"],"b":"x\"","c":null})");
}

TEST(Row, NewerRowsStandFirst) {
  Row a, b;
  a.time = b.time = base::EventTime(5);
  a.seq = event::Seq(1);
  b.seq = event::Seq(2);
  EXPECT_TRUE(stands_before(b, a));
  a.time = base::EventTime(6);
  EXPECT_TRUE(stands_before(a, b));
  EXPECT_FALSE(stands_before(a, a));
}

TEST(Row, WholeNumbersHaveNoPoint) {
  EXPECT_EQ(number_text(3), "3");
  EXPECT_EQ(number_text(-0.5), "-0.5");
  EXPECT_EQ(number_text(1e14), "100000000000000");
  EXPECT_EQ(number_text(1e300), "1e+300");
}

}  // namespace
}  // namespace tocsin::search
