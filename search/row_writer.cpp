#include "search/row_writer.hpp"

#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"

namespace tocsin::search {

namespace {

// All values of that name, as one text.
std::string joined(const Row& row, std::string_view name) {
  std::string out;
  bool is_first = true;
  for (const Cell& cell : row.cells) {
    if (cell.name != name || cell.kind == event::ValueKind::null) continue;
    if (!is_first) out += ", ";
    is_first = false;
    out += cell.value;
  }
  return out;
}

}  // namespace

std::optional<RowFormat> parse_row_format(std::string_view name) {
  if (name == "json") return RowFormat::json;
  if (name == "csv") return RowFormat::csv;
  if (name == "raw") return RowFormat::raw;
  if (name == "lines") return RowFormat::lines;
  return std::nullopt;
}

Columns columns_of(const Query& query) {
  Columns out;
  for (const Stage& stage : query.stages) {
    if (stage.kind != Stage::Kind::fields && stage.kind != Stage::Kind::stats) continue;
    out = {};
    if (stage.span.count() > 0) out.names.emplace_back("@timestamp");
    for (const FieldNumber number : stage.fields) {
      const FieldName& field = query.fields[number];
      out.names.push_back(field.name);
      out.has_pattern = out.has_pattern || (field.is_pattern && stage.kind == Stage::Kind::fields);
    }
    for (const Aggregate& aggregate : stage.aggregates) out.names.push_back(aggregate.name);
  }
  return out;
}

const std::vector<std::string>& event_columns() {
  static const std::vector<std::string> names = {"@timestamp", "host.name", "process.name",
                                                 "message"};
  return names;
}

std::vector<std::string> values_of(const Row& row, const std::vector<std::string>& columns,
                                   bool of_events) {
  std::vector<std::string> out;
  out.reserve(columns.size());
  for (const std::string& name : columns) out.push_back(joined(row, name));
  if (of_events && out.back().empty()) out.back() = row.raw;
  return out;
}

RowWriter::RowWriter(RowFormat format, Columns columns)
    : format_(format), columns_(std::move(columns.names)), of_events_(columns_.empty()) {
  if (of_events_) columns_ = event_columns();
}

void RowWriter::add(const Row& row, std::string& out) {
  switch (format_) {
    case RowFormat::json: {
      base::JsonWriter json(out);
      write_json(row, json);
      break;
    }
    case RowFormat::csv:
      put_head(out);
      put_csv(values_of(row, columns_, of_events_), out);
      return;
    case RowFormat::raw:
      if (of_events_) {
        out += row.raw;
        break;
      }
      [[fallthrough]];
    case RowFormat::lines: {
      const std::string_view between = format_ == RowFormat::raw ? "\t" : "  ";
      bool is_first = true;
      for (const std::string& value : values_of(row, columns_, of_events_)) {
        if (!std::exchange(is_first, false)) out += between;
        out += format_ == RowFormat::raw ? value : base::printable(value);
      }
      break;
    }
  }
  out += '\n';
}

void RowWriter::finish(std::string& out) {
  if (format_ == RowFormat::csv) put_head(out);
}

void RowWriter::put_head(std::string& out) {
  if (!std::exchange(begun_, true)) put_csv(columns_, out);
}

void RowWriter::put_csv(const std::vector<std::string>& values, std::string& out) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    const std::string value = base::printable(values[i]);
    if (value.find_first_of("\",") == std::string::npos) {
      out += value;
      continue;
    }
    out += '"';
    for (const char c : value) out.append(c == '"' ? 2 : 1, c);
    out += '"';
  }
  out += '\n';
}

}  // namespace tocsin::search
