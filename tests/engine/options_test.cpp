#include "engine/options.hpp"

#include <gtest/gtest.h>

namespace tocsin::engine {
namespace {

TEST(OptionsTest, WhatWasWrittenIsReadBack) {
  FoldOptions options;
  options.lockout.duration = std::chrono::minutes(7);
  options.lockout.never = {"root", "svc-*"};
  options.lockout.authenticated_only = true;
  const auto read = parse_fold({"options", fold_text(options)});
  ASSERT_TRUE(read) << base::to_string(read.error());
  EXPECT_EQ(read->lockout.duration, options.lockout.duration);
  EXPECT_EQ(read->lockout.never, options.lockout.never);
  EXPECT_TRUE(read->lockout.authenticated_only);
  EXPECT_EQ(fold_text(*read), fold_text(options));
  EXPECT_NE(fold_text(FoldOptions{}), fold_text(options));
}

TEST(OptionsTest, CorrelationIsSharedOutWhereThereAreThreads) {
  EXPECT_EQ(shards_of(0, 1), 1U);
  EXPECT_EQ(shards_of(0, 7), 1U);
  EXPECT_EQ(shards_of(0, 8), 2U);
  EXPECT_EQ(shards_of(0, 256), 16U);
  EXPECT_EQ(shards_of(5, 2), 5U);
  FoldOptions options;
  options.shards = 5;
  EXPECT_EQ(fold_text(options), fold_text(FoldOptions{})) << "decides no result";
}

TEST(OptionsTest, DamagedTextIsRefused) {
  for (const std::string text :
       {"", "lockout:\n  duration: soon\n", "lockout:\n  unheard_of: 1\n"}) {
    const auto read = parse_fold({"options", text});
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "engine-3") << text;
  }
  EXPECT_FALSE(parse_fold({"options", "lockout: [\n"}));
}

}  // namespace
}  // namespace tocsin::engine
