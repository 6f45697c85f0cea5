#include "correlate/group_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace tocsin::correlate {
namespace {

TEST(GroupTableTest, EqualsAMapUnderRandomUse) {
  Pool pool;
  {
    GroupTable table(pool, worth_stride, 16);
    std::map<std::string, std::vector<std::pair<Place, std::uint64_t>>> plain;
    std::mt19937_64 random(3);
    for (int step = 0; step < 40000; ++step) {
      const std::string key(random() % 9, static_cast<char>('a' + random() % 26));
      const std::string name = key + std::to_string(random() % 200);
      // Few hashes, so that look-ups meet and removals leave holes in long rows.
      const auto hash = static_cast<std::uint32_t>(std::hash<std::string>{}(name) % 64);
      Group* group = table.find(name, hash);
      ASSERT_EQ(group != nullptr, plain.contains(name));
      if (group != nullptr && random() % 8 == 0) {
        table.remove(group);
        plain.erase(name);
        continue;
      }
      if (group == nullptr) {
        group = table.add(name, hash);
        EXPECT_EQ(table.area(group)[1], 0);
        table.area(group)[1] = static_cast<std::int64_t>(name.size());
      }
      auto& entries = plain[name];
      const std::size_t at = random() % (entries.size() + 1);
      const Place place{static_cast<std::int64_t>(random() % 1000), 2 * (random() % 1000)};
      group = table.insert(group, static_cast<std::uint32_t>(at), place, step);
      entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(at), {place, step});
      if (random() % 3 == 0) {
        const std::size_t drop = random() % (entries.size() + 1);
        table.drop_front(group, static_cast<std::uint32_t>(drop));
        entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(drop));
      }
      const Window window = table.window(group);
      ASSERT_EQ(window.size, entries.size());
      for (std::size_t i = 0; i < entries.size(); ++i) {
        ASSERT_EQ(window[i].place(), entries[i].first);
        ASSERT_EQ(window.worth(i), entries[i].second);
      }
      ASSERT_EQ(table.area(group)[1], static_cast<std::int64_t>(name.size()));
      ASSERT_EQ(group->key(), name);
      ASSERT_EQ(table.at(group->id), group);
      ASSERT_EQ(table.size(), plain.size());
    }
  }
  EXPECT_EQ(pool.used(), 0U);
}

TEST(GroupTableTest, FiveTimesOfAHundredThousandGroupsTakeLessThan200BytesEach) {
  Pool pool;
  GroupTable table(pool, plain_stride, 0);
  const std::uint32_t groups = 100'000;
  for (std::uint32_t i = 0; i < groups; ++i) {
    const std::string key = "someuser" + std::to_string(i);
    Group* group = table.add(key, GroupTable::hash_of(key));
    for (std::uint32_t n = 0; n < 5; ++n) group = table.insert(group, n, {n, n}, 0);
  }
  EXPECT_LT((pool.used() + table.table_bytes()) / groups, 200U);
}

}  // namespace
}  // namespace tocsin::correlate
