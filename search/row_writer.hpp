// What a search found, as text for programs: JSON, CSV, or the lines as they came.
// Path:      Row -> bytes, for stdout or an HTTP answer
// Threads:   one
// Errors:    none
// Source:    RFC 4180 (CSV)
// Tested by: tests/search/row_writer_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/query.hpp"
#include "search/row.hpp"

namespace tocsin::search {

// `lines`: the columns of each row beside each other, for people who watch rows come.
enum class RowFormat : std::uint8_t { json, csv, raw, lines };
[[nodiscard]] std::optional<RowFormat> parse_row_format(std::string_view name);

// The columns that a query gives: those that its last `fields` or `stats` names. Empty where rows
// are events with fields of their own. `has_pattern`: some of them are only known by the rows.
struct Columns {
  std::vector<std::string> names;
  bool has_pattern = false;
};
[[nodiscard]] Columns columns_of(const Query& query);
// Those of events with fields of their own.
[[nodiscard]] const std::vector<std::string>& event_columns();

// Values of a row under these columns; several of one name as one text. `of_events`: the last is
// the line as it came where no decoder gave a message.
[[nodiscard]] std::vector<std::string> values_of(const Row& row,
                                                 const std::vector<std::string>& columns,
                                                 bool of_events);

class RowWriter {
 public:
  RowWriter(RowFormat format, Columns columns);
  // Appends to `out` one row, whole lines.
  void add(const Row& row, std::string& out);
  // Behind the last row.
  void finish(std::string& out);
  // Rows have to carry the text as it came.
  [[nodiscard]] bool needs_raw() const { return format_ != RowFormat::json && of_events_; }

 private:
  void put_csv(const std::vector<std::string>& values, std::string& out);
  void put_head(std::string& out);

  RowFormat format_;
  std::vector<std::string> columns_;
  bool of_events_;
  bool begun_ = false;
};

}  // namespace tocsin::search
