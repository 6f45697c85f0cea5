// Reads a search as an analyst types it.
// Path:      text -> Query
// Units:     columns in characters, from 1
// Threads:   pure function
// Errors:    search-1 to search-9, each at its character (origin "query", line 1); the first one
// Source:    docs/search.md; KQL's core, pipes as of Splunk and Kusto
// Tested by: tests/search/parser_test.cpp, tests/cases/search/syntax.case,
//            tests/fuzz/query_fuzz.cpp
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.hpp"
#include "search/query.hpp"

namespace tocsin::search {

inline constexpr std::size_t max_query_bytes = 64 * 1024;
inline constexpr std::size_t max_query_terms = 4096;
inline constexpr unsigned max_query_depth = 64;

//   query       := [or] ("|" stage)*
//   or          := and ("or" and)*          and := not (["and"] not)*       not := "not" not | term
//   term        := "(" or ")" | name ":" value | name ("<" | "<=" | ">" | ">=") text
//                | name "~" quoted | "~" quoted | text
//   value       := "(" or of values ")" | ("[" | "{") text "to" text ("]" | "}") | text
//   text        := word | quoted;  `*` in a word stands for any text
//   stage       := "where" or | "fields" names | "sort" (["-" | "+"] name)+ | "head" number
//                | "stats" aggregates ["by" names]
//                | "timechart" duration [aggregates] ["by" names]
//   aggregate   := function "(" [name ["," number]] ")" ["as" name]
[[nodiscard]] base::Result<Query> parse_query(std::string_view text);

}  // namespace tocsin::search
