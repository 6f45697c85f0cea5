#include "correlate/place_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace tocsin::correlate {
namespace {

Place at(std::int64_t time, std::uint64_t seq = 1) { return {time, seq << 12U}; }

// The same by looking at every entry.
class Plain {
 public:
  void insert(const PlaceTree::Item& item) {
    const auto spot = std::ranges::upper_bound(
        items, item.entry.place(), {}, [](const auto& other) { return other.entry.place(); });
    items.insert(spot, item);
  }
  void add(Place low, Place high, std::int64_t amount, std::int64_t goal,
           std::vector<Place>& turned) {
    for (PlaceTree::Item& item : items) {
      const Place place = item.entry.place();
      if (place < low || place >= high) continue;
      item.quantity += amount;
      if (item.entry.is_true() || item.quantity < goal) continue;
      item.entry.set_true();
      if (turned.empty() || turned.back() != place) turned.push_back(place);
    }
  }
  std::vector<PlaceTree::Item> items;
};

void expect_same(const PlaceTree::Item& a, const PlaceTree::Item& b) {
  ASSERT_EQ(a.entry.place(), b.entry.place());
  ASSERT_EQ(a.entry.is_true(), b.entry.is_true());
  ASSERT_EQ(a.worth, b.worth);
  ASSERT_EQ(a.quantity, b.quantity);
}

class PlaceTreeTest : public ::testing::Test {
 protected:
  Place any_place() { return at(static_cast<std::int64_t>(random_() % 200), random_() % 4); }

  void change() {
    const std::uint64_t what = random_() % 10;
    if (what < 6 || plain_.items.empty()) {
      const Place place = any_place();
      PlaceTree::Item item{
          {place.time, place.order}, random_() % 16, static_cast<std::int64_t>(random_() % 5)};
      if (random_() % 4 == 0) item.entry.set_true();
      tree_.insert(item);
      plain_.insert(item);
    } else if (what < 8) {
      const Place low = any_place(), high = any_place();
      const std::int64_t amount = static_cast<std::int64_t>(random_() % 4) - 1;
      std::vector<Place> turned, expected;
      tree_.add(low, high, amount, 9, turned);
      plain_.add(low, high, amount, 9, expected);
      ASSERT_EQ(turned, expected);
    } else {
      expect_same(tree_.front(), plain_.items.front());
      tree_.pop_front();
      plain_.items.erase(plain_.items.begin());
    }
  }

  void compare() {
    ASSERT_EQ(tree_.size(), plain_.items.size());
    const Place low = any_place(), high = any_place();
    PlaceTree::Totals totals;
    std::vector<PlaceTree::Item> inside;
    const std::uint64_t bits = random_() % 2 == 0 ? PlaceTree::any : 1U << random_() % 4;
    const PlaceTree::Item* newest = nullptr;
    const PlaceTree::Item* oldest = nullptr;
    for (const PlaceTree::Item& item : plain_.items) {
      const Place place = item.entry.place();
      const bool meets = bits == PlaceTree::any || (item.worth & bits) != 0;
      if (meets && place < low) newest = &item;
      if (meets && place >= low && oldest == nullptr) oldest = &item;
      if (place < low || place >= high) continue;
      inside.push_back(item);
      ++totals.count;
      totals.worth += item.worth;
    }
    EXPECT_EQ(tree_.between(low, high).count, totals.count);
    EXPECT_EQ(tree_.between(low, high).worth, totals.worth);
    const auto found_newest = tree_.newest_before(low, bits);
    const auto found_oldest = tree_.oldest_from(low, bits);
    ASSERT_EQ(found_newest.has_value(), newest != nullptr);
    ASSERT_EQ(found_oldest.has_value(), oldest != nullptr);
    if (newest != nullptr) expect_same(*found_newest, *newest);
    if (oldest != nullptr) expect_same(*found_oldest, *oldest);
    std::size_t i = 0;
    tree_.visit(low, high, [&](const PlaceTree::Item& item) {
      ASSERT_LT(i, inside.size());
      expect_same(item, inside[i++]);
    });
    EXPECT_EQ(i, inside.size());
    if (plain_.items.empty()) return;
    const std::size_t rank = random_() % plain_.items.size();
    EXPECT_EQ(tree_.nth(rank), plain_.items[rank].entry.place());
    EXPECT_EQ(tree_.first(), plain_.items.front().entry.place());
    EXPECT_EQ(tree_.last(), plain_.items.back().entry.place());
  }

  std::mt19937_64 random_{3};
  Pool pool_;
  PlaceTree tree_{pool_};
  Plain plain_;
};

TEST_F(PlaceTreeTest, EqualsLookingAtEveryEntry) {
  for (int i = 0; i < 6000 && !HasFatalFailure(); ++i) {
    change();
    compare();
  }
  EXPECT_GT(plain_.items.size(), 1000U);
  while (!plain_.items.empty() && !HasFatalFailure()) {
    tree_.pop_front();
    plain_.items.erase(plain_.items.begin());
    if (plain_.items.size() % 16 == 0) compare();
  }
  EXPECT_EQ(pool_.used(), 0U);
}

TEST_F(PlaceTreeTest, BitsAreAddedWhereTheyBelong) {
  for (std::int64_t time = 0; time < 500; ++time) tree_.insert({{time, 4096}, 1, 0});
  tree_.add_bits(at(250), 4);
  EXPECT_EQ(tree_.newest_before(at(400), 4)->entry.time, 250);
  EXPECT_EQ(tree_.newest_before(at(400), 4)->worth, 5U);
  EXPECT_FALSE(tree_.newest_before(at(250), 4));
  EXPECT_FALSE(tree_.oldest_from(at(251), 4));
}

// Ascending and descending windows are packed, others half at least; no step grows with the window.
TEST(PlaceTreeCostTest, NoOrderOfArrivalIsDear) {
  for (const char order : {'a', 'd', 'r', 'z'}) {
    std::mt19937_64 random(7);
    Pool pool;
    PlaceTree tree(pool);
    const std::int64_t count = 100'000;
    std::vector<Place> turned;
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t time = i;
      if (order == 'd') time = -i;
      if (order == 'r') time = static_cast<std::int64_t>(random() % 1'000'000);
      if (order == 'z') time = i % 1000 * 1000 - i / 1000;
      const Place place = at(time, static_cast<std::uint64_t>(i + 1));
      tree.add(place, at(time + 60'000), 1, count, turned);
      tree.insert({{place.time, place.order}, 1, 1});
    }
    EXPECT_LT(tree.steps(), 300U * static_cast<std::uint64_t>(count)) << order;
    EXPECT_LT(pool.used(), (order == 'a' || order == 'd' ? 40U : 80U) * 100'000U) << order;
    for (std::int64_t i = 0; i < count; ++i) tree.pop_front();
    EXPECT_EQ(pool.used(), 0U);
  }
}

}  // namespace
}  // namespace tocsin::correlate
