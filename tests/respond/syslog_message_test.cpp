#include "respond/syslog_message.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "respond/outbox.hpp"

namespace tocsin::respond {
namespace {

const SyslogHeader header{10, "siem1", "77"};

event::OutboxRow row_of(std::string id, std::string body) {
  return {"c", 1, std::move(id), std::move(body), 0};
}

TEST(SyslogMessageTest, CarriesWhatTheBodySays) {
  const std::string body =
      R"({"id":"x-1","event":"alert","change":"fired","level":"high","rule":"r1",)"
      R"("time":"2026-01-02T03:04:05.123456789Z","alert":{}})";
  EXPECT_EQ(syslog_message(row_of("x-1", body), header),
            "<83>1 2026-01-02T03:04:05.123456Z siem1 tocsin 77 alert [tocsin@32473 id=\"x-1\" "
            "event=\"alert\" change=\"fired\" level=\"high\" rule=\"r1\"] " +
                body);
}

TEST(SyslogMessageTest, SeverityFollowsTheLevel) {
  const auto priority = [](std::string_view level) {
    const std::string message =
        syslog_message(row_of("x", "{\"level\":\"" + std::string(level) + "\"}"), {0, "h", "1"});
    return message.substr(0, message.find('>') + 1);
  };
  EXPECT_EQ(priority("critical"), "<2>");
  EXPECT_EQ(priority("high"), "<3>");
  EXPECT_EQ(priority("medium"), "<4>");
  EXPECT_EQ(priority("low"), "<5>");
  EXPECT_EQ(priority("informational"), "<6>");
  EXPECT_EQ(priority("?"), "<4>");
}

TEST(SyslogMessageTest, StructuredDataIsEscaped) {
  const std::string body = R"({"rule":"a\"b]c\\d\ne","time":"no time"})";
  const std::string message = syslog_message(row_of("i", body), {10, "", ""});
  EXPECT_TRUE(
      message.starts_with(R"(<84>1 - - tocsin - - [tocsin@32473 id="i" rule="a\"b\]c\\d\\x0ae"] )"))
      << message;
}

TEST(SyslogMessageTest, AnotherBodyGetsDefaults) {
  for (const char* body : {"", "no json", "[1]", "{\"level\":1}", "{"})
    EXPECT_EQ(syslog_message(row_of("i", body), header),
              "<84>1 - siem1 tocsin 77 - [tocsin@32473 id=\"i\"] " + std::string(body));
}

TEST(SyslogMessageTest, NoByteOfAnyNameDoesHarm) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  all += "\xe2\x80\xae\xe2\x80\xa8\xc0\xaf";
  event::Alert alert;
  alert.rule_id = all;
  alert.rule_level = all;
  alert.group = {{all, all}};
  const ChannelOptions channel{.name = "c"};
  auto rows = outbox_rows(alert, Change::fired, {&channel, 1});
  rows.push_back(row_of(all, all));
  for (const event::OutboxRow& each : rows) {
    const std::string message = syslog_message(each, {10, all, all});
    for (const char c : message) {
      ASSERT_GE(static_cast<unsigned char>(c), 0x20);
      ASSERT_NE(c, 0x7F);
    }
    for (const char* hidden : {"\xe2\x80\xae", "\xe2\x80\xa8", "\xc0"})
      EXPECT_EQ(message.find(hidden), std::string::npos);
  }
}

TEST(SyslogMessageTest, LengthCountsBytes) { EXPECT_EQ(octet_counted("\xc3\xa9x"), "3 \xc3\xa9x"); }

TEST(SyslogMessageTest, FacilitiesHaveTheirNumbers) {
  EXPECT_EQ(facility_number("user"), 1);
  EXPECT_EQ(facility_number("authpriv"), 10);
  EXPECT_EQ(facility_number("local7"), 23);
  EXPECT_EQ(facility_number("nonsense"), 10);
}

}  // namespace
}  // namespace tocsin::respond
