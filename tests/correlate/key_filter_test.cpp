#include "correlate/key_filter.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tocsin::correlate {
namespace {

// Names as the correlator makes them: a rule's number above, a hash of 32 bits below.
std::uint64_t name(std::mt19937_64& random) { return (random() % 8) << 32U | (random() >> 32U); }

TEST(KeyFilterTest, WhatWasAddedIsNeverDenied) {
  KeyFilter filter;
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> names;
  for (int i = 0; i < 300'000; ++i) {
    names.push_back(name(random));
    filter.add(names.back());
  }
  for (const std::uint64_t each : names) ASSERT_TRUE(filter.may_have(each));
}

TEST(KeyFilterTest, FewOthersAreTakenForThem) {
  KeyFilter filter;
  std::mt19937_64 random(2);
  EXPECT_FALSE(filter.may_have(7));
  for (int i = 0; i < 1'000'000; ++i) filter.add(name(random));
  std::uint64_t wrong = 0;
  for (int i = 0; i < 100'000; ++i) wrong += filter.may_have(name(random)) ? 1 : 0;
  EXPECT_LT(wrong, 3000U);
}

// Numbers that count up, too: the hash is mixed.
TEST(KeyFilterTest, AKeyTakesTwoBytes) {
  KeyFilter filter;
  EXPECT_EQ(filter.bytes(), 0U);
  for (std::uint64_t i = 0; i < 900'000; ++i) filter.add(i);
  EXPECT_GT(filter.size(), 880'000U);
  EXPECT_LE(filter.bytes(), std::size_t{2} * 900'000);
  const std::size_t bytes = filter.bytes();
  for (std::uint64_t i = 0; i < 900'000; ++i) filter.add(i);
  EXPECT_EQ(filter.bytes(), bytes) << "added again";
  filter.clear();
  EXPECT_EQ(filter.bytes(), 0U);
  EXPECT_FALSE(filter.may_have(1));
}

}  // namespace
}  // namespace tocsin::correlate
