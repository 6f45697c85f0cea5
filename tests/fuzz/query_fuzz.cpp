// Any text as a query: read, or refused at a character of it; what was read judges any text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "search/evaluate.hpp"
#include "search/parser.hpp"
#include "search/stage_parser.hpp"
#include "search/stages.hpp"

using namespace tocsin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = search::parse_query(text);
  if (!query) {
    CHECK(query.error().origin.line == 1, "a query is one line");
    CHECK(query.error().origin.column >= 1 && query.error().origin.column <= size + 1,
          "an error points into the query");
    return 0;
  }
  CHECK(query->stages.size() <= search::max_stages, "stages are bounded");
  CHECK(query->fields.size() <= 2 * search::max_query_terms, "names are bounded");
  search::Row row;
  row.raw = text;
  row.cells.push_back({"a", std::string(text), {}});
  row.cells.push_back({"b", "10.0.0.1", {}});
  row.cells.push_back({"size", "5", event::ValueKind::number});
  search::Scratch scratch;
  const bool found = search::holds(query->filter, search::RowRecord(row, query->fields), scratch);
  search::Stages stages(*query, 0, [](const search::Row&) { return true; });
  if (found) (void)stages.take(row);
  CHECK(stages.finish().has_value(), "one row is not too much");
  return 0;
}
