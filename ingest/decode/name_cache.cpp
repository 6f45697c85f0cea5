#include "ingest/decode/name_cache.hpp"

#include "base/hash.hpp"

namespace tocsin::ingest {

namespace {

// Far more names than any honest set of sources has; beyond it the cache starts anew.
constexpr std::size_t max_entries = 8192;

}  // namespace

NameCache::NameCache(RoleOf role_of, const BodyNames* body_names)
    : role_of_(role_of), body_names_(body_names), slots_(1024) {
  reset();
}

void NameCache::reset() {
  entries_.clear();
  // The root's name is no field's name, so that a wrong guess of 0 is never a hit.
  static constexpr char no_name[] = "\0no name";
  entries_.push_back({.name = std::string_view(no_name, sizeof(no_name) - 1)});
  slots_.assign(slots_.size(), 0);
  text_.clear();
  last_ = 0;
}

void NameCache::begin(const BodyContext& context) {
  if (names_ != &context.names || names_size_ != context.names.size() ||
      entries_.size() > max_entries) {
    names_ = &context.names;
    names_size_ = context.names.size();
    reset();
  }
  last_ = 0;
}

NameCache::Entry& NameCache::search(std::string_view name) {
  const std::uint64_t hash = base::keyed_hash(name);
  if (entries_.size() * 2 >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    Entry& entry = entries_[slots_[at]];
    if (entry.hash != hash || entry.name != name) continue;
    entries_[last_].next = slots_[at];
    last_ = slots_[at];
    return entry;
  }
  const auto index = static_cast<std::uint32_t>(entries_.size());
  slots_[at] = index;
  Entry made{.name = text_.copy(name), .hash = hash};
  made.given = made.name;
  if (body_names_ != nullptr) {
    const BodyNames::Given given = body_names_->given(made.name, scratch_);
    if (given.name != made.name) made.given = text_.copy(given.name);
    made.escaped = given.escaped;
  }
  made.id = names_->find(made.given);
  made.role = role_of_ == nullptr ? std::uint8_t{0} : role_of_(name);
  made.is_plain = name.find_first_of("\"\\") == std::string_view::npos;
  entries_.push_back(made);
  entries_[last_].next = index;
  last_ = index;
  return entries_[index];
}

event::FieldId NameCache::local_id(Entry& entry, BodyContext& context) {
  // An id of an earlier batch may stand for another name in this one: the batch's list decides.
  const std::size_t place = entry.id.value - event::first_local_field;
  if (place < context.batch.local_names.size() && context.batch.local_names[place] == entry.given) {
    return entry.id;
  }
  const event::FieldId id = context.locals.intern(context.batch, entry.given);
  entry.id = id;
  return id;
}

void NameCache::grow() {
  slots_.assign(slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t i = 1; i < entries_.size(); ++i) {
    std::size_t at = entries_[i].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = i;
  }
}

}  // namespace tocsin::ingest
