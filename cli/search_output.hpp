// What a search found, in the form that was asked for: table, JSON, CSV or the lines as they came.
// Path:      search::Row -> stdout
// Threads:   one
// Errors:    none; nothing that was received reaches a terminal with control bytes in it
// Source:    RFC 4180 (CSV)
// Tested by: tests/cli/search_output_test.cpp
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "search/query.hpp"
#include "search/row.hpp"

namespace tocsin::cli {

enum class SearchFormat : std::uint8_t { table, json, csv, raw };

// The columns that a query gives: those that its last `fields` or `stats` names. Empty where rows
// are events with fields of their own. `has_pattern`: some of them are only known by the rows.
struct SearchColumns {
  std::vector<std::string> names;
  bool has_pattern = false;
};
[[nodiscard]] SearchColumns columns_of(const search::Query& query);

class SearchOutput {
 public:
  SearchOutput(std::FILE* out, SearchFormat format, SearchColumns columns);
  // Rows of a table wait until there are some, so that columns are as wide as their values.
  void add(const search::Row& row);
  void finish();

 private:
  [[nodiscard]] std::vector<std::string> values(const search::Row& row) const;
  void flush_table();
  void put_csv(const std::vector<std::string>& values);

  std::FILE* out_;
  SearchFormat format_;
  SearchColumns columns_;
  bool is_terminal_;
  bool of_events_;
  bool begun_ = false;
  std::vector<std::vector<std::string>> waiting_;
  std::string line_;
};

}  // namespace tocsin::cli
