#include "search/row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace tocsin::search {

namespace {

void write_value(const Cell& cell, base::JsonWriter& out) {
  switch (cell.kind) {
    case event::ValueKind::number:
    case event::ValueKind::boolean:
      out.raw(cell.value);
      break;
    case event::ValueKind::null:
      out.null();
      break;
    case event::ValueKind::text:
      out.value(std::string_view(cell.value));
      break;
  }
}

}  // namespace

bool stands_before(const Row& a, const Row& b) {
  return std::tie(a.time, a.seq, a.k) > std::tie(b.time, b.seq, b.k);
}

const Cell* find(const Row& row, std::string_view name) {
  const auto found = std::ranges::find(row.cells, name, &Cell::name);
  return found == row.cells.end() ? nullptr : &*found;
}

std::string number_text(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) return fmt::format("{:.0f}", number);
  return fmt::format("{:.15g}", number);
}

void write_json(const Row& row, base::JsonWriter& out) {
  out.begin_object();
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const Cell& cell = row.cells[i];
    const auto same = [&cell](const Cell& other) { return other.name == cell.name; };
    if (std::any_of(row.cells.begin(), row.cells.begin() + static_cast<std::ptrdiff_t>(i), same))
      continue;
    out.key(cell.name);
    const auto rest = row.cells.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    if (std::none_of(rest, row.cells.end(), same)) {
      write_value(cell, out);
      continue;
    }
    out.begin_array();
    for (std::size_t j = i; j < row.cells.size(); ++j) {
      if (same(row.cells[j])) write_value(row.cells[j], out);
    }
    out.end_array();
  }
  out.end_object();
}

bool RowRecord::raw(const ValueTest& test, Scratch& scratch) const {
  if (!row_.raw.empty()) return holds(test, row_.raw, scratch);
  return std::ranges::any_of(row_.cells, [&](const Cell& cell) {
    return cell.kind != event::ValueKind::null && holds(test, cell.value, scratch);
  });
}

}  // namespace tocsin::search
