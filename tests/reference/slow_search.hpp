// A search as slow as it is plain: every frame is decoded, every term looked at by itself.
// What a query means is said by docs/search.md; the parser's tree is taken as it is.
#pragma once

#include <vector>

#include "search/query.hpp"
#include "search/row.hpp"

namespace tocsin::reference {

// Whether the row (all fields of an event, its text in `raw`) is meant by the filter.
[[nodiscard]] bool slow_holds(const search::Query& query, const search::Expression& filter,
                              const search::Row& row);

// The rows that come out of a query over these events, given in any order.
[[nodiscard]] std::vector<search::Row> slow_search(const search::Query& query,
                                                   std::vector<search::Row> events);

}  // namespace tocsin::reference
