#include "console/http/address.hpp"

#include <gtest/gtest.h>

namespace tocsin::console {
namespace {

TEST(AddressTest, ReadsAddressesAndPorts) {
  EXPECT_EQ(parse_address("127.0.0.1:9514")->ip, "127.0.0.1");
  EXPECT_EQ(parse_address("127.0.0.1:9514")->port, 9514);
  EXPECT_EQ(parse_address("[::1]:0")->ip, "::1");
  EXPECT_EQ(parse_address("[2001:db8::1]:65535")->port, 65535);
  EXPECT_EQ(parse_address("localhost:1")->ip, "127.0.0.1");
}

TEST(AddressTest, RefusesTheRest) {
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1",
                           "127.0.0.1:65536", "::1:9514", "[::1]", "[127.0.0.1]:1", "example.org:1",
                           "127.0.0.256:1", "[]:1", ":9514", "127.0.0.1:1 "}) {
    const auto address = parse_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, "console-1");
  }
}

}  // namespace
}  // namespace tocsin::console
