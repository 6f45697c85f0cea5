// Reads what is made of the events found: the stages behind the bars of a query.
// Path:      Reading -> Query::stages
// Threads:   one
// Errors:    search-2, search-6 no such stage or function, search-7 an argument that does not fit
// Source:    docs/search.md, "Stages"
// Tested by: tests/search/stage_parser_test.cpp, tests/cases/search/syntax.case
#pragma once

#include <cstddef>

#include "base/error.hpp"
#include "search/expression_parser.hpp"
#include "search/query.hpp"
#include "search/reading.hpp"

namespace tocsin::search {

inline constexpr std::size_t max_stages = 32;

// All up to the end, or to what cannot belong to a stage.
[[nodiscard]] base::Result<void> parse_stages(Reading& reading, ExpressionParser& expressions,
                                              Query& query);

}  // namespace tocsin::search
