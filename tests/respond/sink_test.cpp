#include "respond/sink.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <fstream>

#include "respond/file_sink.hpp"
#include "respond/syslog_sink.hpp"

namespace tocsin::respond {
namespace {

TEST(SinkTest, TypesMakeTheirSinks) {
  const StopSignal stop;
  const auto file = make_sink({.name = "a", .type = "file", .path = "/tmp/x"}, stop);
  EXPECT_NE(dynamic_cast<FileSink*>(file.get()), nullptr);
  const auto syslog = make_sink({.name = "a", .type = "syslog", .address = "127.0.0.1:1"}, stop);
  EXPECT_NE(dynamic_cast<SyslogSink*>(syslog.get()), nullptr);
}

TEST(SinkTest, StopSignalStaysRaised) {
  const StopSignal stop;
  pollfd watched{stop.descriptor(), POLLIN, 0};
  EXPECT_EQ(poll(&watched, 1, 0), 0);
  stop.raise();
  stop.raise();
  EXPECT_EQ(poll(&watched, 1, 0), 1);
  EXPECT_EQ(poll(&watched, 1, 0), 1);
}

}  // namespace
}  // namespace tocsin::respond
