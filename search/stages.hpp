// Rows through the stages of a query, one after the other.
// Path:      rows, newest first -> where, fields, sort, head, stats -> a function
// Threads:   one
// Errors:    search-20 more rows, groups or values than are kept
// Source:    docs/search.md, "Stages"
// Tested by: tests/search/stages_test.cpp, tests/cases/search/stages.case
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "search/aggregation.hpp"
#include "search/query.hpp"
#include "search/row.hpp"

namespace tocsin::search {

// Rows that `sort` keeps.
inline constexpr std::size_t max_sorted = 1'000'000;

// False: no more rows are wanted.
using OnRow = std::function<bool(Row)>;

class Stages {
 public:
  // Of `query`, from stage `first` on; `query` must outlive this.
  Stages(const Query& query, std::size_t first, OnRow on_row);
  ~Stages();

  // False when nothing that follows could change what comes out.
  bool take(Row row);
  // The groups of an aggregation that stands before `first`, and so on.
  bool take_all(std::vector<Row> rows);
  // Nothing follows. An error says that what came out is not everything.
  [[nodiscard]] base::Result<void> finish();

 private:
  class Step;
  class Where;
  class Fields;
  class Sort;
  class Head;
  class Stats;
  class Last;

  std::vector<std::unique_ptr<Step>> steps_;  // the last one first
  bool open_ = true;
};

[[nodiscard]] base::Error too_much();

}  // namespace tocsin::search
