#include "search/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <utility>

#include "base/text.hpp"
#include "base/wildcard.hpp"
#include "search/evaluate.hpp"

namespace tocsin::search {

// Takes rows and gives rows to the step behind it.
class Stages::Step {
 public:
  explicit Step(Step* next) : next_(next) {}
  virtual ~Step() = default;
  virtual bool take(Row row) = 0;
  virtual base::Result<void> finish() { return next_ ? next_->finish() : base::Result<void>{}; }

 protected:
  Step* next_;
};

class Stages::Last final : public Step {
 public:
  explicit Last(OnRow on_row) : Step(nullptr), on_row_(std::move(on_row)) {}
  bool take(Row row) override { return on_row_(std::move(row)); }

 private:
  OnRow on_row_;
};

class Stages::Where final : public Step {
 public:
  Where(const Query& query, const Stage& stage, Step* next)
      : Step(next), query_(query), stage_(stage) {}
  bool take(Row row) override {
    if (!holds(stage_.where, RowRecord(row, query_.fields), scratch_)) return true;
    return next_->take(std::move(row));
  }

 private:
  const Query& query_;
  const Stage& stage_;
  Scratch scratch_;
};

class Stages::Fields final : public Step {
 public:
  Fields(const Query& query, const Stage& stage, Step* next)
      : Step(next), query_(query), stage_(stage) {}
  // In the order in which they were named.
  bool take(Row row) override {
    std::vector<Cell> kept;
    for (const FieldNumber number : stage_.fields) {
      const FieldName& name = query_.fields[number];
      bool found = false;
      for (const Cell& cell : row.cells) {
        if (name.is_pattern ? !base::fits_wildcards(name.name, cell.name) : name.name != cell.name)
          continue;
        kept.push_back(cell);
        found = true;
      }
      // A table keeps its columns.
      if (!found && !name.is_pattern) kept.push_back({name.name, "", event::ValueKind::null});
    }
    row.cells = std::move(kept);
    return next_->take(std::move(row));
  }

 private:
  const Query& query_;
  const Stage& stage_;
};

class Stages::Head final : public Step {
 public:
  Head(const Stage& stage, Step* next) : Step(next), left_(stage.count) {}
  bool take(Row row) override {
    if (left_ == 0) return false;
    --left_;
    return next_->take(std::move(row)) && left_ > 0;
  }

 private:
  std::uint64_t left_;
};

class Stages::Sort final : public Step {
 public:
  Sort(const Query& query, const Stage& stage, Step* next)
      : Step(next), query_(query), stage_(stage) {}
  bool take(Row row) override {
    if (rows_.size() == max_sorted) {
      overflow_ = true;
      return false;
    }
    rows_.push_back(std::move(row));
    return true;
  }
  base::Result<void> finish() override {
    if (overflow_) return std::unexpected(too_much());
    std::ranges::stable_sort(rows_, [this](const Row& a, const Row& b) { return before(a, b); });
    for (Row& row : rows_) {
      if (!next_->take(std::move(row))) break;
    }
    return next_->finish();
  }

 private:
  // Numbers by their size, before texts by their bytes; what is missing comes last, whichever way
  // the others go.
  [[nodiscard]] bool before(const Row& a, const Row& b) const {
    for (const SortKey& key : stage_.keys) {
      const Cell* x = value(a, key);
      const Cell* y = value(b, key);
      if (x == nullptr || y == nullptr) {
        if (x != y) return y == nullptr;
        continue;
      }
      const std::weak_ordering order = compare(*x, *y);
      if (order != 0) return key.descending ? order > 0 : order < 0;
    }
    return false;
  }
  [[nodiscard]] const Cell* value(const Row& row, const SortKey& key) const {
    const Cell* cell = find(row, query_.fields[key.field].name);
    return cell != nullptr && cell->kind != event::ValueKind::null ? cell : nullptr;
  }
  static std::weak_ordering compare(const Cell& a, const Cell& b) {
    const auto x = base::parse_number(a.value);
    const auto y = base::parse_number(b.value);
    const bool x_counts = x && std::isfinite(*x), y_counts = y && std::isfinite(*y);
    if (x_counts && y_counts) return std::weak_order(*x, *y);
    if (x_counts != y_counts)
      return x_counts ? std::weak_ordering::less : std::weak_ordering::greater;
    return a.value <=> b.value;
  }

  const Query& query_;
  const Stage& stage_;
  std::vector<Row> rows_;
  bool overflow_ = false;
};

class Stages::Stats final : public Step {
 public:
  Stats(const Query& query, const Stage& stage, Step* next)
      : Step(next), query_(query), aggregation_(stage, query.fields) {}
  bool take(Row row) override {
    aggregation_.add(RowRecord(row, query_.fields));
    return !aggregation_.overflow();
  }
  base::Result<void> finish() override {
    if (aggregation_.overflow()) return std::unexpected(too_much());
    for (Row& row : aggregation_.rows()) {
      if (!next_->take(std::move(row))) break;
    }
    return next_->finish();
  }

 private:
  const Query& query_;
  Aggregation aggregation_;
};

Stages::Stages(const Query& query, std::size_t first, OnRow on_row) {
  steps_.push_back(std::make_unique<Last>(std::move(on_row)));
  for (std::size_t i = query.stages.size(); i-- > first;) {
    const Stage& stage = query.stages[i];
    Step* next = steps_.back().get();
    switch (stage.kind) {
      case Stage::Kind::where:
        steps_.push_back(std::make_unique<Where>(query, stage, next));
        break;
      case Stage::Kind::fields:
        steps_.push_back(std::make_unique<Fields>(query, stage, next));
        break;
      case Stage::Kind::sort:
        steps_.push_back(std::make_unique<Sort>(query, stage, next));
        break;
      case Stage::Kind::head:
        steps_.push_back(std::make_unique<Head>(stage, next));
        break;
      case Stage::Kind::stats:
        steps_.push_back(std::make_unique<Stats>(query, stage, next));
        break;
    }
  }
}

Stages::~Stages() = default;

bool Stages::take(Row row) {
  open_ = open_ && steps_.back()->take(std::move(row));
  return open_;
}

bool Stages::take_all(std::vector<Row> rows) {
  for (Row& row : rows) {
    if (!take(std::move(row))) return false;
  }
  return true;
}

base::Result<void> Stages::finish() { return steps_.back()->finish(); }

base::Error too_much() {
  return {"search-20",
          fmt::format("the query keeps more than {} rows, {} groups or {} values; narrow it by "
                      "time or by another term",
                      max_sorted, max_groups, max_values),
          {}};
}

}  // namespace tocsin::search
