#include "correlate/options.hpp"

#include <gtest/gtest.h>

namespace tocsin::correlate {
namespace {

TEST(OptionsTest, EveryOptionReadsBackFromItsText) {
  Options changed{std::chrono::seconds(5), std::chrono::seconds(7), std::size_t{1} << 20U};
  const auto documents =
      base::parse_yaml({"o.yaml", base::options_text<Options>("correlate", option_rows, changed)});
  ASSERT_TRUE(documents);
  Options back;
  EXPECT_TRUE(base::read_options<Options>(*documents->front().find("correlate"), "o.yaml",
                                          option_rows, back)
                  .empty());
  EXPECT_EQ(back.lateness, changed.lateness);
  EXPECT_EQ(back.idle_timeout, changed.idle_timeout);
  EXPECT_EQ(back.window_bytes, changed.window_bytes);
}

}  // namespace
}  // namespace tocsin::correlate
