#include "search/parser.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "search/expression_parser.hpp"
#include "search/reading.hpp"
#include "search/stage_parser.hpp"

namespace tocsin::search {

base::Result<Query> parse_query(std::string_view text) {
  Reading reading(text);
  if (text.size() > max_query_bytes) {
    return reading.fail("search-1", max_query_bytes,
                        fmt::format("a query has at most {} bytes", max_query_bytes));
  }
  if (!base::is_utf8(text)) {
    std::size_t at = 0;
    while (const std::size_t size = base::utf8_length(text.substr(at))) at += size;
    return reading.fail("search-2", at, "the query is not UTF-8 here");
  }
  Query query;
  ExpressionParser expressions(reading, query);
  reading.skip_blanks();
  if (!reading.at_end() && reading.next() != '|') {
    TRY(query.filter, expressions.parse());
  }
  TRY_VOID(parse_stages(reading, expressions, query));
  reading.skip_blanks();
  if (!reading.at_end()) return reading.expected("`and`, `or` or `|`");
  return query;
}

}  // namespace tocsin::search
