#include "engine/audit_trail.hpp"

#include <gtest/gtest.h>

namespace tocsin::engine {
namespace {

constexpr base::ReceivedTime noon{1'790'000'000'000'000'000};

TEST(AuditTrail, ARecordSaysWhoDidWhatAndWhatCameOfIt) {
  const AuditRecord record{.category = "configuration",
                           .action = "reloaded",
                           .success = false,
                           .by = event::Actor{1000, "bob"},
                           .message = "refused: \"x\"",
                           .more = {{"tocsin.error", "rules-3"}}};
  EXPECT_EQ(json_of(record, noon),
            R"({"@timestamp":"2026-09-21T14:13:20.000000000Z","event.kind":"event",)"
            R"("event.category":"configuration","event.action":"reloaded",)"
            R"("event.outcome":"failure","user.id":"1000","user.name":"bob",)"
            R"("tocsin.error":"rules-3","message":"refused: \"x\""})");
}

TEST(AuditTrail, NobodyIsNamedWhereTheSystemNamesNobody) {
  const AuditRecord record{
      .category = "process", .action = "stopping", .by = {}, .message = "tocsin stops"};
  EXPECT_EQ(json_of(record, noon).find("user"), std::string::npos);
}

TEST(AuditTrail, AChangeOfAnAlert) {
  store::StoredAlert changed;
  changed.alert.rule_id = "a-rule";
  changed.life.status = event::AlertStatus::closed;
  changed.life.reason = event::CloseReason::benign;
  const AuditRecord record = audit_record(changed,
                                          {.action = event::AlertAction::close,
                                           .reason = event::CloseReason::benign,
                                           .value = "",
                                           .text = "a test of ours"},
                                          {0, "root"});
  const std::string text = json_of(record, noon);
  for (const char* member :
       {R"("event.action":"alert-changed")", R"("tocsin.rule.id":"a-rule")",
        R"("tocsin.alert.change":"close")", R"("tocsin.alert.status":"closed")",
        R"("tocsin.alert.reason":"benign")", R"("tocsin.alert.comment":"a test of ours")",
        R"("user.name":"root")", R"(close, now closed (benign))"}) {
    EXPECT_NE(text.find(member), std::string::npos) << member << " in " << text;
  }
}

TEST(AuditTrail, OffItRecordsNothing) {
  const base::SystemClock clock;
  AuditTrail off(false, clock, [](const std::string& line) { ADD_FAILURE() << line; });
  off.record({.category = "process", .action = "started", .by = {}, .message = "x"});
  EXPECT_EQ(off.events(), nullptr);
}

TEST(AuditTrail, WhatThereIsNoRoomForIsSaid) {
  const base::SystemClock clock;
  std::vector<std::string> said;
  AuditTrail trail(true, clock, [&](const std::string& line) { said.push_back(line); });
  const AuditRecord record{
      .category = "process", .action = "started", .by = {}, .message = "hello"};
  for (std::size_t i = 0; i < ingest::OwnEvents::capacity; ++i) trail.record(record);
  EXPECT_TRUE(said.empty());
  trail.record(record);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("hello"), std::string::npos);
  EXPECT_EQ(trail.events()->take().size(), ingest::OwnEvents::capacity);
}

}  // namespace
}  // namespace tocsin::engine
