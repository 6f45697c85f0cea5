#include "ingest/options.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(IngestOptions, RowsShowTheDefaultsOfTheStructs) {
  const auto frame = base::describe_options<FrameLimits>("frame", frame_option_rows());
  ASSERT_EQ(frame.size(), 2U);
  EXPECT_EQ(frame[0].key, "frame.max_frame");
  EXPECT_EQ(frame[0].default_value, "64KiB");
  EXPECT_EQ(frame[1].default_value, "16MiB");
  const auto syslog = base::describe_options<SyslogOptions>("syslog", syslog_option_rows());
  ASSERT_EQ(syslog.size(), 4U);
  EXPECT_EQ(syslog[0].default_value, "5m");
  EXPECT_EQ(syslog[1].default_value, "1w");
}

TEST(IngestOptions, ReadsAndBoundsThem) {
  const auto yaml = base::parse_yaml({"t.yaml", "max_frame: 8KiB\n"});
  ASSERT_TRUE(yaml.has_value());
  FrameLimits limits;
  EXPECT_TRUE(
      base::read_options<FrameLimits>((*yaml)[0], "t.yaml", frame_option_rows(), limits).empty());
  EXPECT_EQ(limits.max_frame, 8192U);
  const auto small = base::parse_yaml({"t.yaml", "max_frame: 1\n"});
  const auto errors =
      base::read_options<FrameLimits>((*small)[0], "t.yaml", frame_option_rows(), limits);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, "base-12");
}

}  // namespace
}  // namespace tocsin::ingest
