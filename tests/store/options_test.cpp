#include "store/options.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tocsin::store {
namespace {

TEST(Options, EachIsSaidOnceAndItsDefaultIsWithinBounds) {
  const auto infos =
      base::describe_options("store", std::span<const base::Option<StoreOptions>>(option_rows));
  std::set<std::string> keys;
  for (const base::OptionInfo& info : infos) {
    EXPECT_TRUE(keys.insert(info.key).second) << info.key;
    EXPECT_FALSE(info.text.sentence.empty()) << info.key;
  }
  const StoreOptions options;
  EXPECT_EQ(options.sync, "group");
  EXPECT_EQ(options.sync_interval, std::chrono::milliseconds(50));
  EXPECT_EQ(keys.size(), 8U);
}

}  // namespace
}  // namespace tocsin::store
