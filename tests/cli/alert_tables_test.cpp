#include "cli/alert_tables.hpp"

#include <gtest/gtest.h>

namespace tocsin::cli {
namespace {

TEST(AlertTablesTest, AlertsComeBeforeLockouts) {
  AlertTables tables;
  EXPECT_TRUE(tables.empty());
  EXPECT_EQ(tables.text(0), "");
  event::Lockout lockout;
  lockout.user = "bob";
  lockout.refused = "cap";
  tables.add(lockout);
  const std::string lockouts =
      "lockout at (UTC)     account  until                ordered\n"
      "1970-01-01T00:00:00  bob      1970-01-01T00:00:00  no: cap\n";
  EXPECT_FALSE(tables.empty());
  EXPECT_EQ(tables.text(0), lockouts);
  event::Alert alert;
  alert.rule_level = "high";
  alert.rule_title = "Brute force";
  alert.group = {{"user.name", "bob"}, {"source.ip", "::1"}};
  alert.count = 5;
  alert.total = 7;
  alert.last_seen = base::EventTime(61'900'000'000);
  tables.add(alert);
  EXPECT_EQ(tables.text(0),
            "fired at (UTC)       level  alert        who and where                count  total  "
            "last seen\n"
            "1970-01-01T00:00:00  high   Brute force  user.name=bob source.ip=::1  5      7      "
            "1970-01-01T00:01:01\n"
            "\n" +
                lockouts);
}

TEST(AlertTablesTest, AuthorsOfTheRulesAreNamedOnceEach) {
  AlertTables tables;
  event::Alert alert;
  for (const char* author : {"Ann", "", "Bob\x1b, C", "Ann"}) {
    alert.rule_author = author;
    tables.add(alert);
  }
  const std::string text = tables.text(0);
  const std::string last = "rules by: Ann; Bob\\x1b, C\n";
  ASSERT_GT(text.size(), last.size());
  EXPECT_EQ(text.substr(text.size() - last.size()), last);
}

TEST(AlertTablesTest, WhatPeopleDidStandsBehindTheAlert) {
  event::Alert alert;
  alert.rule_title = "Brute force";
  alert.id.bytes[0] = 0xAB;
  event::Alert into;
  into.id.bytes[0] = 0xCD;
  alert.merged_into = into.id;
  event::LifeCycle life;
  life.status = event::AlertStatus::closed;
  life.reason = event::CloseReason::duplicate;
  life.assignee = "alice";
  life.tags = {"a", "b"};
  EXPECT_EQ(life_text(life), "closed (duplicate), alice has it, tagged a, b");
  AlertTables tables;
  tables.add(alert, life);
  EXPECT_FALSE(tables.empty());
  const std::string text = tables.text(0);
  EXPECT_TRUE(text.starts_with("id            fired at (UTC)")) << text;
  EXPECT_NE(text.find("\nab0000000000  1970-01-01T00:00:00"), std::string::npos) << text;
  EXPECT_NE(text.find("tagged a, b, joined to cd0000000000\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace tocsin::cli
