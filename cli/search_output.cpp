#include "cli/search_output.hpp"

#include <unistd.h>

#include <utility>

#include "base/text.hpp"
#include "cli/streams.hpp"
#include "cli/table.hpp"

namespace tocsin::cli {

namespace {

constexpr std::size_t rows_of_a_table = 100;

}  // namespace

SearchOutput::SearchOutput(std::FILE* out, std::optional<search::RowFormat> format,
                           search::Columns columns)
    : out_(out),
      escapes_(format == search::RowFormat::raw && ::isatty(::fileno(out)) != 0),
      columns_(columns.names.empty() ? search::event_columns() : columns.names),
      of_events_(columns.names.empty()) {
  if (format) writer_.emplace(*format, std::move(columns));
}

void SearchOutput::add(const search::Row& row) {
  if (writer_) {
    writer_->add(row, written_);
    return put_written();
  }
  waiting_.push_back(search::values_of(row, columns_, of_events_));
  if (waiting_.size() == rows_of_a_table) flush_table();
}

// A file gets the lines as they came, a terminal never does.
void SearchOutput::put_written() {
  if (written_.empty()) return;
  written_.pop_back();  // the line's end
  put_line(out_, escapes_ ? base::printable(written_) : written_);
  written_.clear();
}

void SearchOutput::flush_table() {
  if (waiting_.empty()) return;
  Table table(columns_);
  for (auto& row : waiting_) table.add(std::move(row));
  waiting_.clear();
  put(out_, table.text(terminal_width(::fileno(out_))));
}

void SearchOutput::finish() {
  flush_table();
  if (!writer_) return;
  writer_->finish(written_);
  put_written();
}

}  // namespace tocsin::cli
