#include "ingest/syslog/body.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tocsin::ingest {
namespace {

using event::Anomaly;
using namespace std::string_literals;

event::Anomalies check(const std::string& text) {
  const auto block = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), block.get());
  return check_bytes({block.get(), text.size()});
}

TEST(Body, EveryByteAtEveryPlace) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
    for (const std::size_t size : {1U, 2U, 15U, 16U, 17U, 31U, 32U, 33U, 100U}) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(byte);
        const event::Anomalies found = check(text);
        ASSERT_EQ(found.has(Anomaly::control_bytes), control) << byte << " at " << at;
        ASSERT_EQ(found.has(Anomaly::bad_utf8), byte >= 0x80) << byte << " at " << at;
      }
    }
  }
  EXPECT_TRUE(check("").empty());
}

TEST(Body, Utf8) {
  EXPECT_TRUE(check("Gr\xC3\xBC\xC3\x9F"
                    "e, \xE4\xB8\x96\xE7\x95\x8C \xE2\x82\xAC and more ASCII behind it")
                  .empty());
  for (const std::string& bad :
       {"overlong \xC0\xAF here"s, "surrogate \xED\xA0\x80 here"s, "cut at the end \xE2\x82"s,
        "\xFF"s, "too large \xF4\x90\x80\x80 here"s, "abcdefg\xC3"s, "abcdefgh\xC3"s})
    EXPECT_TRUE(check(bad).has(Anomaly::bad_utf8)) << bad;
}

SyslogHeader repeat(std::string_view message) {
  SyslogHeader header;
  header.message = message;
  find_repeat(header);
  EXPECT_EQ(header.message, message);
  return header;
}

TEST(Body, RepeatedMessages) {
  SyslogHeader header = repeat("message repeated 5 times: [ Failed password for root [x]]");
  EXPECT_EQ(header.repeat, 5U);
  EXPECT_EQ(header.repeated, "Failed password for root [x]");
  header = repeat("message repeated 2 times: [Failed, and cut");
  EXPECT_EQ(header.repeat, 2U);
  EXPECT_EQ(header.repeated, "Failed, and cut");
  header = repeat("last message repeated 3 times");
  EXPECT_EQ(header.repeat, 3U);
  EXPECT_TRUE(header.repeated.empty());
}

TEST(Body, WhatOnlyLooksRepeated) {
  for (const char* message :
       {"message repeated 0 times: [ x]", "message repeated -1 times: [ x]",
        "message repeated 99999999999 times: [ x]", "message repeated five times: [ x]",
        "message repeated 5 times without a bracket", "last message repeated often, it seems",
        "a message repeated 5 times: [ x]", "message repeated 5"}) {
    const SyslogHeader header = repeat(message);
    EXPECT_EQ(header.repeat, 1U) << message;
    EXPECT_TRUE(header.repeated.empty()) << message;
  }
}

}  // namespace
}  // namespace tocsin::ingest
