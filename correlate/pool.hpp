// Memory for group records: pieces of a few sizes, cut from large blocks and used again.
// Units:     bytes
// Threads:   one
// Errors:    none; memory that runs out throws as operator new does, and ends the process
// Tested by: tests/correlate/pool_test.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace tocsin::correlate {

class Pool {
 public:
  static constexpr std::size_t step = 16;
  static constexpr std::size_t largest = 1024;  // beyond, the system's allocator
  static constexpr std::size_t block = 256 * 1024;

  // What a piece of `size` bytes takes.
  [[nodiscard]] static constexpr std::size_t rounded(std::size_t size) {
    return size == 0 ? step : (size + step - 1) / step * step;
  }

  // Aligned to 16.
  [[nodiscard]] void* allocate(std::size_t size) {
    size = rounded(size);
    used_ += size;
    if (size > largest) {
      count_growth();
      return ::operator new(size);
    }
    Free*& head = free_[size / step];
    if (head == nullptr) return cut(size);
    Free* piece = head;
    head = piece->next;
    return piece;
  }

  // `size` as it was allocated with.
  void release(void* piece, std::size_t size) {
    size = rounded(size);
    used_ -= size;
    if (size > largest) {
      ::operator delete(piece);
      return;
    }
    free_[size / step] = new (piece) Free{free_[size / step]};
  }

  [[nodiscard]] std::size_t used() const { return used_; }

  // Memory that belongs to what lies here and comes from elsewhere: tables, lists.
  void count_beside(std::ptrdiff_t more) { beside_ += static_cast<std::size_t>(more); }
  [[nodiscard]] std::size_t used_with_tables() const { return used_ + beside_; }

  // 0: none. More is given all the same; each large piece and each block beyond it is counted.
  void set_limit(std::size_t bytes) { limit_ = bytes; }
  [[nodiscard]] std::uint64_t over_limit() const { return over_limit_; }

 private:
  struct Free {
    Free* next;
  };

  void count_growth() {
    if (limit_ != 0 && used_ > limit_) ++over_limit_;
  }

  void* cut(std::size_t size) {
    if (left_ < size) {
      count_growth();
      blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
      next_ = blocks_.back().get();
      left_ = block;
    }
    void* piece = next_;
    next_ += size;
    left_ -= size;
    return piece;
  }

  std::array<Free*, largest / step + 1> free_{};
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t used_ = 0;
  std::size_t beside_ = 0;
  std::size_t limit_ = 0;
  std::uint64_t over_limit_ = 0;
};

// Lets a container take its nodes from a pool, which outlives it.
template <typename T>
class PoolAllocator {
 public:
  using value_type = T;
  explicit PoolAllocator(Pool& pool) : pool_(&pool) {}
  template <typename U>
  PoolAllocator(const PoolAllocator<U>& other) : pool_(other.pool_) {}  // NOLINT: as allocators do

  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(pool_->allocate(count * sizeof(T)));
  }
  void deallocate(T* piece, std::size_t count) { pool_->release(piece, count * sizeof(T)); }
  bool operator==(const PoolAllocator& other) const { return pool_ == other.pool_; }

 private:
  template <typename U>
  friend class PoolAllocator;
  Pool* pool_;
};

}  // namespace tocsin::correlate
