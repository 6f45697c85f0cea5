#include "rules/field_index.hpp"

#include <algorithm>
#include <cstring>

#include "base/hash.hpp"
#include "rules/folding.hpp"

namespace tocsin::rules {

namespace {

char fold_ascii(char c) {
  return static_cast<char>(c | (static_cast<unsigned char>(c - 'A') < 26 ? 0x20 : 0));
}

constexpr std::size_t head_size = 8;

// Shorter texts count as if zeros followed: in the order of such numbers none stands behind a text
// that it stands before.
std::uint64_t head_of(std::string_view text) {
  std::uint64_t head = 0;
  if (text.size() >= head_size) {
    std::memcpy(&head, text.data(), head_size);
    return __builtin_bswap64(head);
  }
  for (std::size_t i = 0; i < text.size(); ++i)
    head |= std::uint64_t{static_cast<unsigned char>(text[i])} << (56 - 8 * i);
  return head;
}

constexpr std::uint64_t each(unsigned char byte) { return 0x0101010101010101U * byte; }

// Eight ASCII letters in small.
std::uint64_t fold_word(std::uint64_t word) {
  // The highest bit of a byte says whether it is from A on, and whether it is behind Z.
  const std::uint64_t from_a = word + each(0x80 - 'A');
  const std::uint64_t behind_z = word + each(0x7F - 'Z');
  return word | ((from_a & ~behind_z & each(0x80)) >> 2U);
}

bool by_key(const IndexEntry& a, const IndexEntry& b) {
  return a.key != b.key ? a.key < b.key : a.predicate < b.predicate;
}

}  // namespace

void ExactIndex::build(std::vector<IndexEntry> entries) {
  entries_ = std::move(entries);
  std::ranges::sort(entries_, by_key);
  std::size_t slots = 4;
  while (slots < entries_.size() * 2) slots *= 2;
  table_.assign(slots, 0);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const std::string& key = entries_[i].key;
    longest_ = std::max(longest_, key.size());
    if (key.empty()) {
      has_empty_ = true;
    } else {
      lengths_[static_cast<unsigned char>(key[0]) % first_bytes] |=
          std::uint64_t{1} << std::min<std::size_t>(key.size(), 63);
    }
    if (i > 0 && entries_[i - 1].key == key) continue;
    std::size_t slot = base::keyed_hash(key) & (slots - 1);
    while (table_[slot] != 0) slot = (slot + 1) & (slots - 1);
    table_[slot] = i + 1;
  }
}

bool ExactIndex::may_be(std::string_view raw) const {
  if (raw.empty()) return has_empty_;
  // Folding keeps a third of the bytes at least (the Kelvin sign has three), and all where they are
  // ASCII.
  if (raw.size() / 3 > longest_) return false;
  return has_length(raw) || !is_ascii(raw);
}

std::uint32_t ExactIndex::find(std::string_view folded) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t slot = base::keyed_hash(folded) & mask; table_[slot] != 0;
       slot = (slot + 1) & mask) {
    if (entries_[table_[slot] - 1].key == folded) return table_[slot] - 1;
  }
  return static_cast<std::uint32_t>(entries_.size());
}

void PrefixIndex::build(std::vector<IndexEntry> entries) {
  entries_ = std::move(entries);
  for (IndexEntry& entry : entries_) {
    if (backwards_) std::ranges::reverse(entry.key);
    longest_key_ = std::max(longest_key_, entry.key.size());
  }
  std::ranges::sort(entries_, by_key);
  parent_.assign(entries_.size(), none);
  heads_.clear();
  for (const IndexEntry& entry : entries_) heads_.push_back(head_of(entry.key));
  // In sorted order the keys that one begins with stand before it, the longest of them last on the
  // chain of its predecessor. Equal keys hang on each other.
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(entries_[i].key[0]);
    edge_.set(byte);
    if (byte >= 'a' && byte <= 'z') edge_.set(byte - 32U);
    std::uint32_t candidate = i == 0 ? none : i - 1;
    while (candidate != none && !entries_[i].key.starts_with(entries_[candidate].key))
      candidate = parent_[candidate];
    parent_[i] = candidate;
  }
}

std::uint32_t PrefixIndex::longest(std::string_view text) const {
  // Heads stand in the order of their keys; only among keys of one head whole texts are compared.
  const std::uint64_t head = head_of(text);
  const auto first = std::ranges::lower_bound(heads_, head);
  auto after = first - heads_.begin();
  if (first != heads_.end() && *first == head) {
    const auto last = std::upper_bound(first, heads_.end(), head);
    after = std::upper_bound(
                entries_.begin() + after, entries_.begin() + (last - heads_.begin()), text,
                [](std::string_view value, const IndexEntry& entry) { return value < entry.key; }) -
            entries_.begin();
  }
  std::uint32_t candidate = after == 0 ? none : static_cast<std::uint32_t>(after - 1);
  while (candidate != none) {
    const std::string& key = entries_[candidate].key;
    const bool may_be = key.size() < head_size || heads_[candidate] == head;
    if (may_be && text.starts_with(key)) break;
    candidate = parent_[candidate];
  }
  return candidate;
}

std::optional<std::uint32_t> PrefixIndex::longest_by_head(std::string_view raw) const {
  if (raw.size() < head_size) return std::nullopt;
  std::uint64_t word = 0;
  std::memcpy(&word, backwards_ ? raw.data() + raw.size() - head_size : raw.data(), head_size);
  if ((word & each(0x80)) != 0) return std::nullopt;
  const std::uint64_t head = fold_word(backwards_ ? word : __builtin_bswap64(word));
  const auto after = std::ranges::lower_bound(heads_, head);
  if (after != heads_.end() && *after == head) return std::nullopt;
  std::uint32_t candidate =
      after == heads_.begin() ? none : static_cast<std::uint32_t>(after - heads_.begin() - 1);
  // Longer keys have another head; of a shorter one all bytes are the first of the head.
  const auto differs = [&](std::uint32_t entry) {
    const std::size_t size = entries_[entry].key.size();
    return size >= head_size || (heads_[entry] ^ head) >> (64 - 8 * size) != 0;
  };
  while (candidate != none && differs(candidate)) candidate = parent_[candidate];
  return candidate;
}

bool PrefixIndex::edge_of(std::string_view raw, char* out, std::size_t& size) const {
  size = std::min(raw.size(), longest_key_);
  unsigned char seen = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const char c = backwards_ ? raw[raw.size() - 1 - i] : raw[i];
    seen |= static_cast<unsigned char>(c);
    out[i] = fold_ascii(c);
  }
  return seen < 0x80;
}

void NumberIndex::add(const Predicate& predicate, std::uint32_t index) {
  Kind kind = equal;
  if (predicate.test == Test::comparison) {
    switch (predicate.comparison) {
      case Comparison::lt:
        kind = lt;
        break;
      case Comparison::lte:
        kind = lte;
        break;
      case Comparison::gt:
        kind = gt;
        break;
      case Comparison::gte:
        kind = gte;
        break;
    }
  }
  sorted_[kind].push_back({predicate.number, index});
  rows_.push_back(index);
}

void NumberIndex::build() {
  for (std::vector<Row>& rows : sorted_) {
    std::ranges::sort(rows, [](const Row& a, const Row& b) {
      const int order = compare(a.number, b.number);
      return order != 0 ? order < 0 : a.predicate < b.predicate;
    });
  }
}

void NetworkIndex::add(const Network& network, std::uint32_t predicate) {
  rows_.push_back({network, predicate});
}

void NetworkIndex::build() {
  std::ranges::sort(rows_, [](const Row& a, const Row& b) {
    return a.network != b.network ? a.network < b.network : a.predicate < b.predicate;
  });
  for (const Row& row : rows_) lengths_.emplace_back(row.network.address.v6, row.network.bits);
  std::ranges::sort(lengths_);
  const auto [first, last] = std::ranges::unique(lengths_);
  lengths_.erase(first, last);
}

}  // namespace tocsin::rules
