#include "base/time.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(TimeTest, FormatsNineDigits) {
  EXPECT_EQ(format_rfc3339(*parse_rfc3339("2026-11-22T03:08:00.5+01:00")),
            "2026-11-22T02:08:00.500000000Z");
}

}  // namespace
}  // namespace tocsin::base
