#include "ingest/syslog/syslog_header.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(SyslogHeader, StatesNothingUntilItIsRead) {
  const SyslogHeader header;
  EXPECT_EQ(header.facility, -1);
  EXPECT_EQ(header.severity, -1);
  EXPECT_EQ(header.repeat, 1U);
  EXPECT_FALSE(header.has_time);
  EXPECT_EQ(header.form, HeaderForm::none);
  EXPECT_TRUE(header.message.empty());
}

}  // namespace
}  // namespace tocsin::ingest
