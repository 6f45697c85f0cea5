// Every error code: what is wrong, and what somebody can do about it.
// Path:      rows -> docs/reference/errors.md (cli/docs)
// Threads:   immutable
// Tested by: tests/cli/error_table_test.cpp
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tocsin::cli {

struct ErrorRow {
  std::string_view code;
  std::string_view meaning;
  std::string_view remedy;
};

// By folder, then by number. A test compares them with the codes that stand in the sources.
[[nodiscard]] std::span<const ErrorRow> error_rows();
// The tables of the reference page, without its head.
[[nodiscard]] std::string errors_page();

}  // namespace tocsin::cli
