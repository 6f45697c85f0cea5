// All groups of one rule: a hash table of compact records, one piece of memory each.
// Path:      group key -> Group
// Units:     bytes
// Threads:   one
// Errors:    none
// Tested by: tests/correlate/group_table_test.cpp
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "correlate/pool.hpp"
#include "correlate/window.hpp"

namespace tocsin::correlate {

// How often each value stands in the window.
using ValueCounts = boost::unordered_flat_map<std::uint32_t, std::uint32_t>;

class LongWindow;
class Ranking;

// What is known about the window of the newest entry, so that the next one costs O(1).
struct State {
  std::uint64_t quantity = 0;
  union {
    ValueCounts* counts = nullptr;  // owned; only once the window is too large to look through
    Ranking* ranking;               // the same; owned by the group's RuleWindows; Judging::rank
    LongWindow* long_window;        // owned by the group's RuleWindows; of Group::is_long
  };
  std::uint32_t tail = 0;  // first entry inside that window
};

// Detections of a deferred rule that wait for the watermark.
struct Waiting {
  Place place;
  std::uint64_t worth = 0;
};
// By place, then as they came; the worth of each. What empties the window has the place behind that
// of its event.
using WaitingList = std::multimap<Place, std::uint64_t, std::less<>,
                                  PoolAllocator<std::pair<const Place, std::uint64_t>>>;

[[nodiscard]] constexpr Place until_place(Place place) { return {place.time, place.order | 1U}; }
[[nodiscard]] constexpr bool is_until(Place place) { return (place.order & 1U) != 0; }

// A record in a piece of the pool: this head, the key (rounded up to 8), the rule's own area
// (`area` bytes), then `capacity` entries of which [begin, begin + size) are in use. Of a
// group with a long window they are one entry at the end of time, so that nothing is newer.
struct Group {
  std::uint32_t id = 0;  // its place in the table's list, stable for its life
  std::uint32_t hash = 0;
  std::uint32_t key_size = 0;
  std::uint32_t alerts = 0;  // first of its open alerts, 0 = none (alert_book.hpp)
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;
  std::uint32_t flags = 0;
  State state;
  WaitingList* waiting = nullptr;  // owned

  static constexpr std::uint32_t changed = 1;      // since the last save
  static constexpr std::uint32_t saved = 2;        // stands in a checkpoint
  static constexpr std::uint32_t is_long = 4;      // its entries stand in a LongWindow
  static constexpr std::uint32_t has_index = 8;    // of its alerts, in the AlertBook
  static constexpr std::uint32_t saved_held = 16;  // stands there among those that memory keeps
  static constexpr std::uint32_t touched = 32;     // since the clock's hand came by
  static constexpr std::uint32_t acts_alone = 64;  // a time comes at which its entries are judged
  static constexpr std::uint32_t lives = 128;      // and one at which their lack is

  [[nodiscard]] LongWindow* long_window() const {
    return (flags & is_long) != 0 ? state.long_window : nullptr;
  }

  [[nodiscard]] bool is_busy() const { return alerts != 0 || waiting != nullptr; }
  // Memory keeps it, whatever the limit: something can happen to it without a detection.
  [[nodiscard]] bool is_held() const {
    return is_busy() || (flags & lives) != 0 || ((flags & acts_alone) != 0 && size != 0);
  }

  [[nodiscard]] char* key_data() { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] std::string_view key() const {
    return {reinterpret_cast<const char*>(this + 1), key_size};
  }
};
static_assert(sizeof(Group) == 64);

class GroupTable {
 public:
  // `stride` of an entry and `area` of the rule, in bytes, a multiple of 8; `flags` of new groups.
  GroupTable(Pool& pool, std::uint32_t stride, std::uint32_t area, std::uint32_t flags = 0)
      : pool_(pool), stride_(stride), area_(area), flags_(flags) {}
  ~GroupTable();
  GroupTable(const GroupTable&) = delete;
  GroupTable& operator=(const GroupTable&) = delete;

  [[nodiscard]] static std::uint32_t hash_of(std::string_view key) {
    return static_cast<std::uint32_t>(base::keyed_hash(key) >> 32U);
  }
  [[nodiscard]] Group* find(std::string_view key, std::uint32_t hash) const;
  // A new, empty group; its area is zeroed. The key is not there yet.
  Group* add(std::string_view key, std::uint32_t hash);
  void remove(Group* group);

  [[nodiscard]] std::size_t size() const { return count_; }
  // nullptr: forgotten.
  [[nodiscard]] Group* at(std::uint32_t id) const { return groups_[id]; }
  [[nodiscard]] std::uint32_t end_id() const { return static_cast<std::uint32_t>(groups_.size()); }

  [[nodiscard]] Window window(Group* group) const {
    return {entries(group) + std::size_t{group->begin} * stride_, group->size, stride_};
  }
  [[nodiscard]] std::int64_t* area(Group* group) const {
    return reinterpret_cast<std::int64_t*>(group->key_data() + padded(group->key_size));
  }
  // Puts an entry before place `at`. The group may move; the new address is returned.
  Group* insert(Group* group, std::uint32_t at, Place place, std::uint64_t worth);
  void drop_front(Group* group, std::uint32_t count) const {
    group->begin += count;
    group->size -= count;
    if (group->size == 0) group->begin = 0;
  }

  // The entries are elsewhere from now on; the group moves. And back: it is empty then.
  Group* make_long(Group* group, LongWindow* window);
  void make_short(Group* group) const;
  // Makes the group's list of waiting detections, if it has none.
  WaitingList& waiting(Group* group) {
    if (group->waiting == nullptr)
      group->waiting = new WaitingList(WaitingList::allocator_type(pool_));
    return *group->waiting;
  }

  // The three steps of a look-up ahead of time, each over many keys before the next: a step reads
  // what the one before it fetched. Inlined always: as functions GCC 12 finds them to be without
  // effect and drops the calls.
  [[gnu::always_inline]] void fetch_slot(std::uint32_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & mask_]);
  }
  [[gnu::always_inline]] void fetch_address(std::uint32_t hash) const {
    if (const Slot* slot = near(hash)) __builtin_prefetch(&groups_[slot->id_above - 1]);
  }
  [[gnu::always_inline]] void fetch_group(std::uint32_t hash) const {
    if (const Slot* slot = near(hash)) fetch_id(slot->id_above - 1);
  }
  // Of a group known by its id: first where its address stands, later the group.
  [[gnu::always_inline]] void fetch_id_address(std::uint32_t id) const {
    __builtin_prefetch(&groups_[id]);
  }
  [[gnu::always_inline]] void fetch_id(std::uint32_t id) const {
    const auto group = reinterpret_cast<std::uintptr_t>(groups_[id]);  // there may be none
    for (std::size_t line = 0; line < 4; ++line)
      __builtin_prefetch(reinterpret_cast<const void*>(group + line * 64));
  }

  // Most likely no group has that hash. Without a look at a group.
  [[nodiscard]] bool seems_absent(std::uint32_t hash) const { return near(hash) == nullptr; }

  // The pool's pieces that hold this table's groups.
  [[nodiscard]] std::size_t group_bytes() const { return group_bytes_; }
  // Beside them; the pool counts these, too.
  [[nodiscard]] std::size_t table_bytes() const { return table_bytes_; }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t id_above = 0;  // id + 1; 0 = free
  };

  // The slot that most likely is this hash's, without a look at a group.
  [[nodiscard]] const Slot* near(std::uint32_t hash) const {
    if (slots_.empty()) return nullptr;
    std::size_t at = hash & mask_;
    for (int steps = 0; steps < 8; ++steps, at = (at + 1) & mask_) {
      if (slots_[at].id_above == 0) return nullptr;
      if (slots_[at].hash == hash) return &slots_[at];
    }
    return nullptr;
  }
  [[nodiscard]] static std::uint32_t padded(std::uint32_t size) { return (size + 7) / 8 * 8; }
  [[nodiscard]] std::size_t bytes(std::uint32_t key_size, std::uint32_t capacity) const {
    return sizeof(Group) + padded(key_size) + area_ + std::size_t{capacity} * stride_;
  }
  [[nodiscard]] std::byte* entries(Group* group) const {
    return reinterpret_cast<std::byte*>(group->key_data()) + padded(group->key_size) + area_;
  }
  void* allocate(std::size_t size) {
    group_bytes_ += Pool::rounded(size);
    return pool_.allocate(size);
  }
  void release(void* piece, std::size_t size) {
    group_bytes_ -= Pool::rounded(size);
    pool_.release(piece, size);
  }
  Group* grow(Group* group);
  Group* resize(Group* group, std::uint32_t capacity, std::uint32_t keep);
  void grow_slots();
  void count_table();
  void put_slot(std::uint32_t hash, std::uint32_t id);
  [[nodiscard]] std::size_t slot_of(const Group* group) const;

  Pool& pool_;
  std::uint32_t stride_;
  std::uint32_t area_;
  std::uint32_t flags_;
  std::vector<Slot> slots_;  // open addressing, linear probing
  std::size_t mask_ = 0;
  std::size_t count_ = 0;
  std::size_t group_bytes_ = 0;
  std::size_t table_bytes_ = 0;
  std::vector<Group*> groups_;  // by id
  std::vector<std::uint32_t> free_ids_;
};

}  // namespace tocsin::correlate
