#include "ingest/decode/body.hpp"

#include "base/hash.hpp"

namespace tocsin::ingest {

void LocalNames::forget() {
  used_ = 0;
  if (++generation_ == 0) {
    slots_.assign(slots_.size(), Slot{});
    generation_ = 1;
  }
}

event::FieldId LocalNames::intern(event::Batch& batch, std::string_view name) {
  if (used_ * 2 >= slots_.size()) grow();
  const std::uint64_t hash = base::keyed_hash(name);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at].generation == generation_; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash && batch.local_names[slot.id.value - event::first_local_field] == name) {
      return slot.id;
    }
  }
  const std::size_t next = event::first_local_field + batch.local_names.size();
  if (next >= event::FieldTable::unknown.value) return event::FieldTable::unknown;
  const event::FieldId id{static_cast<std::uint16_t>(next)};
  batch.local_names.push_back(batch.arena.copy(name));
  slots_[at] = {hash, generation_, id};
  ++used_;
  return id;
}

void LocalNames::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.generation != generation_) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].generation == generation_) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

}  // namespace tocsin::ingest
