// Field names as a structured decoder meets them: in the order of the event before, so that the
// next name is mostly guessed and costs one comparison.
// Path:      key bytes -> FieldId, role (ingest/decode/json, audit, key_value, cef)
// Units:     names in bytes
// Threads:   one; owned by the decoder of one worker
// Errors:    none
// Tested by: tests/ingest/decode/name_cache_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "ingest/decode/body.hpp"
#include "ingest/decode/body_names.hpp"

namespace tocsin::ingest {

class NameCache {
 public:
  // What a name means to the decoder that owns the cache (0: nothing special). Asked once a name.
  using RoleOf = std::uint8_t (*)(std::string_view name);

  struct Entry {
    std::string_view name;        // as it is written, in the cache's own memory
    std::string_view given = {};  // the field's, by BodyNames; mostly the same
    std::uint64_t hash = 0;
    std::uint64_t stamp = 0;  // free for the owner: where the name was seen last
    std::uint32_t next = 0;   // the entry that followed this one last time
    event::FieldId id = event::FieldTable::unknown;
    std::uint8_t role = 0;
    bool escaped = false;   // BodyNames: its text was escaped twice
    bool is_plain = false;  // neither quote nor backslash in `name`: JSON writes it as it is
  };

  // `body_names`, if any, must outlive the cache.
  explicit NameCache(RoleOf role_of = nullptr, const BodyNames* body_names = nullptr);

  // Once before each event: binds the cache to the tables, and forgets everything when strangers
  // have filled it.
  void begin(const BodyContext& context);

  // The entry of `name`, made when it is new. Valid until the next look_up() or begin().
  Entry& look_up(std::string_view name) {
    const std::uint32_t guess = entries_[last_].next;
    if (is_same(entries_[guess].name, name)) [[likely]] {
      last_ = guess;
      return entries_[guess];
    }
    return search(name);
  }

  // The entry that followed last time, when its name is what stands at `text` before a quote;
  // nullptr otherwise. `room`: bytes that may be read at `text`.
  Entry* expect_quoted(const char* text, std::size_t room) {
    const std::uint32_t guess = entries_[last_].next;
    Entry& entry = entries_[guess];
    const std::size_t size = entry.name.size();
    if (!entry.is_plain || size >= room || text[size] != '"' || !is_same(entry.name, {text, size}))
      return nullptr;
    last_ = guess;
    return &entry;
  }

  // An entry again, by a number that stays valid until the next begin(); never 0.
  [[nodiscard]] Entry& at(std::uint32_t index) { return entries_[index]; }
  [[nodiscard]] std::uint32_t index_of(const Entry& entry) const {
    return static_cast<std::uint32_t>(&entry - entries_.data());
  }

  // The id of the entry's name in the batch at hand.
  event::FieldId id_of(Entry& entry, BodyContext& context) {
    if (entry.id.value < event::first_local_field) [[likely]] {
      return entry.id;
    }
    return local_id(entry, context);
  }

  [[nodiscard]] std::size_t size() const { return entries_.size() - 1; }

 private:
  // Names are short: no call, two loads of eight bytes for most.
  static bool is_same(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    const auto differ = [&](std::size_t at) {
      std::uint64_t x, y;
      std::memcpy(&x, a.data() + at, 8);
      std::memcpy(&y, b.data() + at, 8);
      return x ^ y;
    };
    std::size_t left = a.size();
    if (left < 8) return a == b;
    std::uint64_t seen = differ(left - 8);
    for (std::size_t at = 0; left > 8; at += 8, left -= 8) seen |= differ(at);
    return seen == 0;
  }

  Entry& search(std::string_view name);
  event::FieldId local_id(Entry& entry, BodyContext& context);
  void reset();
  void grow();

  RoleOf role_of_;
  const BodyNames* body_names_;
  const event::FieldTable* names_ = nullptr;
  std::size_t names_size_ = 0;
  std::vector<Entry> entries_;        // entries_[0] is the name before the first
  std::vector<std::uint32_t> slots_;  // a power of two; 0: free
  std::uint32_t last_ = 0;
  base::Arena text_;
  std::string scratch_;
};

}  // namespace tocsin::ingest
