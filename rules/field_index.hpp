// Look-ups of one field: from a value to all exact, prefix, suffix, number and network predicates
// that it satisfies, at a cost that hardly depends on how many there are.
// Path:      Program (build), Matcher (look-ups)
// Threads:   immutable once built, safe
// Errors:    none
// Source:    DESIGN section 6
// Tested by: tests/rules/field_index_test.cpp
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/network.hpp"
#include "rules/predicate.hpp"

namespace tocsin::rules {

// A key of a look-up and the predicate behind it.
struct IndexEntry {
  std::string key;  // folded
  std::uint32_t predicate = 0;
  bool verify = false;  // the key is only a part of what the predicate asks
};

// Whole values, by hash.
class ExactIndex {
 public:
  void build(std::vector<IndexEntry> entries);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  // Quick refusal by the length and the first byte of the raw value.
  [[nodiscard]] bool may_be(std::string_view raw) const;
  template <typename Hit>
  void look_up(std::string_view folded, Hit&& hit) const;

 private:
  [[nodiscard]] std::uint32_t find(std::string_view folded) const;

  std::vector<IndexEntry> entries_;   // sorted by key
  std::vector<std::uint32_t> table_;  // index of the first entry of a key + 1, open addressing
  // By the last bits of the first byte (alike in both cases of a letter): bit min(length, 63).
  static constexpr std::size_t first_bytes = 32;
  std::array<std::uint64_t, first_bytes> lengths_{};
  std::size_t longest_ = 0;
  bool has_empty_ = false;

  [[nodiscard]] bool has_length(std::string_view text) const {
    const std::uint64_t lengths = lengths_[static_cast<unsigned char>(text[0]) % first_bytes];
    return (lengths >> (text.size() < 63 ? text.size() : 63) & 1U) != 0;
  }
};

// Prefixes, in sorted order: the longest one that a value has is found by bisection, the shorter
// ones hang on it. Suffixes are prefixes of what is read backwards.
class PrefixIndex {
 public:
  explicit PrefixIndex(bool backwards) : backwards_(backwards) {}
  void build(std::vector<IndexEntry> entries);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  // Quick refusal by the first (last) byte of the raw value.
  [[nodiscard]] bool may_fit(std::string_view raw) const {
    if (raw.empty()) return false;
    const auto byte = static_cast<unsigned char>(backwards_ ? raw.back() : raw.front());
    return byte >= 0x80 || edge_[byte];
  }
  // `fold` gives the whole folded value; it is called only when its edge is not ASCII.
  template <typename Fold, typename Hit>
  void look_up(std::string_view raw, Fold&& fold, Hit&& hit) const;

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  static constexpr std::size_t most_on_stack = 256;

  // The entry with the longest key that `text` begins with.
  [[nodiscard]] std::uint32_t longest(std::string_view text) const;
  // The same of a raw value by its first eight bytes alone (its last, backwards): nothing where
  // they do not decide, since some key begins with them or they are not all ASCII.
  [[nodiscard]] std::optional<std::uint32_t> longest_by_head(std::string_view raw) const;
  // Writes the first `longest_key_` bytes of the value, folded and in reading order, to `out`;
  // false when one of them is not ASCII.
  bool edge_of(std::string_view raw, char* out, std::size_t& size) const;

  bool backwards_;
  std::vector<IndexEntry> entries_;  // sorted by key (reversed where backwards)
  std::vector<std::uint64_t>
      heads_;  // the first eight bytes of each key as a number, first highest
  std::vector<std::uint32_t> parent_;  // the longest other key that this one begins with
  std::size_t longest_key_ = 0;
  std::bitset<256> edge_;
};

// Numbers: equal ones and bounds, by bisection.
class NumberIndex {
 public:
  void add(const Predicate& predicate, std::uint32_t index);
  void build();
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  template <typename Hit>
  void look_up(std::string_view raw, Hit&& hit) const;

 private:
  struct Row {
    Number number;
    std::uint32_t predicate = 0;
  };
  // Rows with a number below, equal to, above the value.
  enum Kind : std::uint8_t { equal, lt, lte, gt, gte, kinds };
  std::array<std::vector<Row>, kinds> sorted_;
  std::vector<std::uint32_t> rows_;
};

// Networks: one look-up for each prefix length that occurs.
class NetworkIndex {
 public:
  void add(const Network& network, std::uint32_t predicate);
  void build();
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  template <typename Hit>
  void look_up(std::string_view raw, Hit&& hit) const;

 private:
  struct Row {
    Network network;
    std::uint32_t predicate = 0;
  };
  std::vector<Row> rows_;                           // sorted by network
  std::vector<std::pair<bool, unsigned>> lengths_;  // (v6, bits), each once
};

// ---- templates

template <typename Hit>
void ExactIndex::look_up(std::string_view folded, Hit&& hit) const {
  if (folded.empty() ? !has_empty_ : !has_length(folded)) return;
  for (std::uint32_t i = find(folded); i < entries_.size() && entries_[i].key == folded; ++i)
    hit(entries_[i].predicate, entries_[i].verify);
}

template <typename Fold, typename Hit>
void PrefixIndex::look_up(std::string_view raw, Fold&& fold, Hit&& hit) const {
  if (const auto found = longest_by_head(raw)) {
    for (std::uint32_t i = *found; i != none; i = parent_[i])
      hit(entries_[i].predicate, entries_[i].verify);
    return;
  }
  std::array<char, most_on_stack> buffer;
  std::size_t size = 0;
  std::string spill;
  std::string_view text;
  if (longest_key_ <= buffer.size() && edge_of(raw, buffer.data(), size)) {
    text = {buffer.data(), size};
  } else if (backwards_) {
    const std::string_view value = fold();
    spill.assign(value.rbegin(), value.rend());
    text = spill;
  } else {
    text = fold();
  }
  for (std::uint32_t i = longest(text); i != none; i = parent_[i])
    hit(entries_[i].predicate, entries_[i].verify);
}

template <typename Hit>
void NumberIndex::look_up(std::string_view raw, Hit&& hit) const {
  const auto number = parse_event_number(raw);
  if (!number) return;
  const auto bisect = [&](Kind kind, int least) {
    // The first row whose number stands at `least` or higher against the value.
    const std::vector<Row>& rows = sorted_[kind];
    std::size_t low = 0, high = rows.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (compare(rows[middle].number, *number) < least) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  const auto report = [&](Kind kind, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) hit(sorted_[kind][i].predicate, false);
  };
  report(equal, bisect(equal, 0), bisect(equal, 1));
  report(lt, bisect(lt, 1), sorted_[lt].size());     // value < bound
  report(lte, bisect(lte, 0), sorted_[lte].size());  // value <= bound
  report(gt, 0, bisect(gt, 0));                      // bound < value
  report(gte, 0, bisect(gte, 1));                    // bound <= value
}

template <typename Hit>
void NetworkIndex::look_up(std::string_view raw, Hit&& hit) const {
  const auto address = parse_address(raw);
  if (!address) return;
  for (const auto& [v6, bits] : lengths_) {
    if (v6 != address->v6) continue;
    const Network wanted{masked(*address, bits), bits};
    std::size_t low = 0, high = rows_.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (rows_[middle].network < wanted) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    for (; low < rows_.size() && rows_[low].network == wanted; ++low)
      hit(rows_[low].predicate, false);
  }
}

}  // namespace tocsin::rules
