// Each distinct value that stands in some window, once, under a small number.
// Threads:   one
// Errors:    none; numbers are used again, so no output may show or order by one
// Tested by: tests/correlate/value_table_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "correlate/pool.hpp"

namespace tocsin::correlate {

// With many windows a look here is a read from main memory: two of them find a value, the slot and
// the row, which holds short texts (addresses, users) itself.
class ValueTable {
 public:
  explicit ValueTable(Pool& pool) : pool_(pool) {}
  ~ValueTable();
  ValueTable(const ValueTable&) = delete;
  ValueTable& operator=(const ValueTable&) = delete;

  // The number of `text` (exact bytes), with one more use.
  std::uint32_t use(std::string_view text);
  void use(std::uint32_t value) { ++row(value).uses; }
  // One use less; the last one forgets the value.
  void release(std::uint32_t value) {
    if (--row(value).uses == 0) forget(value);
  }
  // Valid while the value is used.
  [[nodiscard]] std::string_view text(std::uint32_t value) const { return row(value).text(); }
  [[nodiscard]] std::size_t size() const { return count_; }
  // Beside the pool's pieces.
  [[nodiscard]] std::size_t table_bytes() const {
    return blocks_.size() * rows_a_block * sizeof(Row) + slots_.capacity() * sizeof(Slot) +
           free_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t in_row = 16;  // bytes of text
  static constexpr std::uint32_t rows_a_block = 1024;

  struct Row {
    union {
      std::array<char, in_row> inside;
      char* outside;
    };
    std::uint32_t size;
    std::uint32_t uses;
    std::uint32_t hash;
    Row() : inside{}, size(0), uses(0), hash(0) {}
    [[nodiscard]] std::string_view text() const {
      return {size <= in_row ? inside.data() : outside, size};
    }
  };
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t above = 0;  // value + 1; 0 = free
  };

  [[nodiscard]] Row& row(std::uint32_t value) {
    return blocks_[value / rows_a_block][value % rows_a_block];
  }
  [[nodiscard]] const Row& row(std::uint32_t value) const {
    return blocks_[value / rows_a_block][value % rows_a_block];
  }
  std::uint32_t add(std::string_view text, std::uint32_t hash);
  void put_slot(std::uint32_t hash, std::uint32_t value);
  void grow_slots();
  void forget(std::uint32_t value);

  Pool& pool_;
  std::vector<std::unique_ptr<Row[]>> blocks_;
  std::uint32_t rows_ = 0;  // that were ever used
  std::vector<std::uint32_t> free_;
  std::vector<Slot> slots_;  // open addressing, linear probing
  std::size_t mask_ = 0;
  std::size_t count_ = 0;
};

}  // namespace tocsin::correlate
