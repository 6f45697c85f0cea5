#include "correlate/group_table.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.hpp"

namespace tocsin::correlate {

namespace {

constexpr std::uint32_t first_capacity = 2;

// 2, 5, 8, 12, 18, 27...: five detections, the commonest threshold, fit exactly.
std::uint32_t next_capacity(std::uint32_t capacity) {
  return std::max(capacity + 3, capacity + capacity / 2);
}

}  // namespace

GroupTable::~GroupTable() {
  for (Group* group : groups_) {
    if (group != nullptr) remove(group);
  }
  pool_.count_beside(-static_cast<std::ptrdiff_t>(table_bytes_));
}

Group* GroupTable::find(std::string_view key, std::uint32_t hash) const {
  if (slots_.empty()) return nullptr;
  for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
    const Slot& slot = slots_[at];
    if (slot.id_above == 0) return nullptr;
    if (slot.hash != hash) continue;
    Group* group = groups_[slot.id_above - 1];
    if (group->key() == key) return group;
  }
}

Group* GroupTable::add(std::string_view key, std::uint32_t hash) {
  // At most four of five slots are taken, so that a look-up ends soon.
  if ((count_ + 1) * 5 > slots_.size() * 4) grow_slots();
  std::uint32_t id = 0;
  if (free_ids_.empty()) {
    id = static_cast<std::uint32_t>(groups_.size());
    CHECK(id < 0xFFFFFFF0U, "more groups than a 32-bit id can tell apart");
    groups_.push_back(nullptr);
    count_table();
  } else {
    id = free_ids_.back();
    free_ids_.pop_back();
  }
  const auto key_size = static_cast<std::uint32_t>(key.size());
  void* piece = allocate(bytes(key_size, first_capacity));
  auto* group = new (piece) Group;
  group->id = id;
  group->hash = hash;
  group->key_size = key_size;
  group->capacity = first_capacity;
  group->flags = flags_;
  if (!key.empty()) std::memcpy(group->key_data(), key.data(), key.size());
  std::memset(area(group), 0, area_);
  groups_[id] = group;
  ++count_;
  put_slot(hash, id);
  return group;
}

void GroupTable::remove(Group* group) {
  std::size_t hole = slot_of(group);
  // Entries behind the hole move up when their way from their own slot leads over it.
  for (std::size_t at = (hole + 1) & mask_; slots_[at].id_above != 0; at = (at + 1) & mask_) {
    const std::size_t own = slots_[at].hash & mask_;
    if (((at - own) & mask_) >= ((at - hole) & mask_)) {
      slots_[hole] = slots_[at];
      hole = at;
    }
  }
  slots_[hole] = {};
  --count_;
  groups_[group->id] = nullptr;
  free_ids_.push_back(group->id);
  if (group->long_window() == nullptr) delete group->state.counts;
  delete group->waiting;
  release(group, bytes(group->key_size, group->capacity));
}

Group* GroupTable::insert(Group* group, std::uint32_t at, Place place, std::uint64_t worth) {
  if (group->begin + group->size == group->capacity) {
    // Small windows move down at once; large ones only when it frees much.
    if (group->begin > 0 && (group->capacity <= 18 || group->begin > group->capacity / 2)) {
      std::byte* start = entries(group);
      std::memmove(start, start + std::size_t{group->begin} * stride_,
                   std::size_t{group->size} * stride_);
      group->begin = 0;
    } else {
      group = grow(group);
    }
  }
  std::byte* spot = entries(group) + (std::size_t{group->begin} + at) * stride_;
  if (at < group->size) {
    std::memmove(spot + stride_, spot, std::size_t{group->size - at} * stride_);
  }
  auto* entry = reinterpret_cast<Entry*>(spot);
  entry->time = place.time;
  entry->order = place.order;
  if (stride_ == worth_stride) std::memcpy(spot + sizeof(Entry), &worth, sizeof worth);
  ++group->size;
  return group;
}

Group* GroupTable::grow(Group* group) {
  return resize(group, next_capacity(group->capacity), group->size);
}

// A record with other room for entries, and the first `keep` of them.
Group* GroupTable::resize(Group* group, std::uint32_t capacity, std::uint32_t keep) {
  void* piece = allocate(bytes(group->key_size, capacity));
  const std::size_t head = bytes(group->key_size, 0);
  std::memcpy(piece, static_cast<void*>(group), head);
  auto* other = static_cast<Group*>(piece);
  std::memcpy(entries(other), entries(group) + std::size_t{group->begin} * stride_,
              std::size_t{keep} * stride_);
  release(group, bytes(group->key_size, group->capacity));
  other->capacity = capacity;
  other->begin = 0;
  other->size = keep;
  groups_[other->id] = other;
  return other;
}

Group* GroupTable::make_long(Group* group, LongWindow* window) {
  delete group->state.counts;
  group = resize(group, first_capacity, 0);
  group = insert(group, 0, end_of(std::numeric_limits<std::int64_t>::max()), 0);
  group->flags |= Group::is_long;
  group->state = {};
  group->state.long_window = window;
  return group;
}

void GroupTable::make_short(Group* group) const {
  group->flags &= ~Group::is_long;
  group->state = {};
  group->size = 0;
}

void GroupTable::grow_slots() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.empty() ? 16 : old.size() * 2, Slot{});
  mask_ = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id_above != 0) put_slot(slot.hash, slot.id_above - 1);
  }
  count_table();
}

void GroupTable::count_table() {
  const std::size_t now = slots_.capacity() * sizeof(Slot) + groups_.capacity() * sizeof(Group*);
  pool_.count_beside(static_cast<std::ptrdiff_t>(now) - static_cast<std::ptrdiff_t>(table_bytes_));
  table_bytes_ = now;
}

void GroupTable::put_slot(std::uint32_t hash, std::uint32_t id) {
  std::size_t at = hash & mask_;
  while (slots_[at].id_above != 0) at = (at + 1) & mask_;
  slots_[at] = {hash, id + 1};
}

std::size_t GroupTable::slot_of(const Group* group) const {
  std::size_t at = group->hash & mask_;
  while (slots_[at].id_above != group->id + 1) at = (at + 1) & mask_;
  return at;
}

}  // namespace tocsin::correlate
