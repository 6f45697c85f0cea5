#include "event/logsource.hpp"

#include <gtest/gtest.h>

namespace tocsin::event {
namespace {

TEST(LogsourceTest, ARuleCoversWhatItDoesNotSet) {
  EXPECT_TRUE((Logsource{"", "linux", ""}).covers({"", "linux", "sshd"}));
  EXPECT_FALSE((Logsource{"", "linux", "sshd"}).covers({"", "linux", ""}));
}

}  // namespace
}  // namespace tocsin::event
