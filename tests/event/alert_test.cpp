#include "event/alert.hpp"

#include <gtest/gtest.h>

namespace tocsin::event {
namespace {

TEST(AlertTest, ComesBackFromItsBytes) {
  Alert alert;
  alert.rule_id = "r";
  alert.group = {{"user.name", "bob"}};
  alert.evidence = {Seq(1), Seq(5)};
  alert.merged_into = AlertId{};
  EXPECT_EQ(decode_alert(encode(alert)), alert);
  EXPECT_FALSE(decode_alert(encode(alert).substr(1)));
}

}  // namespace
}  // namespace tocsin::event
