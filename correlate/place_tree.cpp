#include "correlate/place_tree.hpp"

#include <algorithm>
#include <new>
#include <type_traits>

namespace tocsin::correlate {

static_assert(sizeof(PlaceTree::Item) == 32);

template <typename T>
PlaceTree::Child PlaceTree::make(std::uint32_t level) {
  static_assert(sizeof(T) <= Pool::largest);
  Child child;
  child.node = new (pool_.allocate(sizeof(T))) T;
  child.node->level = level;
  return child;
}

void PlaceTree::free(const Child& child) {
  pool_.release(child.node, child.node->level == 0 ? sizeof(Leaf) : sizeof(Inner));
}

void PlaceTree::clear() {
  std::vector<Child> left;
  if (root_.node != nullptr) left.push_back(root_);
  while (!left.empty()) {
    const Child child = left.back();
    left.pop_back();
    if (child.node->level != 0)
      left.insert(left.end(), inner(child).at, inner(child).at + child.node->size);
    free(child);
  }
  root_ = Child{};
}

// Hands what is owed one level down.
void PlaceTree::pay(Child& child) {
  if (child.owed == 0) return;
  for (std::uint32_t i = 0; i < child.node->size; ++i) {
    if (child.node->level == 0) {
      leaf(child).at[i].quantity += child.owed;
    } else {
      Child& below = inner(child).at[i];
      below.owed += child.owed;
      if (below.most != none) below.most += child.owed;
    }
  }
  child.owed = 0;
}

// From the rows of a node that owes nothing.
void PlaceTree::sum_up(Child& child) {
  child.totals = {};
  child.bits = 0;
  child.most = none;
  const std::uint32_t size = child.node->size;
  if (child.node->level == 0) {
    const Item* items = leaf(child).at;
    child.first = items[0].entry.place();
    child.last = items[size - 1].entry.place();
    child.totals.count = size;
    for (std::uint32_t i = 0; i < size; ++i) {
      child.totals.worth += items[i].worth;
      child.bits |= items[i].worth;
      if (!items[i].entry.is_true()) child.most = std::max(child.most, items[i].quantity);
    }
    return;
  }
  const Child* below = inner(child).at;
  child.first = below[0].first;
  child.last = below[size - 1].last;
  for (std::uint32_t i = 0; i < size; ++i) {
    child.totals.count += below[i].totals.count;
    child.totals.worth += below[i].totals.worth;
    child.bits |= below[i].bits;
    child.most = std::max(child.most, below[i].most);
  }
}

// Puts a row into a node, which a full one shares with a new one: that is returned. What comes at
// either end of the whole window leaves the full node as it is.
template <typename T, typename Row>
PlaceTree::Child PlaceTree::put(Child& into, std::uint32_t at, const Row& row, bool at_end,
                                bool at_start) {
  constexpr auto capacity = static_cast<std::uint32_t>(std::extent_v<decltype(T::at)>);
  Child more;
  T* target = static_cast<T*>(into.node);
  if (target->size == capacity) {
    more = make<T>(target->level);
    T* right = static_cast<T*>(more.node);
    const std::uint32_t keep = at_end ? capacity : at_start ? 0 : capacity / 2;
    std::copy(target->at + keep, target->at + capacity, right->at);
    right->size = capacity - keep;
    target->size = keep;
    if (at > keep || (at == keep && at_end)) {
      target = right;
      at -= keep;
    }
  }
  std::copy_backward(target->at + at, target->at + target->size, target->at + target->size + 1);
  target->at[at] = row;
  ++target->size;
  steps_ += target->size;
  sum_up(into);
  if (more.node != nullptr) sum_up(more);
  return more;
}

PlaceTree::Child PlaceTree::insert_leaf(Child& into, const Item& item) {
  const Item* items = leaf(into).at;
  const std::uint32_t size = into.node->size;
  const Place place = item.entry.place();
  std::uint32_t at = size;
  while (at > 0 && items[at - 1].entry.place() > place) --at;
  return put<Leaf>(into, at, item, place >= root_.last, place < root_.first);
}

PlaceTree::Child PlaceTree::insert(Child& into, const Item& item) {
  pay(into);
  if (into.node->level == 0) return insert_leaf(into, item);
  const Place place = item.entry.place();
  Inner& node = inner(into);
  std::uint32_t at = node.size - 1;
  while (at > 0 && node.at[at].first > place) --at;
  steps_ += node.size;
  const Child more = insert(node.at[at], item);
  if (more.node != nullptr) return put<Inner>(into, at + 1, more, place >= root_.last, false);
  sum_up(into);
  return {};
}

void PlaceTree::insert(const Item& item) {
  if (root_.node == nullptr) root_ = make<Leaf>(0);
  const Child more = insert(root_, item);
  if (more.node == nullptr) return;
  Child top = make<Inner>(root_.node->level + 1);
  inner(top).at[0] = root_;
  inner(top).at[1] = more;
  top.node->size = 2;
  sum_up(top);
  root_ = top;
}

PlaceTree::Item PlaceTree::front() {
  Child* child = &root_;
  for (pay(*child); child->node->level != 0; pay(*child)) child = &inner(*child).at[0];
  return leaf(*child).at[0];
}

// Leaves an empty node to its parent, which drops it.
void PlaceTree::pop_front(Child& from) {
  pay(from);
  steps_ += from.node->size;
  if (from.node->level == 0) {
    Item* items = leaf(from).at;
    std::copy(items + 1, items + from.node->size, items);
    --from.node->size;
  } else {
    Inner& node = inner(from);
    pop_front(node.at[0]);
    if (node.at[0].node->size == 0) {
      free(node.at[0]);
      std::copy(node.at + 1, node.at + node.size, node.at);
      --node.size;
    }
  }
  if (from.node->size != 0) sum_up(from);
}

void PlaceTree::pop_front() {
  pop_front(root_);
  if (root_.node->size == 0) {
    clear();
    return;
  }
  while (root_.node->level != 0 && root_.node->size == 1) {
    pay(root_);
    const Child only = inner(root_).at[0];
    free(root_);
    root_ = only;
  }
}

PlaceTree::Totals PlaceTree::before(Place place) const {
  Totals sum;
  const Child* child = &root_;
  while (child->node != nullptr && child->first < place) {
    if (child->last < place) {
      sum.count += child->totals.count;
      sum.worth += child->totals.worth;
      return sum;
    }
    steps_ += child->node->size;
    if (child->node->level == 0) {
      for (const Item* item = leaf(*child).at; item->entry.place() < place; ++item) {
        ++sum.count;
        sum.worth += item->worth;
      }
      return sum;
    }
    const Child* next = inner(*child).at;
    for (; next->last < place; ++next) {
      sum.count += next->totals.count;
      sum.worth += next->totals.worth;
    }
    child = next;
  }
  return sum;
}

Place PlaceTree::nth(std::uint64_t rank) const {
  const Child* child = &root_;
  while (child->node->level != 0) {
    steps_ += child->node->size;
    child = inner(*child).at;
    for (; rank >= child->totals.count; ++child) rank -= child->totals.count;
  }
  return leaf(*child).at[rank].entry.place();
}

bool PlaceTree::newest(const Child& in, Place place, std::uint64_t bits, std::int64_t owed,
                       Item& out) const {
  owed += in.owed;
  for (std::uint32_t i = in.node->size; i-- > 0;) {
    ++steps_;
    if (in.node->level == 0) {
      const Item& item = leaf(in).at[i];
      if (item.entry.place() >= place || (bits != any && (item.worth & bits) == 0)) continue;
      out = item;
      out.quantity += owed;
      return true;
    }
    const Child& child = inner(in).at[i];
    if (child.first >= place || (bits != any && (child.bits & bits) == 0)) continue;
    if (newest(child, place, bits, owed, out)) return true;
  }
  return false;
}

bool PlaceTree::oldest(const Child& in, Place place, std::uint64_t bits, std::int64_t owed,
                       Item& out) const {
  owed += in.owed;
  for (std::uint32_t i = 0; i < in.node->size; ++i) {
    ++steps_;
    if (in.node->level == 0) {
      const Item& item = leaf(in).at[i];
      if (item.entry.place() < place || (bits != any && (item.worth & bits) == 0)) continue;
      out = item;
      out.quantity += owed;
      return true;
    }
    const Child& child = inner(in).at[i];
    if (child.last < place || (bits != any && (child.bits & bits) == 0)) continue;
    if (oldest(child, place, bits, owed, out)) return true;
  }
  return false;
}

std::optional<PlaceTree::Item> PlaceTree::newest_before(Place place, std::uint64_t bits) const {
  Item item;
  if (root_.node == nullptr || !newest(root_, place, bits, 0, item)) return std::nullopt;
  return item;
}

std::optional<PlaceTree::Item> PlaceTree::oldest_from(Place place, std::uint64_t bits) const {
  Item item;
  if (root_.node == nullptr || !oldest(root_, place, bits, 0, item)) return std::nullopt;
  return item;
}

void PlaceTree::add_bits(Child& to, Place place, std::uint64_t bits) {
  to.bits |= bits;
  steps_ += to.node->size;
  for (std::uint32_t i = 0; i < to.node->size; ++i) {
    if (to.node->level == 0) {
      if (leaf(to).at[i].entry.place() == place) leaf(to).at[i].worth |= bits;
    } else {
      Child& below = inner(to).at[i];
      if (below.first <= place && place <= below.last) add_bits(below, place, bits);
    }
  }
}

void PlaceTree::add_bits(Place place, std::uint64_t bits) { add_bits(root_, place, bits); }

void PlaceTree::add(Child& to, Place low, Place high, std::int64_t amount, std::int64_t goal,
                    std::vector<Place>& turned) {
  ++steps_;
  if (to.last < low || to.first >= high) return;
  const bool turns = to.most != none && to.most + amount >= goal;
  if (!turns && low <= to.first && to.last < high) {
    to.owed += amount;
    if (to.most != none) to.most += amount;
    return;
  }
  pay(to);
  if (to.node->level != 0) {
    Child* below = inner(to).at;
    for (std::uint32_t i = 0; i < to.node->size; ++i)
      add(below[i], low, high, amount, goal, turned);
  } else {
    for (Item* item = leaf(to).at; item != leaf(to).at + to.node->size; ++item) {
      ++steps_;
      const Place place = item->entry.place();
      if (place < low || place >= high) continue;
      item->quantity += amount;
      if (item->entry.is_true() || item->quantity < goal) continue;
      item->entry.set_true();
      if (turned.empty() || turned.back() != place) turned.push_back(place);
    }
  }
  sum_up(to);
}

void PlaceTree::add(Place low, Place high, std::int64_t amount, std::int64_t goal,
                    std::vector<Place>& turned) {
  if (root_.node != nullptr && low < high) add(root_, low, high, amount, goal, turned);
}

}  // namespace tocsin::correlate
