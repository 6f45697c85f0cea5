#include "search/stages.hpp"

#include <gtest/gtest.h>

#include "search/parser.hpp"

namespace tocsin::search {
namespace {

// More in tests/cases/search/stages.case.

TEST(Stages, HeadSaysWhenItHasEnough) {
  const auto query = parse_query("* | head 2");
  std::size_t out = 0;
  Stages stages(*query, 0, [&out](const Row&) {
    ++out;
    return true;
  });
  EXPECT_TRUE(stages.take({}));
  EXPECT_FALSE(stages.take({}));
  EXPECT_FALSE(stages.take({}));
  EXPECT_TRUE(stages.finish());
  EXPECT_EQ(out, 2U);
}

TEST(Stages, AReaderThatHasEnoughEndsIt) {
  const auto query = parse_query("* | sort a");
  std::size_t out = 0;
  Stages stages(*query, 0, [&out](const Row&) { return ++out < 3; });
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(stages.take({}));
  EXPECT_TRUE(stages.finish());
  EXPECT_EQ(out, 3U);
}

TEST(Stages, MoreRowsThanAreKeptAreAnError) {
  const auto query = parse_query("* | sort a");
  Stages stages(*query, 0, [](const Row&) { return true; });
  for (std::size_t i = 0; i < max_sorted; ++i) ASSERT_TRUE(stages.take({}));
  EXPECT_FALSE(stages.take({}));
  const auto finished = stages.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, "search-20");
}

}  // namespace
}  // namespace tocsin::search
