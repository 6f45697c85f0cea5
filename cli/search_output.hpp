// What a search found, in the form that was asked for: a table for people, or what
// search/row_writer.hpp writes for programs.
// Path:      search::Row -> stdout
// Threads:   one
// Errors:    none; nothing that was received reaches a terminal with control bytes in it
// Tested by: tests/cli/search_output_test.cpp
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "search/row_writer.hpp"

namespace tocsin::cli {

class SearchOutput {
 public:
  // Without a format: a table.
  SearchOutput(std::FILE* out, std::optional<search::RowFormat> format, search::Columns columns);
  // Rows of a table wait until there are some, so that columns are as wide as their values.
  void add(const search::Row& row);
  void finish();

 private:
  void flush_table();
  void put_written();

  std::FILE* out_;
  bool escapes_;
  std::optional<search::RowWriter> writer_;
  std::vector<std::string> columns_;  // of the table
  bool of_events_;
  std::vector<std::vector<std::string>> waiting_;
  std::string written_;
};

}  // namespace tocsin::cli
