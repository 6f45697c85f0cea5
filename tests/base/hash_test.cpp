#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace tocsin::base {
namespace {

TEST(HashTest, Sha256OfTheEmptyText) { EXPECT_EQ(to_hex(sha256("").data(), 4), "e3b0c442"); }

}  // namespace
}  // namespace tocsin::base
