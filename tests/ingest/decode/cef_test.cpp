#include "ingest/decode/cef.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/time.hpp"
#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;

using Cef = DecodedBy<CefBody>;

TEST(Cef, HeaderAndExtension) {
  Cef c;
  ASSERT_TRUE(c.ok(
      "CEF:0|Example|Fire\\|wall|1.0|100|Login failed|7|rt=1700000000123 src=198.51.100.7 "
      "spt=4711 dst=10.0.0.1 dpt=22 suser=eve adams outcome=Failure act=blocked cs1=a\\=b\\\\c "
      "cs1Label=Rule Name msg=line one\\nline two"));
  const Pairs wanted = {{"observer.vendor", "Example"},
                        {"observer.product", "Fire|wall"},
                        {"observer.version", "1.0"},
                        {"event.code", "100"},
                        {"cef.name", "Login failed"},
                        {"event.severity", "7"},
                        {"rt", "1700000000123"},
                        {"source.ip", "198.51.100.7"},
                        {"source.port", "4711"},
                        {"destination.ip", "10.0.0.1"},
                        {"destination.port", "22"},
                        {"user.name", "eve adams"},
                        {"event.outcome", "failure"},
                        {"event.action", "blocked"},
                        {"cs1", "a=b\\c"},
                        {"cs1Label", "Rule Name"},
                        {"message", "line one\nline two"}};
  EXPECT_EQ(c.pairs(), wanted);
  EXPECT_EQ(c.event.time.value, 1'700'000'000'123'000'000);
  EXPECT_TRUE(c.event.anomalies.empty());
}

TEST(Cef, AnEqualsSignBehindWhatIsNoKeyIsText) {
  Cef c;
  ASSERT_TRUE(c.ok("CEF:0|v|p|1|1|n|1|request=http://h/?a=b&c=d requestMethod=GET"));
  EXPECT_EQ(c.value("url.original"), "http://h/?a=b&c=d");
  EXPECT_EQ(c.value("http.request.method"), "GET");
  EXPECT_EQ(c.value("message"), "n") << "the header's name where there is no msg";
  ASSERT_TRUE(c.ok("CEF:0|v|p|1|1|n|1|a=b=c d==e f="));
  EXPECT_EQ(c.value("a"), "b=c");
  EXPECT_EQ(c.value("d"), "=e");
  EXPECT_EQ(c.value("f"), "");
}

TEST(Cef, TimesWithMonthNames) {
  Cef c;
  ASSERT_TRUE(c.ok("CEF:0|v|p|1|1|n|1|start=Nov 22 2026 03:08:00 end=1700000000123"));
  EXPECT_EQ(c.event.time.value, 1'700'000'000'123'000'000) << "the end is nearer to the event";
  ASSERT_TRUE(c.ok("CEF:0|v|p|1|1|n|1|rt=Nov 22 2026 03:08:00"));
  EXPECT_EQ(base::format_rfc3339(c.event.time.value), "2026-11-22T03:08:00.000000000Z");
  EXPECT_TRUE(c.body.time_is_local());
  ASSERT_TRUE(c.ok("CEF:0|v|p|1|1|n|1|rt=soon"));
  EXPECT_TRUE(c.has(Anomaly::bad_time));
}

TEST(Cef, ExtensionsMayBeEmptyOrJunk) {
  Cef c;
  ASSERT_TRUE(c.ok("CEF:0|v|p|1|1|n|1|"));
  EXPECT_TRUE(c.event.anomalies.empty());
  ASSERT_TRUE(c.ok("CEF:0|v|p|1|1|n|1|no pairs at all"));
  EXPECT_TRUE(c.has(Anomaly::cef_invalid));
  ASSERT_TRUE(c.ok("CEF:0|v|p|1|1|n|1|a=1\\"));
  EXPECT_EQ(c.value("a"), "1\\");
}

TEST(Cef, WithoutItsHeaderThereIsNone) {
  Cef c;
  for (const char* text :
       {"", "CEF:", "CEF:0|v|p|1|1|n", "CEF:0|v|p|1|1|n|1", "CEF:0|v|p|1|1|n\\|1|",
        "cef:0|v|p|1|1|n|1|", "LEEF:1.0|v|p|1", "hello"}) {
    EXPECT_FALSE(c.ok(text)) << text;
    EXPECT_TRUE(c.has(Anomaly::cef_invalid)) << text;
    EXPECT_TRUE(c.batch.fields.empty()) << text;
  }
}

TEST(Cef, LeefWithTabsAndWithADelimiter) {
  Cef c;
  ASSERT_TRUE(
      c.ok("LEEF:1.0|IBM|QRadar|1|login|src=198.51.100.7\tusrName=eve adams\tsev=5\turl=a=b"));
  EXPECT_EQ(c.value("source.ip"), "198.51.100.7");
  EXPECT_EQ(c.value("user.name"), "eve adams");
  EXPECT_EQ(c.value("event.severity"), "5");
  EXPECT_EQ(c.value("url"), "a=b");
  EXPECT_EQ(c.value("event.code"), "login");
  for (const char* delimiter : {"^", "x5E", "0x5e"}) {
    ASSERT_TRUE(c.ok(std::string("LEEF:2.0|v|p|1|e|") + delimiter +
                     "|src=1.2.3.4^dstPort=22^devTime=1700000000123"));
    EXPECT_EQ(c.value("source.ip"), "1.2.3.4") << delimiter;
    EXPECT_EQ(c.value("destination.port"), "22");
    EXPECT_EQ(c.event.time.value, 1'700'000'000'123'000'000);
    EXPECT_TRUE(c.event.anomalies.empty());
  }
  ASSERT_TRUE(c.ok("LEEF:2.0|v|p|1|e||src=1.2.3.4\tdst=1.2.3.5"));
  EXPECT_EQ(c.value("destination.ip"), "1.2.3.5");
  ASSERT_TRUE(c.ok("LEEF:2.0|v|p|1|e|zzz|src=1.2.3.4\tjunk"));
  EXPECT_TRUE(c.has(Anomaly::cef_invalid));
}

TEST(Cef, EveryPrefixIsHarmless) {
  Cef c;
  const std::string text = "CEF:0|v\\|w|p|1|1|n|1|a=b\\=c d=e\\\\ f=g h rt=1700000000123";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    EXPECT_EQ(c.ok(std::string_view(text).substr(0, size)), size >= 21) << size;
    EXPECT_EQ(c.event.field_count, c.batch.fields.size());
  }
}

TEST(Cef, WorkGrowsWithLength) {
  Cef c;
  std::string text = "CEF:0|v|p|1|1|n|1|a=";
  for (int i = 0; i < 100'000; ++i) text += "= ";
  ASSERT_TRUE(c.ok(text));
  EXPECT_LE(c.pairs().size(), 20U);
}

}  // namespace
}  // namespace tocsin::ingest
