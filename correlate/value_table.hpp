// Each distinct value that stands in some window, once, under a small number.
// Threads:   one
// Errors:    none; numbers are used again, so no output may show or order by one
// Tested by: tests/correlate/value_table_test.cpp
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "correlate/pool.hpp"

namespace tocsin::correlate {

class ValueTable {
 public:
  explicit ValueTable(Pool& pool) : pool_(pool) {}
  ~ValueTable();
  ValueTable(const ValueTable&) = delete;
  ValueTable& operator=(const ValueTable&) = delete;

  // The number of `text` (exact bytes), with one more use.
  std::uint32_t use(std::string_view text);
  void use(std::uint32_t value) { ++rows_[value].uses; }
  // One use less; the last one forgets the value.
  void release(std::uint32_t value);
  [[nodiscard]] std::string_view text(std::uint32_t value) const {
    return {rows_[value].data, rows_[value].size};
  }
  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  // Beside the pool's pieces.
  [[nodiscard]] std::size_t table_bytes() const {
    return rows_.capacity() * sizeof(Row) + free_.capacity() * sizeof(std::uint32_t) +
           ids_.bucket_count() * (sizeof(std::string_view) + sizeof(std::uint64_t));
  }

 private:
  struct Row {
    char* data = nullptr;
    std::uint32_t size = 0;
    std::uint32_t uses = 0;
  };
  Pool& pool_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> free_;
  boost::unordered_flat_map<std::string_view, std::uint32_t, base::TextHash> ids_;
};

}  // namespace tocsin::correlate
