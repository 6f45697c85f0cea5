#include "base/ids.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(IdsTest, ComparesWithItsOwnKind) {
  using A = Id<struct ATag, int>;
  EXPECT_LT(A(1), A(2));
  static_assert(!std::is_convertible_v<int, A>);
}

}  // namespace
}  // namespace tocsin::base
