#include "rules/network.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

bool contains(const char* network, const char* address) {
  const auto parsed = parse_network(network);
  EXPECT_TRUE(parsed) << network;
  const auto other = parse_address(address);
  EXPECT_TRUE(other) << address;
  return parsed && other && parsed->contains(*other);
}

TEST(NetworkTest, ContainsByPrefix) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("10.1.2.0/23", "10.1.3.255"));
  EXPECT_FALSE(contains("10.1.2.0/23", "10.1.4.0"));
  EXPECT_TRUE(contains("10.1.2.3/32", "10.1.2.3"));
  EXPECT_TRUE(contains("0.0.0.0/0", "255.255.255.255"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(NetworkTest, KeepsFamiliesApartAndUnwrapsMappedAddresses) {
  EXPECT_FALSE(contains("::/0", "10.0.0.1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
}

TEST(NetworkTest, RefusesHostBitsAndNonsense) {
  for (const char* bad : {"192.168.1.1/24", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "::/129",
                          "10.0.0.0/8x", "a/8", "/8", "2001:db8::1/64"}) {
    EXPECT_FALSE(parse_network(bad)) << bad;
  }
  for (const char* bad : {"", "10.0.0", "10.0.0.1 ", "fe80::1%eth0", "name", "1.2.3.4.5"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
  EXPECT_FALSE(parse_address(std::string_view("10.0.0.1\0x", 10)));
}

}  // namespace
}  // namespace tocsin::rules
