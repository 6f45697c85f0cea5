#include "correlate/value_table.hpp"

#include <cstring>
#include <utility>

#include "base/hash.hpp"

namespace tocsin::correlate {

namespace {

constexpr std::size_t fewest_slots = 64;

std::uint32_t hash_of(std::string_view text) {
  return static_cast<std::uint32_t>(base::keyed_hash(text) >> 32U);
}

}  // namespace

ValueTable::~ValueTable() {
  for (std::uint32_t value = 0; value < rows_; ++value) {
    Row& each = row(value);
    if (each.uses != 0 && each.size > in_row) pool_.release(each.outside, each.size);
  }
}

std::uint32_t ValueTable::use(std::string_view text) {
  const std::uint32_t hash = hash_of(text);
  if (count_ != 0) {
    for (std::size_t at = hash & mask_; slots_[at].above != 0; at = (at + 1) & mask_) {
      if (slots_[at].hash != hash) continue;
      Row& found = row(slots_[at].above - 1);
      if (found.text() != text) continue;
      ++found.uses;
      return slots_[at].above - 1;
    }
  }
  return add(text, hash);
}

std::uint32_t ValueTable::add(std::string_view text, std::uint32_t hash) {
  std::uint32_t value = rows_;
  if (free_.empty()) {
    if (value % rows_a_block == 0) blocks_.push_back(std::make_unique<Row[]>(rows_a_block));
    ++rows_;
  } else {
    value = free_.back();
    free_.pop_back();
  }
  Row& to = row(value);
  to.size = static_cast<std::uint32_t>(text.size());
  to.uses = 1;
  to.hash = hash;
  if (to.size > in_row) to.outside = static_cast<char*>(pool_.allocate(text.size()));
  if (!text.empty()) {
    std::memcpy(to.size > in_row ? to.outside : to.inside.data(), text.data(), text.size());
  }
  if ((count_ + 1) * 2 > slots_.size()) grow_slots();
  put_slot(hash, value);
  ++count_;
  return value;
}

void ValueTable::put_slot(std::uint32_t hash, std::uint32_t value) {
  std::size_t at = hash & mask_;
  while (slots_[at].above != 0) at = (at + 1) & mask_;
  slots_[at] = {hash, value + 1};
}

void ValueTable::grow_slots() {
  const std::size_t size = slots_.empty() ? fewest_slots : slots_.size() * 2;
  const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(size));
  mask_ = size - 1;
  for (const Slot& slot : before) {
    if (slot.above != 0) put_slot(slot.hash, slot.above - 1);
  }
}

void ValueTable::forget(std::uint32_t value) {
  Row& last = row(value);
  if (last.size > in_row) pool_.release(last.outside, last.size);
  std::size_t hole = last.hash & mask_;
  while (slots_[hole].above != value + 1) hole = (hole + 1) & mask_;
  // Those behind move up, so that a search meets no gap before what it looks for.
  for (std::size_t at = (hole + 1) & mask_; slots_[at].above != 0; at = (at + 1) & mask_) {
    const std::size_t home = slots_[at].hash & mask_;
    if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = {};
  free_.push_back(value);
  --count_;
}

}  // namespace tocsin::correlate
