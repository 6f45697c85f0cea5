#include "cli/search.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/config.hpp"
#include "cli/follow.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/search_output.hpp"
#include "cli/setup.hpp"
#include "search/parser.hpp"
#include "search/searcher.hpp"
#include "search/time_span.hpp"
#include "store/store.hpp"

namespace tocsin::cli {

namespace {

int usage(const Streams& streams, const std::string& sentence) {
  put_line(streams.err, "tocsin: " + sentence);
  return exit_code::usage;
}

// The query, and below it a caret at the mistake.
void show_place(std::FILE* to, const std::string& query, const base::Error& error) {
  if (error.origin.name != "query" || error.origin.column == 0) return;
  std::string_view rest = query;
  std::string before;
  for (std::uint32_t column = 1; column < error.origin.column && !rest.empty(); ++column) {
    const std::size_t size = std::max<std::size_t>(base::utf8_length(rest), 1);
    before += rest.front() == '\t' ? '\t' : ' ';
    rest.remove_prefix(size);
  }
  // A query that would not stand as it was typed is not shown: the caret would point elsewhere.
  if (base::printable(query) != query || query.find('\n') != std::string::npos) return;
  put_line(to, "  " + query);
  put_line(to, "  " + before + "^");
}

// `--fields a,b` is a last stage `fields a, b`.
std::string whole_query(const SearchCommand& command) {
  return command.fields.empty() ? command.query : command.query + " | fields " + command.fields;
}

// A line on the terminal that gives way to rows.
class ProgressLine {
 public:
  ProgressLine(std::FILE* to, bool shown) : to_(to), shown_(shown) {}
  void tell(const search::SearchProgress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    put(to_, "\r\033[K" + progress_line({progress.events, progress.bytes, progress.bytes_total,
                                         now - start_}));
    std::fflush(to_);
    stands_ = true;
  }
  void clear() {
    if (!std::exchange(stands_, false)) return;
    put(to_, "\r\033[K");
    std::fflush(to_);
  }

 private:
  std::FILE* to_;
  bool shown_;
  bool stands_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = start_;
};

void print_stats(std::FILE* to, const search::SearchSummary& summary) {
  std::string line;
  base::JsonWriter(line)
      .begin_object()
      .member("events", summary.events)
      .member("matched", summary.matched)
      .member("rows", summary.rows)
      .member("blocks", summary.blocks)
      .member("blocks_skipped", summary.blocks_skipped)
      .member("blocks_filtered", summary.blocks_filtered)
      .member("bytes", summary.bytes)
      .member("decoded", summary.decoded)
      .end_object();
  put_line(to, line);
}

}  // namespace

int run_search(const SearchCommand& command, const Streams& streams) {
  search::SearchOptions options;
  if (const std::string wrong =
          search::read_span(command.from, command.to, command.last, options.span);
      !wrong.empty())
    return usage(streams, wrong);
  const std::string text = whole_query(command);
  auto query = search::parse_query(text);
  if (!query) {
    print_errors(streams.err, {query.error()}, "error");
    show_place(streams.err, text, query.error());
    return exit_code::usage;
  }
  // Nothing: a table.
  const auto format = search::parse_row_format(command.format);
  search::Columns columns = search::columns_of(*query);
  if (columns.has_pattern && format != search::RowFormat::json)
    return usage(streams, "columns are named in full; `*` in them needs --format json");
  if (command.follow) return follow_events(command, streams);
  const auto store = store::Store::open_read_only(store_folder(command.store));
  if (!store) {
    print_errors(streams.err, {store.error()}, "error");
    return exit_code_of({store.error()}, exit_code::findings);
  }
  options.limit = command.limit;
  options.threads =
      command.threads != 0 ? command.threads : std::max(1U, std::thread::hardware_concurrency());
  options.with_raw = format != search::RowFormat::json && columns.names.empty();
  options.cache = open_cache();
  ProgressLine progress(streams.err, ::isatty(::fileno(streams.err)) != 0);
  options.on_progress = [&](const search::SearchProgress& done) { progress.tell(done); };
  SearchOutput output(streams.out, format, std::move(columns));
  const auto summary =
      search::search(**store, *std::move(query), options, [&](const search::Row& row) {
        progress.clear();
        output.add(row);
        return std::ferror(streams.out) == 0;
      });
  progress.clear();
  output.finish();
  if (!summary) {
    print_errors(streams.err, {summary.error()}, "error");
    return exit_code_of({summary.error()}, exit_code::findings);
  }
  if (command.stats) {
    print_stats(streams.err, *summary);
  } else if (summary->rows == 0 && !format) {
    put_line(streams.err, "no events");
  }
  return exit_code::ok;
}

}  // namespace tocsin::cli
