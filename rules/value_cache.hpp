// Remembers which dear predicates (text inside a value, regular expressions) a short value meets.
// Units:     entries; about 2 MiB when full
// Threads:   one
// Errors:    none; what does not fit is not remembered. Keys compare byte for byte, so that no
//            stranger's choice of values can change an answer
// Source:    DESIGN section 6: values repeat
// Tested by: tests/rules/value_cache_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "base/hash.hpp"

namespace tocsin::rules {

class ValueCache {
 public:
  static constexpr std::size_t longest_value = 64;
  static constexpr std::size_t most_hits = 10;
  static constexpr std::size_t entries = 16'384;

  // The predicates that `value` meets in that place (program and slot), nullptr when not known.
  // Valid until the next store.
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t place = 0xFFFFFFFF;
    std::uint8_t size = 0;
    std::uint8_t count = 0;
    std::array<std::uint32_t, most_hits> hits{};
    std::array<char, longest_value> value{};
  };

  [[nodiscard]] const Entry* find(std::uint32_t place, std::string_view value) const {
    if (value.size() > longest_value || !table_) return nullptr;
    const std::uint64_t hash = base::keyed_hash(value, base::table_seed + place);
    const Entry& entry = table_[hash % entries];
    const bool same = entry.hash == hash && entry.place == place && entry.size == value.size() &&
                      std::memcmp(entry.value.data(), value.data(), value.size()) == 0;
    return same ? &entry : nullptr;
  }

  void store(std::uint32_t place, std::string_view value, std::span<const std::uint32_t> hits) {
    if (value.size() > longest_value || hits.size() > most_hits) return;
    if (!table_) table_ = std::make_unique<Entry[]>(entries);
    const std::uint64_t hash = base::keyed_hash(value, base::table_seed + place);
    Entry& entry = table_[hash % entries];
    entry.hash = hash;
    entry.place = place;
    entry.size = static_cast<std::uint8_t>(value.size());
    entry.count = static_cast<std::uint8_t>(hits.size());
    std::copy(hits.begin(), hits.end(), entry.hits.begin());
    if (!value.empty()) std::memcpy(entry.value.data(), value.data(), value.size());
  }

 private:
  std::unique_ptr<Entry[]> table_;  // made at the first store
};

}  // namespace tocsin::rules
