// What is to be done with each block for a query: decided once, before the first is read.
// Path:      Query, options -> search/block_search, search/searcher
// Units:     ns since 1970Z
// Threads:   immutable once built, safe
// Errors:    none
// Tested by: tests/search/plan_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "search/decoders.hpp"
#include "search/prefilter.hpp"
#include "search/query.hpp"
#include "store/store.hpp"

namespace tocsin::search {

struct Plan {
  Query query;  // stages `where` at its front are part of the filter
  // Of the stages, the first that takes rows; a `stats` right before it counts while blocks are
  // read.
  std::size_t first_stage = 0;
  const Stage* stats = nullptr;
  store::TimeSpan span;  // of events that may match; the filter's own bounds included
  // Rows of which no more are wanted from one block, nor from all of them.
  std::uint64_t most_rows = std::numeric_limits<std::uint64_t>::max();
  bool with_raw = false;

  // The number of events in `span` is all that is asked.
  [[nodiscard]] bool counts_all() const {
    return counts_only() && query.filter.kind == Expression::Kind::all;
  }
  // What an event that matches says is not asked.
  [[nodiscard]] bool counts_only() const;
  [[nodiscard]] bool covers(std::int64_t min_time, std::int64_t max_time) const {
    return span.from.value <= min_time && max_time <= span.to.value;
  }
};

// `limit`: rows wanted, 0 for all. Never copied or moved afterwards: it points into itself.
[[nodiscard]] std::unique_ptr<Plan> make_plan(Query query, store::TimeSpan span,
                                              std::uint64_t limit, bool with_raw);

}  // namespace tocsin::search
