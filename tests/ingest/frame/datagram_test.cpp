#include "ingest/frame/datagram.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/ingest/test_data.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;
using namespace std::string_literals;

class DatagramTest : public testing::Test {
 protected:
  bool add(std::string_view bytes, bool truncated = false, FrameLimits limits = {}) {
    batch_.clear();
    return add_datagram(bytes, truncated, batch_, event::SourceId(2), base::ReceivedTime(9),
                        limits);
  }
  event::Batch batch_;
};

TEST_F(DatagramTest, OneDatagramIsOneFrame) {
  ASSERT_TRUE(add("<13>one\ntwo"));
  EXPECT_EQ(batch_.raw(0), "<13>one\ntwo");
  EXPECT_EQ(batch_.frames[0].source, event::SourceId(2));
  EXPECT_EQ(batch_.frames[0].received, base::ReceivedTime(9));
  EXPECT_TRUE(batch_.frames[0].anomalies.empty());
}

TEST_F(DatagramTest, TerminatorsAreDropped) {
  for (const std::string& bytes : {"<13>x\n"s, "<13>x\r\n"s, "<13>x\0"s, "<13>x\n\0"s}) {
    ASSERT_TRUE(add(bytes));
    EXPECT_EQ(batch_.raw(0), "<13>x");
    EXPECT_TRUE(batch_.frames[0].anomalies.empty());
  }
}

TEST_F(DatagramTest, NothingButTerminatorsIsNoFrame) {
  for (const std::string& bytes : {""s, "\n"s, "\r\n\0"s}) {
    EXPECT_FALSE(add(bytes));
    EXPECT_TRUE(batch_.frames.empty());
  }
}

TEST_F(DatagramTest, FaultsAreMarked) {
  ASSERT_TRUE(add("a\0b"s));
  EXPECT_TRUE(batch_.frames[0].anomalies.has(Anomaly::frame_nul));
  ASSERT_TRUE(add("cut", true));
  EXPECT_TRUE(batch_.frames[0].anomalies.has(Anomaly::frame_truncated));
  ASSERT_TRUE(add("1234567\xC3\xA9", false, {.max_frame = 8}));
  EXPECT_EQ(batch_.raw(0), "1234567");
  EXPECT_TRUE(batch_.frames[0].anomalies.has(Anomaly::frame_truncated));
}

TEST_F(DatagramTest, FramingCorpus) {
  const auto records = test::read_records("linux/syslog_framing.ndjson");
  if (records.empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  std::size_t cases = 0;
  for (const test::Record& record : records) {
    if (record.text("transport") != "udp") continue;
    ASSERT_TRUE(add(record.text("stream")));
    EXPECT_EQ(batch_.raw(0), record.texts("frames").at(0));
    ++cases;
  }
  EXPECT_EQ(cases, 1U);
}

}  // namespace
}  // namespace tocsin::ingest
