// Memory for the values that a batch makes itself (unescaped text, joined arguments): stable until
// the batch is reused.
// Units:     bytes
// Threads:   one (the one that holds the batch)
// Errors:    none; memory grows in chunks, and is kept by clear() so that a steady state allocates
//            nothing
// Tested by: tests/base/arena_test.cpp
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tocsin::base {

class Arena {
 public:
  explicit Arena(std::size_t chunk_size = 64 * 1024) : chunk_size_(chunk_size) {}

  // `size` bytes, not initialised, valid until clear(). The pointer has no alignment: it is for
  // text.
  char* allocate(std::size_t size) {
    if (size > left_) grow(size);
    char* out = next_;
    next_ += size;
    left_ -= size;
    return out;
  }

  // A copy of `text` that lives until clear().
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* out = allocate(text.size());
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }

  // Gives back the last `size` bytes of the latest allocation that were not needed.
  void shrink(std::size_t size) {
    next_ -= size;
    left_ += size;
  }

  // Forgets all values; keeps the chunks for the next batch.
  void clear() {
    current_ = 0;
    if (chunks_.empty()) return;
    next_ = chunks_[0].data.get();
    left_ = chunks_[0].size;
  }

  [[nodiscard]] std::size_t capacity() const {
    std::size_t sum = 0;
    for (const Chunk& chunk : chunks_) sum += chunk.size;
    return sum;
  }

 private:
  struct Chunk {
    std::unique_ptr<char[]> data;
    std::size_t size;
  };

  void grow(std::size_t size) {
    while (++current_ < chunks_.size() && chunks_[current_].size < size) {
    }
    if (chunks_.empty() || current_ >= chunks_.size()) {
      const std::size_t bytes = std::max(size, chunk_size_);
      chunks_.push_back({std::make_unique_for_overwrite<char[]>(bytes), bytes});
      current_ = chunks_.size() - 1;
    }
    next_ = chunks_[current_].data.get();
    left_ = chunks_[current_].size;
  }

  std::size_t chunk_size_;
  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace tocsin::base
