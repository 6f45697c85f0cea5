#include "correlate/options.hpp"

#include <gtest/gtest.h>

namespace tocsin::correlate {
namespace {

TEST(OptionsTest, DefaultsAreThoseOfTheDesign) {
  const Options options;
  EXPECT_EQ(options.lateness, std::chrono::seconds(60));
  EXPECT_EQ(options.idle_timeout, std::chrono::seconds(30));
  EXPECT_EQ(options.window_bytes, 1U << 30U);
}

}  // namespace
}  // namespace tocsin::correlate
