#include "ingest/decode/key_value.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/time.hpp"
#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;

using KeyValue = DecodedBy<KeyValueBody>;

TEST(KeyValue, LogfmtWithItsTimeAndMessage) {
  KeyValue k;
  ASSERT_TRUE(k.ok(
      R"(ts=2026-11-22T03:08:00.5Z level=warn msg="user \"eve\" failed\ttwice" path="C:\Users\x" dur=1.5ms)"));
  const Pairs wanted = {{"ts", "2026-11-22T03:08:00.5Z"},
                        {"level", "warn"},
                        {"msg", "user \"eve\" failed\ttwice"},
                        {"path", "C:\\Users\\x"},
                        {"dur", "1.5ms"},
                        {"message", "user \"eve\" failed\ttwice"}};
  EXPECT_EQ(k.pairs(), wanted);
  EXPECT_EQ(base::format_rfc3339(k.event.time.value), "2026-11-22T03:08:00.500000000Z");
  EXPECT_FALSE(k.body.time_is_local());
  EXPECT_TRUE(k.event.anomalies.empty());
}

TEST(KeyValue, AFirewallsFlagsAndEmptyValues) {
  KeyValue k;
  ASSERT_TRUE(
      k.ok("[UFW BLOCK] IN=eth0 OUT= MAC=aa:bb SRC=198.51.100.7 DST=10.0.0.1 LEN=40 DF PROTO=TCP "
           "SYN URGP=0"));
  EXPECT_EQ(k.value("OUT"), "");
  EXPECT_EQ(k.value("SRC"), "198.51.100.7");
  EXPECT_EQ(k.value("MAC"), "aa:bb");
  EXPECT_EQ(k.value("URGP"), "0");
  EXPECT_EQ(k.value("DF"), "<none>");
  EXPECT_FALSE(k.event.has_time);
}

TEST(KeyValue, DateTimeAndZoneInThreeFields) {
  KeyValue k;
  ASSERT_TRUE(k.ok("date=2026-11-22 time=03:08:00 devname=\"fw 1\" tz=\"-0500\""));
  EXPECT_EQ(base::format_rfc3339(k.event.time.value), "2026-11-22T08:08:00.000000000Z");
  EXPECT_FALSE(k.has(Anomaly::bad_time));
  ASSERT_TRUE(k.ok("date=2026-11-22 time=03:08:00 devname=\"fw 1\""));
  EXPECT_TRUE(k.body.time_is_local());
  ASSERT_TRUE(k.ok("date=2026-11-22 time=03:08:00 eventtime=1700000000123456789"));
  EXPECT_EQ(k.event.time.value, 1'700'000'000'123'456'789);
  EXPECT_FALSE(k.body.time_is_local());
  ASSERT_TRUE(k.ok("date=yesterday time=noon"));
  EXPECT_FALSE(k.event.has_time);
  EXPECT_TRUE(k.has(Anomaly::bad_time));
}

TEST(KeyValue, CommasAndSemicolonsSeparate) {
  KeyValue k;
  ASSERT_TRUE(k.ok("a=1, b='x, y'; c=3;"));
  const Pairs wanted = {{"a", "1"}, {"b", "x, y"}, {"c", "3"}};
  EXPECT_EQ(k.pairs(), wanted);
}

TEST(KeyValue, AQuotedEqualsSignIsText) {
  KeyValue k;
  ASSERT_TRUE(k.ok(R"(user="x\" admin=yes" ok=1 url=http://h/?a=b)"));
  EXPECT_EQ(k.value("user"), "x\" admin=yes");
  EXPECT_EQ(k.value("admin"), "<none>");
  EXPECT_EQ(k.value("url"), "http://h/?a=b");
}

TEST(KeyValue, AQuoteThatIsNotClosedIsSaid) {
  KeyValue k;
  ASSERT_TRUE(k.ok("a=1 b=\"x y c=2"));
  EXPECT_TRUE(k.has(Anomaly::key_value_invalid));
  EXPECT_EQ(k.value("b"), "x y c=2");
  ASSERT_TRUE(k.ok("a=1 b=\"x\\"));
  EXPECT_EQ(k.value("b"), "x\\");
}

TEST(KeyValue, FewerThanTwoPairsAreNone) {
  KeyValue k;
  for (const char* text : {"", "hello", "a=1", "only one=1 here", "=1 =2", "time=1700000000"}) {
    EXPECT_FALSE(k.ok(text)) << text;
    EXPECT_TRUE(k.has(Anomaly::key_value_invalid)) << text;
    EXPECT_TRUE(k.pairs().empty()) << text;
    EXPECT_FALSE(k.event.has_time) << text;
  }
}

TEST(KeyValue, CountsAreBounded) {
  KeyValue k;
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "k" + std::to_string(i) + "=1 ";
  ASSERT_TRUE(k.ok(many));
  EXPECT_EQ(k.event.field_count, max_fields);
  EXPECT_TRUE(k.has(Anomaly::field_limit));
  EXPECT_FALSE(k.ok(std::string(1000, 'k') + "=1 b=2")) << "a word so long is no name";
}

}  // namespace
}  // namespace tocsin::ingest
