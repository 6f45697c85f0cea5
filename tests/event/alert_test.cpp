#include "event/alert.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tocsin::event {
namespace {

TEST(AlertTest, ComesBackFromItsBytes) {
  Alert alert;
  alert.rule_id = "r";
  alert.group = {{"user.name", "bob"}};
  alert.rule_tags = {"attack.t1110", ""};
  alert.evidence = {Seq(1), Seq(5), Seq(1ULL << 60U)};
  alert.first_seen = base::EventTime(-5);
  alert.last_seen = base::EventTime(1'700'000'000'000'000'000);
  alert.total = 300;
  alert.late = true;
  alert.merged_into = AlertId{};
  const std::string bytes = encode(alert);
  EXPECT_EQ(decode_alert(bytes), alert);
  EXPECT_FALSE(decode_alert(bytes.substr(1))) << "another version";
  EXPECT_FALSE(decode_alert(bytes + "x"));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_alert(std::string_view(bytes).substr(0, size))) << size;
}

TEST(AlertTest, ALockoutComesBackFromItsBytes) {
  Lockout lockout;
  lockout.seq = Seq(70'000);
  lockout.k = 2;
  lockout.time = base::EventTime(-1);
  lockout.user = "bob";
  lockout.alert.bytes.fill(0xEE);
  lockout.until = base::EventTime(std::numeric_limits<std::int64_t>::max());
  lockout.refused = "cap";
  const std::string bytes = encode(lockout);
  EXPECT_EQ(decode_lockout(bytes), lockout);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_lockout(std::string_view(bytes).substr(0, size))) << size;
}

}  // namespace
}  // namespace tocsin::event
