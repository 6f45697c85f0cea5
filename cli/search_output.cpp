#include "cli/search_output.hpp"

#include <unistd.h>

#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/streams.hpp"
#include "cli/table.hpp"

namespace tocsin::cli {

namespace {

constexpr std::size_t rows_of_a_table = 100;

const std::vector<std::string>& event_columns() {
  static const std::vector<std::string> names = {"@timestamp", "host.name", "process.name",
                                                 "message"};
  return names;
}

// All values of that name, as one text.
std::string joined(const search::Row& row, std::string_view name) {
  std::string out;
  bool is_first = true;
  for (const search::Cell& cell : row.cells) {
    if (cell.name != name || cell.kind == event::ValueKind::null) continue;
    if (!is_first) out += ", ";
    is_first = false;
    out += cell.value;
  }
  return out;
}

}  // namespace

SearchColumns columns_of(const search::Query& query) {
  SearchColumns out;
  for (const search::Stage& stage : query.stages) {
    if (stage.kind != search::Stage::Kind::fields && stage.kind != search::Stage::Kind::stats)
      continue;
    out = {};
    if (stage.span.count() > 0) out.names.emplace_back("@timestamp");
    for (const search::FieldNumber number : stage.fields) {
      const search::FieldName& field = query.fields[number];
      out.names.push_back(field.name);
      out.has_pattern =
          out.has_pattern || (field.is_pattern && stage.kind == search::Stage::Kind::fields);
    }
    for (const search::Aggregate& aggregate : stage.aggregates) out.names.push_back(aggregate.name);
  }
  return out;
}

SearchOutput::SearchOutput(std::FILE* out, SearchFormat format, SearchColumns columns)
    : out_(out),
      format_(format),
      columns_(std::move(columns)),
      is_terminal_(::isatty(::fileno(out)) != 0),
      of_events_(columns_.names.empty()) {
  if (of_events_) columns_.names = event_columns();
}

std::vector<std::string> SearchOutput::values(const search::Row& row) const {
  std::vector<std::string> out;
  for (const std::string& name : columns_.names) out.push_back(joined(row, name));
  // What no decoder gave a message is shown as it came.
  if (of_events_ && out.back().empty()) out.back() = row.raw;
  return out;
}

void SearchOutput::add(const search::Row& row) {
  line_.clear();
  switch (format_) {
    case SearchFormat::json: {
      base::JsonWriter json(line_);
      write_json(row, json);
      put_line(out_, line_);
      break;
    }
    case SearchFormat::csv:
      if (!std::exchange(begun_, true)) put_csv(columns_.names);
      put_csv(values(row));
      break;
    case SearchFormat::raw:
      if (of_events_) {
        line_ = row.raw;
      } else {
        for (const std::string& value : values(row)) line_ += (line_.empty() ? "" : "\t") + value;
      }
      // A file gets the bytes as they came.
      put_line(out_, is_terminal_ ? base::printable(line_) : line_);
      break;
    case SearchFormat::table:
      waiting_.push_back(values(row));
      if (waiting_.size() == rows_of_a_table) flush_table();
      break;
  }
}

void SearchOutput::put_csv(const std::vector<std::string>& values) {
  line_.clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) line_ += ',';
    const std::string value = base::printable(values[i]);
    if (value.find_first_of("\",") == std::string::npos) {
      line_ += value;
      continue;
    }
    line_ += '"';
    for (const char c : value) line_.append(c == '"' ? 2 : 1, c);
    line_ += '"';
  }
  put_line(out_, line_);
}

void SearchOutput::flush_table() {
  if (waiting_.empty()) return;
  Table table(columns_.names);
  for (auto& row : waiting_) table.add(std::move(row));
  waiting_.clear();
  put(out_, table.text(terminal_width(::fileno(out_))));
}

void SearchOutput::finish() {
  flush_table();
  if (format_ == SearchFormat::csv && !begun_) put_csv(columns_.names);
}

}  // namespace tocsin::cli
