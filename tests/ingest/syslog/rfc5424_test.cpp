#include "ingest/syslog/rfc5424.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::ingest {
namespace {

using event::Anomaly;

class Rfc5424Test : public testing::Test {
 protected:
  Rfc5424 read(std::string_view text, bool has_priority = true) {
    out_ = {};
    text_ = text;
    return read_rfc5424(text_, has_priority, options_, out_, stated_);
  }

  std::string text_;
  SyslogOptions options_;
  SyslogHeader out_;
  StatedTime stated_;
};

TEST_F(Rfc5424Test, AllParts) {
  ASSERT_EQ(read(R"(1 2003-10-11T22:14:15.003Z h su 12 ID47 [a x="1"][b] the text)"), Rfc5424::yes);
  EXPECT_EQ(stated_.second_of_day, 22 * 3600 + 14 * 60 + 15);
  EXPECT_EQ(out_.host, "h");
  EXPECT_EQ(out_.program, "su");
  EXPECT_EQ(out_.pid, "12");
  EXPECT_EQ(out_.msgid, "ID47");
  EXPECT_EQ(out_.structured_data, R"([a x="1"][b])");
  EXPECT_EQ(out_.message, "the text");
  EXPECT_TRUE(out_.anomalies.empty());
}

TEST_F(Rfc5424Test, NilEverywhere) {
  for (const char* text : {"1 - - - - - -", "1 - - - - - - "}) {
    ASSERT_EQ(read(text), Rfc5424::yes);
    EXPECT_EQ(stated_.form, TimeForm::none);
    EXPECT_TRUE(stated_.valid);
    EXPECT_TRUE(out_.host.empty() && out_.program.empty() && out_.pid.empty());
    EXPECT_TRUE(out_.msgid.empty() && out_.structured_data.empty() && out_.message.empty());
    EXPECT_TRUE(out_.anomalies.empty());
  }
}

TEST_F(Rfc5424Test, ByteOrderMarkIsNoPartOfTheMessage) {
  ASSERT_EQ(read("1 - - - - - - \xEF\xBB\xBF'su'"), Rfc5424::yes);
  EXPECT_EQ(out_.message, "'su'");
}

// As rsyslog's RSYSLOG_SyslogProtocol23Format has it.
TEST_F(Rfc5424Test, ASecondBlankIsNoPartOfTheMessage) {
  ASSERT_EQ(read("1 - host sshd 77 - -  Failed password"), Rfc5424::yes);
  EXPECT_EQ(out_.message, "Failed password");
  ASSERT_EQ(read("1 - - - - - [a b=\"c\"]   two more"), Rfc5424::yes);
  EXPECT_EQ(out_.message, " two more") << "one, not all";
  ASSERT_EQ(read("1 - - - - - -  "), Rfc5424::yes);
  EXPECT_EQ(out_.message, "");
}

TEST_F(Rfc5424Test, LongPartsAreCut) {
  const std::string host(256, 'h');
  const std::string name(49, 'n');
  const std::string pid(129, 'p');
  const std::string msgid(33, 'm');
  ASSERT_EQ(read("1 - " + host + " " + name + " " + pid + " " + msgid + " - x"), Rfc5424::yes);
  EXPECT_EQ(out_.host.size(), 255U);
  EXPECT_EQ(out_.program.size(), 48U);
  EXPECT_EQ(out_.pid.size(), 128U);
  EXPECT_EQ(out_.msgid.size(), 32U);
  EXPECT_EQ(out_.message, "x");
  EXPECT_TRUE(out_.anomalies.has(Anomaly::header_truncated));
  ASSERT_EQ(read("1 - " + host.substr(1) + " " + name.substr(1) + " - - - x"), Rfc5424::yes);
  EXPECT_TRUE(out_.anomalies.empty());
  // A code point is not split: 254 bytes, then two.
  ASSERT_EQ(read("1 - " + host.substr(2) + "\xC3\xA9 - - - - x"), Rfc5424::yes);
  EXPECT_EQ(out_.host.size(), 254U);
}

TEST_F(Rfc5424Test, OtherVersions) {
  EXPECT_EQ(read("2 2003-10-11T22:14:15Z h a - - - m"), Rfc5424::other_version);
  EXPECT_EQ(read("12 - h a - - - m"), Rfc5424::other_version);
  EXPECT_EQ(read("999 - h a - - - m"), Rfc5424::other_version);
}

TEST_F(Rfc5424Test, OtherForms) {
  for (const char* text : {"", "1", "1 ", "0 - - - - - -", "01 - - - - - -", "1000 - - - - - -",
                           "1-", "10 green bottles", "45: router1: x", "1 2003-10-11 22:14:15 h"})
    EXPECT_EQ(read(text), Rfc5424::no) << text;
  EXPECT_EQ(read("1 - h a - - - m", false), Rfc5424::no);
  EXPECT_EQ(read("1 2003-10-11T22:14:15Z h a - - - m", false), Rfc5424::yes);
}

TEST_F(Rfc5424Test, BadTimesAreTold) {
  ASSERT_EQ(read("1 2003-10-11Tnoon h a - - - m"), Rfc5424::yes);
  EXPECT_FALSE(stated_.valid);
  EXPECT_EQ(out_.host, "h");
  ASSERT_EQ(read("1 2003-10-11T22:14:60Z h a - - - m"), Rfc5424::yes);
  EXPECT_FALSE(stated_.strict);
  ASSERT_EQ(read("1 2003-10-11T22:14:15.1234567Z h a - - - m"), Rfc5424::yes);
  EXPECT_FALSE(stated_.strict);
  ASSERT_EQ(read("1 2003-10-11t22:14:15Z h a - - - m"), Rfc5424::yes);
  EXPECT_FALSE(stated_.strict);
}

TEST_F(Rfc5424Test, BadStructuredDataStaysInTheMessage) {
  for (const std::string sd :
       {R"([a x= "1"])", R"([a x="1)", "[a", R"([a x="q"uote"])", "nothing", R"([a x="1"]x)"}) {
    ASSERT_EQ(read("1 - h a - - " + sd + " m"), Rfc5424::yes);
    EXPECT_TRUE(out_.anomalies.has(Anomaly::bad_structured_data)) << sd;
    EXPECT_EQ(out_.message, sd + " m");
    EXPECT_TRUE(out_.structured_data.empty());
  }
  ASSERT_EQ(read("1 - h a - - [a][a] m"), Rfc5424::yes);
  EXPECT_TRUE(out_.anomalies.has(Anomaly::bad_structured_data));
  EXPECT_EQ(out_.structured_data, "[a][a]");
  EXPECT_EQ(out_.message, "m");
}

TEST_F(Rfc5424Test, MoreStructuredDataThanTheLimit) {
  std::string sd = "[a";
  for (int i = 0; i < 10'000; ++i) sd += " p=\"1\"";
  ASSERT_EQ(read("1 - h a - - " + sd + "] m"), Rfc5424::yes);
  EXPECT_TRUE(out_.anomalies.has(Anomaly::structured_data_limit));
  EXPECT_EQ(out_.message, "m");
}

TEST_F(Rfc5424Test, AHeaderThatEndsEarly) {
  ASSERT_EQ(read("1 2003-10-11T22:14:15Z h app"), Rfc5424::yes);
  EXPECT_EQ(out_.program, "app");
  EXPECT_TRUE(out_.anomalies.has(Anomaly::bad_structured_data));
}

}  // namespace
}  // namespace tocsin::ingest
