// Runs a query over a store: newest first, on several threads, with results as they are found.
// Path:      store, Query -> blocks that may match -> rows, in order, to a function
// Units:     ns since 1970Z
// Threads:   starts `threads` threads while it runs; functions are called by the caller's
// Errors:    the store's; engine-5, engine-6; search-20 more than is kept; search-21 told to stop
// Source:    docs/search.md
// Tested by: tests/search/searcher_test.cpp, tests/search/agreement_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "search/query.hpp"
#include "search/row.hpp"
#include "search/stages.hpp"
#include "store/store.hpp"

namespace tocsin::search {

struct SearchProgress {
  std::uint64_t blocks = 0;  // done, of `blocks_total`
  std::uint64_t blocks_total = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;
};

struct SearchOptions {
  store::TimeSpan span;
  std::uint64_t limit = 0;  // rows; 0: all
  std::size_t threads = 1;
  bool with_raw = false;  // rows carry the text as it came
  std::shared_ptr<base::DiskCache> cache;
  std::function<bool()> stopped;  // asked between blocks
  std::function<void(const SearchProgress&)> on_progress;
};

struct SearchSummary {
  std::uint64_t events = 0;   // in the span's blocks
  std::uint64_t matched = 0;  // found before the search had enough
  std::uint64_t rows = 0;     // given out
  std::uint64_t blocks = 0;
  // Not read: by their time or their filter, or since their index says enough.
  std::uint64_t blocks_skipped = 0;
  std::uint64_t blocks_filtered = 0;  // of these, by their filter
  std::uint64_t bytes = 0;            // of text, looked through
  std::uint64_t decoded = 0;          // frames
};

// `on_row` may say that it wants no more. Rows are events, newest first, unless stages say
// otherwise. An error comes behind the rows that were found before it.
[[nodiscard]] base::Result<SearchSummary> search(const store::Store& store, Query query,
                                                 const SearchOptions& options, const OnRow& on_row);

}  // namespace tocsin::search
