#include "rules/value_cache.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tocsin::rules {
namespace {

std::vector<std::uint32_t> hits(const ValueCache& cache, std::uint32_t place,
                                std::string_view value) {
  const ValueCache::Entry* entry = cache.find(place, value);
  if (entry == nullptr) return {999};
  return {entry->hits.begin(), entry->hits.begin() + entry->count};
}
using Hits = std::vector<std::uint32_t>;

TEST(ValueCacheTest, RemembersByPlaceAndValue) {
  ValueCache cache;
  EXPECT_EQ(hits(cache, 1, "bob"), Hits{999});
  const Hits some{4, 7};
  cache.store(1, "bob", some);
  cache.store(1, "", {});
  EXPECT_EQ(hits(cache, 1, "bob"), some);
  EXPECT_EQ(hits(cache, 1, ""), Hits{}) << "no hits is an answer too";
  EXPECT_EQ(hits(cache, 2, "bob"), Hits{999});
  EXPECT_EQ(hits(cache, 1, "Bob"), Hits{999});
}

TEST(ValueCacheTest, DoesNotKeepWhatDoesNotFit) {
  ValueCache cache;
  cache.store(1, std::string(ValueCache::longest_value + 1, 'a'), {});
  EXPECT_EQ(hits(cache, 1, std::string(ValueCache::longest_value + 1, 'a')), Hits{999});
  cache.store(1, "many", std::vector<std::uint32_t>(ValueCache::most_hits + 1, 3));
  EXPECT_EQ(hits(cache, 1, "many"), Hits{999});
}

TEST(ValueCacheTest, NeverAnswersForAnotherValue) {
  ValueCache cache;
  for (std::uint32_t i = 0; i < 100'000; ++i) cache.store(i % 7, std::to_string(i), {&i, 1});
  std::size_t kept = 0;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const Hits found = hits(cache, i % 7, std::to_string(i));
    if (found == Hits{999}) continue;
    ASSERT_EQ(found, Hits{i});
    ++kept;
  }
  EXPECT_GT(kept, ValueCache::entries / 2);
  EXPECT_LE(kept, ValueCache::entries);
}

}  // namespace
}  // namespace tocsin::rules
