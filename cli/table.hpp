// Text tables for people: columns as wide as their content, cut to the width of the terminal.
// Threads:   one
// Errors:    none; every value is made printable
// Tested by: tests/cli/table_test.cpp
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void add(std::vector<std::string> row);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // `width`: columns of the terminal, 0 = unlimited. The widest column gives way first.
  [[nodiscard]] std::string text(std::size_t width) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// Columns of the terminal behind `fd`; 0 when it is none.
[[nodiscard]] std::size_t terminal_width(int fd);

// Whether messages on `fd` may be coloured: a terminal, and NO_COLOR is not set.
[[nodiscard]] bool may_colour(int fd);

}  // namespace tocsin::cli
