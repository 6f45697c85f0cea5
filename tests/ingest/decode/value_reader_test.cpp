#include "ingest/decode/value_reader.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace tocsin::ingest {
namespace {

// The address at the front of `text`, read from memory that ends with it; nothing when none is.
std::optional<std::string> ip(std::string_view text, std::size_t size) {
  const auto memory = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), memory.get());
  std::string_view value;
  const char* end = read_ip(memory.get(), memory.get() + text.size(), value);
  if (end == nullptr) return std::nullopt;
  EXPECT_EQ(end - memory.get(), static_cast<std::ptrdiff_t>(size)) << text;
  return std::string(value);
}

TEST(ValueReader, AddressesEndWhereTheyEnd) {
  EXPECT_EQ(ip("192.0.2.1", 9), "192.0.2.1");
  EXPECT_EQ(ip("192.0.2.1:80", 9), "192.0.2.1");
  EXPECT_EQ(ip("192.0.2.1.", 9), "192.0.2.1");
  EXPECT_EQ(ip("2001:db8::1", 11), "2001:db8::1");
  EXPECT_EQ(ip("2001:db8::1: text", 11), "2001:db8::1");
  EXPECT_EQ(ip("2001:db8::1.", 11), "2001:db8::1");
  EXPECT_EQ(ip("2001:db8:0:1:2:3:4:5", 20), "2001:db8:0:1:2:3:4:5");
  EXPECT_EQ(ip("::1", 3), "::1");
  EXPECT_EQ(ip("::", 2), "::");
  EXPECT_EQ(ip("2001:db8::", 10), "2001:db8::");
  EXPECT_EQ(ip("[2001:db8::1]:443", 13), "2001:db8::1");
  EXPECT_EQ(ip("[192.0.2.1]", 11), "192.0.2.1");
  EXPECT_EQ(ip("fe80::1%eth0 x", 12), "fe80::1");
  EXPECT_EQ(ip("::ffff:192.0.2.1", 16), "192.0.2.1");
  EXPECT_EQ(ip("::FFFF:192.0.2.1", 16), "192.0.2.1");
  EXPECT_EQ(ip("64:ff9b::192.0.2.1", 18), "64:ff9b::192.0.2.1");
  EXPECT_EQ(ip("::ffff:192.0.2.1:80", 16), "192.0.2.1");
  EXPECT_EQ(ip("2001:db8::1:58430", 11), "2001:db8::1");
  EXPECT_EQ(ip("2001:db8::1:5843", 16), "2001:db8::1:5843");
}

TEST(ValueReader, WhatIsNoAddressIsNone) {
  for (const char* text :
       {"", "192.0.2", "192.0.2.256", "192.0.2.1.7", "1922.0.2.1", "a.b.c.d", ":", ":1", "1:2:3",
        "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "[2001:db8::1", "[192.0.2.1", "::192.0.2.300",
        "g::1", "dead", "12:30:01"}) {
    EXPECT_EQ(ip(text, 0), std::nullopt) << text;
  }
}

TEST(ValueReader, WholeValuesAreJudgedByTheirType) {
  CapturedValue value;
  StatedTime time;
  EXPECT_TRUE(read_whole(CaptureType::ip, "192.0.2.1", value, time));
  EXPECT_TRUE(value.is_address);
  EXPECT_FALSE(read_whole(CaptureType::ip, "192.0.2.1x", value, time));
  EXPECT_TRUE(read_whole(CaptureType::host, "gw.example.net", value, time));
  EXPECT_FALSE(value.is_address);
  EXPECT_FALSE(read_whole(CaptureType::host, "a b", value, time));
  for (const auto& [text, address] :
       {std::pair("192.0.2.7:443", "192.0.2.7"), std::pair("[2001:db8::7]:443", "2001:db8::7"),
        std::pair("[::ffff:192.0.2.7]:443", "192.0.2.7")}) {
    EXPECT_TRUE(read_whole(CaptureType::host, text, value, time)) << text;
    EXPECT_TRUE(value.is_address) << text;
    EXPECT_EQ(value.text(), address);
  }
  EXPECT_FALSE(read_whole(CaptureType::ip, "192.0.2.7:", value, time));
  EXPECT_FALSE(read_whole(CaptureType::ip, "192.0.2.7:65536", value, time));
  EXPECT_FALSE(read_whole(CaptureType::ip, "192.0.2.7:443 ", value, time));
  EXPECT_TRUE(read_whole(CaptureType::host, "-", value, time));
  EXPECT_EQ(value.size, 0U);
  EXPECT_TRUE(read_whole(CaptureType::integer, "", value, time));
  EXPECT_FALSE(read_whole(CaptureType::integer, "-", value, time));
  EXPECT_FALSE(read_whole(CaptureType::word, "a b", value, time));
  EXPECT_TRUE(read_whole(CaptureType::text, "a b", value, time));
  EXPECT_FALSE(read_whole(CaptureType::port, "65536", value, time));
}

// ns of a time of that type that is the whole text; nothing when it is none.
std::optional<std::int64_t> time_of(CaptureType type, std::string_view text) {
  StatedTime time;
  const char* end = text.data() + text.size();
  if (read_time_as(type, text.data(), end, time) != end) return std::nullopt;
  const auto instant = resolve_time(time, Zone(), 0, base::ReceivedTime());
  return instant ? std::optional(instant->ns) : std::nullopt;
}

TEST(ValueReader, TimesOfLogs) {
  EXPECT_EQ(time_of(CaptureType::time_clf, "10/Oct/2000:13:55:36 -0700"), 971211336'000000000LL);
  EXPECT_EQ(time_of(CaptureType::time_clf, "10/Oct/2000:13:55:36"), std::nullopt);
  EXPECT_EQ(time_of(CaptureType::time_clf, "32/Oct/2000:13:55:36 -0700"), std::nullopt);
  EXPECT_EQ(time_of(CaptureType::time_ctime, "Sat Jul 20 21:34:49.453232 2013"),
            1374356089'453232000LL);
  EXPECT_EQ(time_of(CaptureType::time_ctime, "Thu Jan  1 00:00:01 1970"), 1'000000000LL);
  EXPECT_EQ(time_of(CaptureType::time_nginx, "2013/07/20 21:34:49"), 1374356089'000000000LL);
  EXPECT_EQ(time_of(CaptureType::time_iso, "2013-07-20T21:34:49.5+02:00"), 1374348889'500000000LL);
  EXPECT_EQ(time_of(CaptureType::time_iso, "2013-07-20 21:34:49,5"), 1374356089'500000000LL);
  EXPECT_EQ(time_of(CaptureType::time_epoch, "1374356089"), 1374356089'000000000LL);
  EXPECT_EQ(time_of(CaptureType::time_epoch, "1374356089.25"), 1374356089'250000000LL);
  EXPECT_EQ(time_of(CaptureType::time_epoch, "1374356089250"), 1374356089'250000000LL);
  EXPECT_EQ(time_of(CaptureType::time_epoch, "1374356089250000000"), 1374356089'250000000LL);
  EXPECT_EQ(time_of(CaptureType::time_epoch, "12345"), std::nullopt);
  EXPECT_EQ(time_of(CaptureType::time_epoch, "12345678901234567890"), std::nullopt);
}

}  // namespace
}  // namespace tocsin::ingest
