#include "respond/outbox.hpp"

#include <gtest/gtest.h>

namespace tocsin::respond {
namespace {

const std::string id_text = "0a000000000000000000000000000000";

event::Alert sample() {
  event::Alert alert;
  alert.id.bytes[0] = 10;
  alert.rule_id = "r1";
  alert.rule_title = "Brute \"force\"";
  alert.rule_level = "medium";
  alert.group = {{"user.name", "a\nb"}};
  alert.fired_at = base::EventTime(1'000'000'000);
  alert.last_seen = base::EventTime(2'000'000'000);
  alert.total = 9;
  return alert;
}

TEST(OutboxTest, EachChannelGetsWhatItAskedFor) {
  const std::vector<ChannelOptions> channels = {
      {.name = "all"},
      {.name = "high-only", .min_level = "high"},
      {.name = "medium-up", .min_level = "medium", .amendments = true},
      {.name = "lockouts", .events = {"lockout"}},
  };
  const auto names = [](const std::vector<event::OutboxRow>& rows) {
    std::string all;
    for (const event::OutboxRow& row : rows) all += row.channel + " ";
    return all;
  };
  EXPECT_EQ(names(outbox_rows(sample(), Change::fired, channels)), "all medium-up ");
  EXPECT_EQ(names(outbox_rows(sample(), Change::amended, channels)), "medium-up ");
  EXPECT_EQ(names(outbox_rows(sample(), Change::merged, channels)), "all medium-up ");
  EXPECT_EQ(names(outbox_rows(event::Lockout(), channels)), "all high-only medium-up lockouts ");
  EXPECT_TRUE(outbox_rows(sample(), Change::fired, {}).empty());
}

TEST(OutboxTest, IdsTellRevisionsApart) {
  const ChannelOptions channel{.name = "c", .amendments = true};
  EXPECT_EQ(outbox_rows(sample(), Change::fired, {&channel, 1})[0].id, id_text + "-1");
  EXPECT_EQ(outbox_rows(sample(), Change::amended, {&channel, 1})[0].id, id_text + "-1.9");
  EXPECT_EQ(outbox_rows(sample(), Change::merged, {&channel, 1})[0].id, id_text + "-2");
  EXPECT_EQ(outbox_rows(sample(), Change::fired, {&channel, 1}),
            outbox_rows(sample(), Change::fired, {&channel, 1}));
}

TEST(OutboxTest, AlertBody) {
  const ChannelOptions channel{.name = "c", .amendments = true};
  EXPECT_EQ(
      outbox_rows(sample(), Change::fired, {&channel, 1})[0].body,
      "{\"id\":\"" + id_text +
          "-1\",\"event\":\"alert\",\"change\":\"fired\",\"level\":\"medium\",\"rule\":\"r1\","
          "\"time\":\"1970-01-01T00:00:01.000000000Z\",\"alert\":" +
          event::json_of(sample()) + "}");
  EXPECT_NE(outbox_rows(sample(), Change::amended, {&channel, 1})[0].body.find(
                "\"change\":\"amended\",\"level\":\"medium\",\"rule\":\"r1\","
                "\"time\":\"1970-01-01T00:00:02.000000000Z\""),
            std::string::npos);
}

TEST(OutboxTest, LockoutBody) {
  const ChannelOptions channel{.name = "c"};
  event::Lockout lockout;
  lockout.seq = event::Seq(7);
  lockout.k = 1;
  lockout.user = "alice";
  lockout.alert = sample().id;
  lockout.rule_id = "r1";
  const auto rows = outbox_rows(lockout, {&channel, 1});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].id, id_text + "-lockout-7-1");
  EXPECT_TRUE(rows[0].body.starts_with(
      "{\"id\":\"" + id_text +
      "-lockout-7-1\",\"event\":\"lockout\",\"change\":\"ordered\",\"rule\":\"r1\","
      "\"time\":\"1970-01-01T00:00:00.000000000Z\",\"lockout\":{\"seq\":7,\"k\":1,"))
      << rows[0].body;
  EXPECT_TRUE(rows[0].body.ends_with("\"refused\":null}}"));
  lockout.refused = "cap";
  EXPECT_NE(outbox_rows(lockout, {&channel, 1})[0].body.find("\"change\":\"refused\""),
            std::string::npos);
}

TEST(OutboxTest, LevelsAreOrdered) {
  EXPECT_LT(level_number("informational"), level_number("low"));
  EXPECT_LT(level_number("low"), level_number("medium"));
  EXPECT_LT(level_number("medium"), level_number("high"));
  EXPECT_LT(level_number("high"), level_number("critical"));
  EXPECT_EQ(level_number("whatever"), 0);
}

}  // namespace
}  // namespace tocsin::respond
