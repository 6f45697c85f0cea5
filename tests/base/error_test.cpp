#include "base/error.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(ErrorTest, PrintsItsPlace) {
  EXPECT_EQ(to_string(Error{"rules-1", "no title", {"a.yml", 3, 7}}),
            "a.yml:3:7: rules-1: no title");
}

}  // namespace
}  // namespace tocsin::base
