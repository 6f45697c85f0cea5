#include "base/json.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(JsonTest, EscapesControlBytes) {
  std::string out;
  JsonWriter(out).begin_object().member("a", "x\n\x1b").end_object();
  EXPECT_EQ(out, "{\"a\":\"x\\n\\u001b\"}");
}

}  // namespace
}  // namespace tocsin::base
