// Counts, sums and other figures by group: `stats` and `timechart`.
// Path:      records -> groups, of one block or of all -> Row
// Units:     ns since 1970Z
// Threads:   one; each block has its own, merged in the order of blocks, so that figures do not
//            depend on the number of threads
// Errors:    overflow(): more groups or values than are kept (search-20)
// Source:    docs/search.md, "Stages"; percentile by the nearest rank
// Tested by: tests/search/aggregation_test.cpp, tests/search/agreement_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/text.hpp"
#include "search/query.hpp"
#include "search/row.hpp"

namespace tocsin::search {

// What all groups of a search may hold together: groups, different values, numbers for percentiles.
inline constexpr std::size_t max_groups = 1'000'000;
inline constexpr std::size_t max_values = 16'000'000;

class Aggregation {
 public:
  // `stage` is of kind stats; both must outlive this.
  Aggregation(const Stage& stage, const std::vector<FieldName>& fields);

  // Record: as evaluate.hpp says.
  template <typename Record>
  void add(const Record& record) {
    key_.clear();
    if (stage_.span.count() > 0) append_bar(record.time());
    for (const FieldNumber field : stage_.fields) {
      bool found = false;
      (void)record.any(field, [&](std::string_view value) {
        append_value(value);
        return found = true;  // the first value
      });
      if (!found) append_missing();
    }
    Figures* figures = group();
    if (figures == nullptr) return;
    for (std::size_t i = 0; i < stage_.aggregates.size(); ++i) {
      const Aggregate& aggregate = stage_.aggregates[i];
      Figure& figure = figures->of[i];
      if (!aggregate.field) {
        ++figure.count;
        continue;
      }
      (void)record.any(*aggregate.field, [&](std::string_view value) {
        add_value(aggregate.function, figure, value);
        return false;
      });
    }
  }
  // Events of which nothing but their number is asked: one group, counts of events.
  void add_count(std::uint64_t count);
  void merge(const Aggregation& other);

  [[nodiscard]] bool overflow() const { return overflow_; }
  // By the groups' values (bars of time first), so that the order is always the same.
  [[nodiscard]] std::vector<Row> rows() const;
  // Whether nothing but the number of events decides the figures.
  [[nodiscard]] static bool only_counts(const Stage& stage);

 private:
  struct Figure {
    std::uint64_t count = 0;  // of events, or of values; of numbers for sum and average
    double sum = 0;
    double least = 0, greatest = 0;                        // of numbers
    std::optional<std::string> least_text, greatest_text;  // of values that are none
    std::unordered_set<std::string> distinct;
    std::vector<double> numbers;
  };
  struct Figures {
    std::vector<Figure> of;  // by aggregate
  };

  void append_bar(std::int64_t time);
  void append_value(std::string_view value);
  void append_missing();
  Figures* group();
  void add_value(Function function, Figure& figure, std::string_view value);
  void merge(Function function, Figure& into, const Figure& from);
  bool keep(std::size_t more);
  [[nodiscard]] Cell cell(const Aggregate& aggregate, const Figure& figure) const;
  [[nodiscard]] Row row(std::string_view key, const Figures& figures) const;

  const Stage& stage_;
  const std::vector<FieldName>& fields_;
  // Key: the bar's begin (8 bytes, big-endian, its sign flipped), then of each field 0, or 1, the
  // value with each 0 as 0 2, and 0 1: the order of bytes is that of the values.
  std::unordered_map<std::string, Figures> groups_;
  std::string key_;
  std::size_t kept_ = 0;  // values
  bool overflow_ = false;
};

}  // namespace tocsin::search
