#include "correlate/key_filter.hpp"

#include <algorithm>

namespace tocsin::correlate {

namespace {

constexpr std::size_t first_blocks = 1024;    // 64 KiB
constexpr std::size_t most_blocks = 1 << 18;  // 16 MiB
constexpr std::size_t growth = 4;

}  // namespace

void KeyFilter::add(std::uint64_t hash) {
  if (may_have(hash)) return;
  if (segments_.empty() || segments_.back().keys == segments_.back().room) {
    Segment next;
    next.count =
        segments_.empty() ? first_blocks : std::min(segments_.back().count * growth, most_blocks);
    next.blocks = std::make_unique<Block[]>(next.count);
    next.room = next.count * sizeof(Block) * 8 / bits_a_key;
    segments_.push_back(std::move(next));
  }
  Segment& last = segments_.back();
  const std::uint64_t mixed = mix(hash);
  last.blocks[block_of(mixed, last.count)].set(mixed);
  ++last.keys;
}

}  // namespace tocsin::correlate
