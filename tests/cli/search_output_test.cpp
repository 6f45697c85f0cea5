#include "cli/search_output.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "search/parser.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

search::Row row_of(std::string user, std::string raw = {}) {
  search::Row row;
  row.cells = {{"user.name", std::move(user), {}}, {"user.name", "two", {}}};
  row.raw = std::move(raw);
  return row;
}

std::string printed(SearchFormat format, const SearchColumns& columns,
                    const std::vector<search::Row>& rows) {
  Captured captured;
  SearchOutput output(captured.streams().out, format, columns);
  for (const search::Row& row : rows) output.add(row);
  output.finish();
  return captured.out();
}

TEST(SearchOutput, ColumnsAreThoseOfTheLastStageThatNamesSome) {
  const auto names = [](const char* text) { return columns_of(*search::parse_query(text)).names; };
  EXPECT_TRUE(names("a | sort b | head 3").empty());
  EXPECT_EQ(names("a | fields b, c | head 3"), std::vector<std::string>({"b", "c"}));
  EXPECT_EQ(names("a | fields b | stats count(), dc(b) as n by c | sort n"),
            std::vector<std::string>({"c", "count", "n"}));
  EXPECT_EQ(names("a | timechart 5m by c"), std::vector<std::string>({"@timestamp", "c", "count"}));
  EXPECT_TRUE(columns_of(*search::parse_query("a | fields b.*")).has_pattern);
}

TEST(SearchOutput, CsvQuotesWhatWouldDivideIt) {
  EXPECT_EQ(printed(SearchFormat::csv, {{"user.name", "x"}, false}, {row_of("a\"b,c\n")}),
            "user.name,x\n\"a\"\"b,c\\x0a, two\",\n");
  EXPECT_EQ(printed(SearchFormat::csv, {{"x"}, false}, {}), "x\n") << "a header without rows";
}

TEST(SearchOutput, AnEventWithoutAMessageIsShownAsItCame) {
  const std::string table = printed(SearchFormat::table, {}, {row_of("bob", "a line\x1b[0m")});
  EXPECT_NE(table.find("a line\\x1b[0m"), std::string::npos) << table;
  EXPECT_EQ(printed(SearchFormat::raw, {}, {row_of("bob", "a line")}), "a line\n");
  EXPECT_EQ(printed(SearchFormat::raw, {{"user.name", "y"}, false}, {row_of("bob")}),
            "bob, two\t\n");
}

TEST(SearchOutput, ManyRowsMakeSeveralTables) {
  std::vector<search::Row> rows(250, row_of("bob"));
  const std::string table = printed(SearchFormat::table, {{"user.name"}, false}, rows);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 253);
}

}  // namespace
}  // namespace tocsin::cli
