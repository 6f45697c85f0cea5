// Entries of one long window in event order, with sums over any stretch of them: a B+ tree in which
// no step depends on how many entries stand behind.
// Units:     ns; n = entries; a stretch is [low, high) by place
// Threads:   one
// Errors:    none; memory that runs out ends the process, as in pool.hpp
// Tested by: tests/correlate/place_tree_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "correlate/place.hpp"
#include "correlate/pool.hpp"
#include "correlate/window.hpp"

namespace tocsin::correlate {

class PlaceTree {
 public:
  struct Item {
    Entry entry;
    std::uint64_t worth = 0;
    std::int64_t quantity = 0;  // what the window of this entry holds, as add() kept it
  };
  struct Totals {
    std::uint64_t count = 0;
    std::uint64_t worth = 0;
  };

  // The pool outlives the tree.
  explicit PlaceTree(Pool& pool) : pool_(pool) {}
  ~PlaceTree() { clear(); }
  PlaceTree(const PlaceTree&) = delete;
  PlaceTree& operator=(const PlaceTree&) = delete;

  [[nodiscard]] std::size_t size() const { return root_.totals.count; }
  // Entries and children looked at since the start: the cost, free of clocks.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  // Behind all entries of the same place. O(log n).
  void insert(const Item& item);
  // Of a tree that is not empty. The oldest leaves; O(log n).
  [[nodiscard]] Item front();
  void pop_front();
  [[nodiscard]] Place first() const { return root_.first; }
  [[nodiscard]] Place last() const { return root_.last; }

  // How many entries stand before `place`, and what they are worth together. O(log n).
  [[nodiscard]] Totals before(Place place) const;
  [[nodiscard]] Totals between(Place low, Place high) const {
    if (high <= low) return {};
    const Totals below = before(low), all = before(high);
    return {all.count - below.count, all.worth - below.worth};
  }
  // The place of the entry before which `rank` others stand. O(log n).
  [[nodiscard]] Place nth(std::uint64_t rank) const;
  // The newest entry before `place` that has one of these bits in its worth; the oldest from
  // `place` on. O(log n).
  [[nodiscard]] std::optional<Item> newest_before(Place place, std::uint64_t bits = any) const;
  [[nodiscard]] std::optional<Item> oldest_from(Place place, std::uint64_t bits = any) const;
  // Sets these bits in the worth of the entry at `place`, which is there once.
  void add_bits(Place place, std::uint64_t bits);

  // Gives the entries of [low, high) in order to `visit(const Item&)`, which changes nothing.
  template <typename Visit>
  void visit(Place low, Place high, const Visit& visit) const {
    if (root_.node != nullptr) this->visit(root_, low, high, 0, visit);
  }

  // Adds to the quantities of a stretch. Entries that were not true and reach `goal` become true;
  // their places go to `turned`, in order, each place once. O(log n + log n for each that turns).
  void add(Place low, Place high, std::int64_t amount, std::int64_t goal,
           std::vector<Place>& turned);
  // All of a stretch becomes true.
  void set_true(Place low, Place high, std::vector<Place>& turned) {
    add(low, high, 0, std::numeric_limits<std::int64_t>::min(), turned);
  }

  static constexpr std::uint64_t any = ~std::uint64_t{0};

 private:
  // Both kinds of node fill a piece of the pool's largest size: 8 + 31 * 32, 8 + 12 * 80.
  static constexpr std::uint32_t leaf_items = 31;
  static constexpr std::uint32_t children = 12;
  static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::min();

  struct Node {
    std::uint32_t size = 0;
    std::uint32_t level = 0;  // 0: a leaf
  };
  // What is known of a node, kept by its parent.
  struct Child {
    Node* node = nullptr;
    Place first;
    Place last;
    Totals totals;
    std::uint64_t bits = 0;    // of all worths
    std::int64_t most = none;  // the highest quantity of an entry that is not true
    std::int64_t owed = 0;     // to the quantities of all entries below
  };
  struct Leaf : Node {
    Item at[leaf_items];
  };
  struct Inner : Node {
    Child at[children];
  };
  static Leaf& leaf(const Child& child) { return *static_cast<Leaf*>(child.node); }
  static Inner& inner(const Child& child) { return *static_cast<Inner*>(child.node); }

  template <typename T>
  Child make(std::uint32_t level);
  void free(const Child& child);
  void clear();
  static void pay(Child& child);
  static void sum_up(Child& child);
  Child insert(Child& into, const Item& item);
  Child insert_leaf(Child& into, const Item& item);
  template <typename T, typename Row>
  Child put(Child& into, std::uint32_t at, const Row& row, bool at_end, bool at_start);
  void pop_front(Child& from);
  void add(Child& to, Place low, Place high, std::int64_t amount, std::int64_t goal,
           std::vector<Place>& turned);
  void add_bits(Child& to, Place place, std::uint64_t bits);
  bool newest(const Child& in, Place place, std::uint64_t bits, std::int64_t owed, Item& out) const;
  bool oldest(const Child& in, Place place, std::uint64_t bits, std::int64_t owed, Item& out) const;

  template <typename Visit>
  void visit(const Child& in, Place low, Place high, std::int64_t owed, const Visit& visit) const {
    ++steps_;
    if (in.last < low || in.first >= high) return;
    owed += in.owed;
    for (std::uint32_t i = 0; i < in.node->size; ++i) {
      if (in.node->level != 0) {
        this->visit(inner(in).at[i], low, high, owed, visit);
        continue;
      }
      ++steps_;
      Item item = leaf(in).at[i];
      if (item.entry.place() < low || item.entry.place() >= high) continue;
      item.quantity += owed;
      visit(item);
    }
  }

  Pool& pool_;
  Child root_;
  mutable std::uint64_t steps_ = 0;
};

}  // namespace tocsin::correlate
