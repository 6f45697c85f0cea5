// A line of what a search gives: an event's fields, or a group's figures.
// Path:      event or Aggregation -> Row -> stages -> output
// Units:     ns since 1970Z
// Threads:   values
// Tested by: tests/search/row_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "base/wildcard.hpp"
#include "event/batch.hpp"
#include "event/field.hpp"
#include "search/query.hpp"
#include "search/value_test.hpp"

namespace tocsin::search {

struct Cell {
  std::string name;
  std::string value;
  event::ValueKind kind = event::ValueKind::text;

  bool operator==(const Cell&) const = default;
};

struct Row {
  base::EventTime time;
  event::Seq seq;
  std::uint32_t k = 0;  // 0: a frame; else a record that Tocsin derived behind it
  std::vector<Cell> cells;
  std::string raw;

  bool operator==(const Row&) const = default;
};

// Newest first; what came last stands first among events of one time.
[[nodiscard]] bool stands_before(const Row& a, const Row& b);

// The first cell of that name, nullptr when the row has none.
[[nodiscard]] const Cell* find(const Row& row, std::string_view name);

// A number as it is shown: whole numbers without a point, others with up to 15 digits.
[[nodiscard]] std::string number_text(double number);

// One object; a name that stands several times becomes a list.
void write_json(const Row& row, base::JsonWriter& out);

// A Row as evaluate.hpp asks for it.
class RowRecord {
 public:
  RowRecord(const Row& row, const std::vector<FieldName>& fields) : row_(row), fields_(fields) {}

  template <typename F>
  bool any(FieldNumber number, F&& f) const {
    const FieldName& name = fields_[number];
    for (const Cell& cell : row_.cells) {
      if (cell.kind == event::ValueKind::null) continue;
      const bool fits =
          name.is_pattern ? base::fits_wildcards(name.name, cell.name) : cell.name == name.name;
      if (fits && f(std::string_view(cell.value))) return true;
    }
    return false;
  }
  [[nodiscard]] bool raw(const ValueTest& test, Scratch& scratch) const;
  [[nodiscard]] std::int64_t time() const { return row_.time.value; }

 private:
  const Row& row_;
  const std::vector<FieldName>& fields_;
};

}  // namespace tocsin::search
