#include "base/yaml.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(YamlTest, RefusesADuplicateKey) {
  const auto result = parse_yaml({"f.yml", "a: 1\na: 2\n"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "base-3");
  EXPECT_EQ(result.error().origin, (Origin{"f.yml", 2, 1}));
}

}  // namespace
}  // namespace tocsin::base
