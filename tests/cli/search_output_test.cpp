#include "cli/search_output.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

search::Row row_of(std::string user, std::string raw = {}) {
  search::Row row;
  row.cells = {{"user.name", std::move(user), {}}, {"user.name", "two", {}}};
  row.raw = std::move(raw);
  return row;
}

std::string printed(std::optional<search::RowFormat> format, const search::Columns& columns,
                    const std::vector<search::Row>& rows) {
  Captured captured;
  SearchOutput output(captured.streams().out, format, columns);
  for (const search::Row& row : rows) output.add(row);
  output.finish();
  return captured.out();
}

TEST(SearchOutput, AnEventWithoutAMessageIsShownAsItCame) {
  const std::string table = printed({}, {}, {row_of("bob", "a line\x1b[0m")});
  EXPECT_NE(table.find("a line\\x1b[0m"), std::string::npos) << table;
  EXPECT_EQ(printed(search::RowFormat::raw, {}, {row_of("bob", "a line\x1b")}), "a line\x1b\n")
      << "a file gets it as it came";
}

TEST(SearchOutput, WhatProgramsReadIsWrittenWhole) {
  EXPECT_EQ(printed(search::RowFormat::csv, {{"user.name"}, false}, {row_of("bob")}),
            "user.name\n\"bob, two\"\n");
  EXPECT_EQ(printed(search::RowFormat::csv, {{"x"}, false}, {}), "x\n");
  EXPECT_EQ(printed(search::RowFormat::json, {}, {}), "");
}

TEST(SearchOutput, ManyRowsMakeSeveralTables) {
  std::vector<search::Row> rows(250, row_of("bob"));
  const std::string table = printed({}, {{"user.name"}, false}, rows);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 253);
}

}  // namespace
}  // namespace tocsin::cli
