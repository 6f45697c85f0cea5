#include "base/wildcard.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::base {
namespace {

TEST(Wildcard, AnAsteriskStandsForAnyCharacters) {
  for (const char* pattern :
       {"user.name", "user.*", "*", "*.name", "u*e", "user**name", "*user.name*"})
    EXPECT_TRUE(fits_wildcards(pattern, "user.name")) << pattern;
  for (const char* pattern : {"", "user", "user.names", "*.names", "u*x", "User.name", "user?name"})
    EXPECT_FALSE(fits_wildcards(pattern, "user.name")) << pattern;
  EXPECT_FALSE(fits_wildcards("*.ip", "source.ipv6"));
  EXPECT_TRUE(fits_wildcards("a*b*", "aXbY"));
  EXPECT_TRUE(fits_wildcards("", ""));
  EXPECT_TRUE(fits_wildcards("**", ""));
  EXPECT_FALSE(fits_wildcards("*a", ""));
}

TEST(Wildcard, GoesBackToTheLastAsterisk) {
  EXPECT_TRUE(fits_wildcards("*ab*ab", "abxabyab"));
  EXPECT_FALSE(fits_wildcards("*ab*abc", "abxabyab"));
  const std::string many(20'000, 'a');
  EXPECT_FALSE(fits_wildcards("*a*a*a*a*b", many));
}

}  // namespace
}  // namespace tocsin::base
