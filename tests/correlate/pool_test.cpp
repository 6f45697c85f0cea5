#include "correlate/pool.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace tocsin::correlate {
namespace {

TEST(PoolTest, PiecesAreAlignedApartAndUsedAgain) {
  Pool pool;
  std::vector<std::pair<char*, std::size_t>> pieces;
  for (std::size_t size : {0UL, 1UL, 16UL, 17UL, 1000UL, 1024UL, 1025UL, 300'000UL}) {
    auto* piece = static_cast<char*>(pool.allocate(size));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece) % 16, 0U);
    std::memset(piece, static_cast<int>(pieces.size()), size);
    pieces.emplace_back(piece, size);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t byte = 0; byte < pieces[i].second; ++byte)
      ASSERT_EQ(pieces[i].first[byte], static_cast<char>(i));
  }
  char* const small = pieces[2].first;
  for (const auto& [piece, size] : pieces) pool.release(piece, size);
  EXPECT_EQ(pool.used(), 0U);
  void* first = pool.allocate(10);
  EXPECT_TRUE(first == small || pool.allocate(10) == small || pool.allocate(10) == small);
}

TEST(PoolTest, CountsWhatPiecesTake) {
  EXPECT_EQ(Pool::rounded(0), 16U);
  EXPECT_EQ(Pool::rounded(16), 16U);
  EXPECT_EQ(Pool::rounded(17), 32U);
  Pool pool;
  void* a = pool.allocate(17);
  void* b = pool.allocate(2000);
  EXPECT_EQ(pool.used(), 32U + 2000U);
  pool.release(a, 17);
  pool.release(b, 2000);
}

TEST(PoolTest, GrowthBeyondTheLimitIsGivenAndCounted) {
  Pool pool;
  pool.set_limit(3000);
  void* a = pool.allocate(2000);
  EXPECT_EQ(pool.over_limit(), 0U);
  void* b = pool.allocate(2000);
  EXPECT_EQ(pool.over_limit(), 1U);
  void* c = pool.allocate(1000);  // needs a block
  EXPECT_EQ(pool.over_limit(), 2U);
  pool.release(a, 2000);
  pool.release(b, 2000);
  pool.release(c, 1000);
}

}  // namespace
}  // namespace tocsin::correlate
