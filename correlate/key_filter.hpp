// Which keys may have been added: "no" is certain, "yes" is wrong for about one key in fifty.
// Path:      hash of a key -> maybe
// Units:     bytes; about 1.5 to 2 a key
// Threads:   one
// Errors:    none
// Source:    Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters (2007)
// Tested by: tests/correlate/key_filter_test.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tocsin::correlate {

// Grows by further segments, since hashes that were added cannot be told apart any more. A look
// reads one cache line of each segment; ten million keys need five.
class KeyFilter {
 public:
  void add(std::uint64_t hash);
  [[nodiscard]] bool may_have(std::uint64_t hash) const {
    const std::uint64_t mixed = mix(hash);
    for (const Segment& segment : segments_) {
      if (segment.blocks[block_of(mixed, segment.count)].has(mixed)) return true;
    }
    return false;
  }
  void clear() { segments_.clear(); }

  // Keys added, without those that seemed to be there.
  [[nodiscard]] std::uint64_t size() const { return size_of(segments_); }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = 0;
    for (const Segment& segment : segments_) sum += segment.count * sizeof(Block);
    return sum;
  }

 private:
  static constexpr int probes = 6;
  static constexpr std::size_t bits_a_key = 12;

  struct alignas(64) Block {
    std::array<std::uint64_t, 8> words{};
    [[nodiscard]] bool has(std::uint64_t mixed) const {
      for (int i = 0; i < probes; ++i, mixed >>= 9U) {
        if ((words[mixed >> 6U & 7U] >> (mixed & 63U) & 1U) == 0) return false;
      }
      return true;
    }
    void set(std::uint64_t mixed) {
      for (int i = 0; i < probes; ++i, mixed >>= 9U)
        words[mixed >> 6U & 7U] |= std::uint64_t{1} << (mixed & 63U);
    }
  };
  struct Segment {
    std::unique_ptr<Block[]> blocks;
    std::size_t count = 0;  // of blocks
    std::uint64_t keys = 0;
    std::uint64_t room = 0;  // keys
  };

  static std::uint64_t mix(std::uint64_t hash) {
    hash = (hash ^ (hash >> 32U)) * 0x9e3779b97f4a7c15ULL;
    hash = (hash ^ (hash >> 29U)) * 0xbf58476d1ce4e5b9ULL;
    return hash ^ (hash >> 32U);
  }
  // Of the mixed hash the probes take the lower 54 bits; the block must not follow from them.
  static std::size_t block_of(std::uint64_t mixed, std::size_t count) {
    const std::uint64_t other = mixed * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>((other >> 32U) * count >> 32U);
  }
  static std::uint64_t size_of(const std::vector<Segment>& segments) {
    std::uint64_t sum = 0;
    for (const Segment& segment : segments) sum += segment.keys;
    return sum;
  }

  std::vector<Segment> segments_;
};

}  // namespace tocsin::correlate
