#include "ingest/decode/json_names.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(JsonNames, TimesAreRanked) {
  EXPECT_EQ(json_role("@timestamp"), 1);
  EXPECT_LT(json_role("time"), json_role("EventTime"));
  EXPECT_LE(json_role("_SOURCE_REALTIME_TIMESTAMP"), JsonRole::last_time);
  EXPECT_NE(json_role("_SOURCE_REALTIME_TIMESTAMP"), JsonRole::none);
  EXPECT_TRUE(is_always_utc(json_role("UtcTime")));
  EXPECT_FALSE(is_always_utc(json_role("EventTime")));
  EXPECT_FALSE(is_always_utc(JsonRole::none));
  EXPECT_FALSE(is_always_utc(JsonRole::journal_pid));
}

TEST(JsonNames, JournaldNamesHaveTheHeadersFields) {
  EXPECT_EQ(journal_field(json_role("MESSAGE")), event::field::message);
  EXPECT_EQ(journal_field(json_role("_HOSTNAME")), event::field::host_name);
  EXPECT_EQ(journal_field(json_role("SYSLOG_PID")), event::field::process_pid);
  EXPECT_EQ(journal_field(json_role("message")), event::FieldTable::unknown);
  EXPECT_EQ(json_role("Message"), JsonRole::none);
}

}  // namespace
}  // namespace tocsin::ingest
