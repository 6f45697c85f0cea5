#include "ingest/decode/audit_values.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::ingest {
namespace {

TEST(AuditValues, HexadecimalIsWholeBytes) {
  base::Arena arena;
  EXPECT_TRUE(is_audit_hex("2F62696E"));
  EXPECT_TRUE(is_audit_hex("ff"));
  for (const char* text : {"", "f", "fff", "fg", "0x", "2F 2F", "-1"}) {
    EXPECT_FALSE(is_audit_hex(text)) << text;
  }
  EXPECT_EQ(decode_audit_hex("2F62696e00fF", arena), std::string("/bin\0\xff", 6));
}

TEST(AuditValues, TheKernelEncodesOnlyWhatItMust) {
  EXPECT_FALSE(needs_audit_hex("/usr/bin/python2.7;58d1ccfb"));
  EXPECT_TRUE(needs_audit_hex("a b"));
  EXPECT_TRUE(needs_audit_hex("a\"b"));
  EXPECT_TRUE(needs_audit_hex("\x01"));
  EXPECT_TRUE(needs_audit_hex("\x7f"));
  EXPECT_TRUE(needs_audit_hex("\xc3\xa9"));
}

TEST(AuditValues, SocketAddresses) {
  base::Arena arena;
  AuditAddress a = decode_audit_address("02000050A9FEA9FE0000000000000000", arena);
  EXPECT_EQ(a.family, "ipv4");
  EXPECT_EQ(a.address, "169.254.169.254");
  EXPECT_EQ(a.port, "80");
  a = decode_audit_address("0002D903000000000000000000000000", arena);
  EXPECT_EQ(a.family, "ipv4") << "big endian";
  EXPECT_EQ(a.port, "55555");
  EXPECT_EQ(a.address, "0.0.0.0");
  a = decode_audit_address("0A0001BB0000000020010DB800000000000000000000000100000000", arena);
  EXPECT_EQ(a.family, "ipv6");
  EXPECT_EQ(a.address, "2001:db8::1");
  EXPECT_EQ(a.port, "443");
  a = decode_audit_address("01002F7661722F72756E2F78000000", arena);
  EXPECT_EQ(a.family, "unix");
  EXPECT_EQ(a.path, "/var/run/x");
  a = decode_audit_address("0100006162630000", arena);
  EXPECT_EQ(a.path, "@abc");
  a = decode_audit_address("0100", arena);
  EXPECT_EQ(a.family, "unix");
  EXPECT_EQ(a.path, "");
  EXPECT_EQ(decode_audit_address("100000000000000000000000", arena).family, "netlink");
}

TEST(AuditValues, ACutOrUnknownAddressIsNone) {
  base::Arena arena;
  for (const char* text :
       {"", "02", "0200005", "02000050A9FE", "0A0001BB", "2F00", "zz00", "0200005Z"}) {
    EXPECT_EQ(decode_audit_address(text, arena).family, "") << text;
  }
}

TEST(AuditValues, IpAddressesAreWhole) {
  for (const char* text : {"1.2.3.4", "::1", "2001:db8::1", "::ffff:1.2.3.4"}) {
    EXPECT_TRUE(is_ip_address(text)) << text;
  }
  for (const char* text : {"", "?", "1.2.3", "1.2.3.4 ", "host", "1.2.3.4:80", "fe80::1%eth0",
                           "1111111111111111111111111111111111111111111111111111"}) {
    EXPECT_FALSE(is_ip_address(text)) << text;
  }
  EXPECT_FALSE(is_ip_address(std::string_view("1.2.3.4\0x", 9)));
}

}  // namespace
}  // namespace tocsin::ingest
