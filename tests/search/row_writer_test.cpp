#include "search/row_writer.hpp"

#include <gtest/gtest.h>

#include "search/parser.hpp"

namespace tocsin::search {
namespace {

Row row_of(std::string user, std::string raw = {}) {
  Row row;
  row.cells = {{"user.name", std::move(user), {}}, {"user.name", "two", {}}};
  row.raw = std::move(raw);
  return row;
}

std::string written(RowFormat format, const Columns& columns, const std::vector<Row>& rows) {
  std::string out;
  RowWriter writer(format, columns);
  for (const Row& row : rows) writer.add(row, out);
  writer.finish(out);
  return out;
}

TEST(RowWriter, ColumnsAreThoseOfTheLastStageThatNamesSome) {
  const auto names = [](const char* text) { return columns_of(*parse_query(text)).names; };
  EXPECT_TRUE(names("a | sort b | head 3").empty());
  EXPECT_EQ(names("a | fields b, c | head 3"), std::vector<std::string>({"b", "c"}));
  EXPECT_EQ(names("a | fields b | stats count(), dc(b) as n by c | sort n"),
            std::vector<std::string>({"c", "count", "n"}));
  EXPECT_EQ(names("a | timechart 5m by c"), std::vector<std::string>({"@timestamp", "c", "count"}));
  EXPECT_TRUE(columns_of(*parse_query("a | fields b.*")).has_pattern);
}

TEST(RowWriter, CsvQuotesWhatWouldDivideIt) {
  EXPECT_EQ(written(RowFormat::csv, {{"user.name", "x"}, false}, {row_of("a\"b,c\n")}),
            "user.name,x\n\"a\"\"b,c\\x0a, two\",\n");
  EXPECT_EQ(written(RowFormat::csv, {{"x"}, false}, {}), "x\n") << "a header without rows";
}

TEST(RowWriter, JsonIsAnObjectALine) {
  EXPECT_EQ(written(RowFormat::json, {}, {row_of("bob"), row_of("ann")}),
            "{\"user.name\":[\"bob\",\"two\"]}\n{\"user.name\":[\"ann\",\"two\"]}\n");
}

TEST(RowWriter, RawIsTheLineAsItCame) {
  EXPECT_EQ(written(RowFormat::raw, {}, {row_of("bob", "a line\x1b")}), "a line\x1b\n");
  EXPECT_EQ(written(RowFormat::raw, {{"user.name", "y"}, false}, {row_of("bob")}), "bob, two\t\n");
  EXPECT_TRUE(RowWriter(RowFormat::raw, {}).needs_raw());
  EXPECT_FALSE(RowWriter(RowFormat::raw, {{"y"}, false}).needs_raw());
  EXPECT_FALSE(RowWriter(RowFormat::json, {}).needs_raw());
}

TEST(RowWriter, LinesAreForPeople) {
  Row row = row_of("bob", "a line\x1b[0m");
  row.cells.push_back({"host.name", "web01", {}});
  EXPECT_EQ(written(RowFormat::lines, {}, {row}), "  web01    a line\\x1b[0m\n");
  EXPECT_EQ(written(RowFormat::lines, {{"host.name", "user.name"}, false}, {row}),
            "web01  bob, two\n");
}

TEST(RowWriter, FormatsHaveNames) {
  EXPECT_EQ(parse_row_format("json"), RowFormat::json);
  EXPECT_EQ(parse_row_format("csv"), RowFormat::csv);
  EXPECT_EQ(parse_row_format("raw"), RowFormat::raw);
  EXPECT_EQ(parse_row_format("lines"), RowFormat::lines);
  EXPECT_EQ(parse_row_format("table"), std::nullopt);
}

}  // namespace
}  // namespace tocsin::search
