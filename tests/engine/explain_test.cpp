#include "engine/explain.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

base::EventTime at(std::string_view text) {
  return base::EventTime(base::parse_rfc3339(text, true).value_or(0));
}

class ExplainTest : public EngineTest {
 protected:
  static ExplainRequest request(std::string_view user, std::string_view time) {
    ExplainRequest request;
    request.rule = *default_setup().pipeline->rules->find(brute_force_user);
    request.group = {{"user.name", std::string(user)}};
    request.at = at(time);
    return request;
  }
  static Explanation ask(const store::Store& store, const ExplainRequest& request,
                         const engine::Setup& setup = default_setup()) {
    auto said = explain(store, setup, request);
    EXPECT_TRUE(said) << (said ? std::string() : base::to_string(said.error()));
    return said ? *std::move(said) : Explanation{};
  }
  // Bob fails three times at 22:40, eve seven times at 22:44.
  std::unique_ptr<store::Store> two_users() {
    run(options_for({write("auth.log", failures("bob", 40, 3) + failures("eve", 44, 7))},
                    path("store")));
    return open(path("store"));
  }
};

TEST_F(ExplainTest, BelowTheThreshold) {
  const auto store = two_users();
  const Explanation said = ask(*store, request("bob", "2026-11-20T22:45:00Z"));
  EXPECT_EQ(said.verdict, Verdict::not_fired);
  EXPECT_EQ(said.held.number, 3);
  EXPECT_EQ(said.missing, 2);
  ASSERT_TRUE(said.less_from);
  EXPECT_EQ(*said.less_from, at("2026-11-20T22:50:00Z")) << "the oldest leaves ten minutes later";
  EXPECT_EQ(said.counted.size(), 3U);
  EXPECT_NE(said.counted[0].raw.find("Failed password for bob"), std::string::npos);
  EXPECT_EQ(said.account->others(5).detections, 7U);
  EXPECT_FALSE(said.alert);
  EXPECT_FALSE(said.next);
}

TEST_F(ExplainTest, AtTheThresholdAndBehindIt) {
  const auto store = two_users();
  const Explanation before = ask(*store, request("eve", "2026-11-20T22:44:03Z"));
  EXPECT_EQ(before.verdict, Verdict::not_fired);
  EXPECT_EQ(before.missing, 1);
  ASSERT_TRUE(before.next);
  EXPECT_EQ(before.next->fired_by, event::Seq(8));
  const Explanation fired = ask(*store, request("eve", "2026-11-20T22:44:04Z"));
  EXPECT_EQ(fired.verdict, Verdict::fired);
  ASSERT_TRUE(fired.alert);
  EXPECT_TRUE(fired.alerts_stored);
  EXPECT_EQ(fired.alert->id, before.next->id);
  EXPECT_EQ(ask(*store, request("eve", "2026-11-20T22:44:06Z")).verdict, Verdict::amended);
  const Explanation open = ask(*store, request("eve", "2026-11-20T22:54:03Z"));
  EXPECT_EQ(open.verdict, Verdict::open) << "four are left in the window";
  EXPECT_EQ(open.held.number, 3);
}

TEST_F(ExplainTest, ATooLateEventAndOneAfterTheWindow) {
  // Two sources would hold time back; one does not.
  run(options_for({write("auth.log", failures("bob", 40, 4) + failures("eve", 45, 1) +
                                         failures("bob", 41, 1) + failures("bob", 46, 1))},
                  path("store")));
  const auto store = open(path("store"));
  const Explanation said = ask(*store, request("bob", "2026-11-20T22:45:00Z"));
  EXPECT_EQ(said.held.number, 4);
  ASSERT_EQ(said.account->too_late().total, 1U);
  EXPECT_EQ(said.account->too_late().first[0].place.seq(), event::Seq(6));
  EXPECT_EQ(said.account->too_late().first[0].behind, 180 * base::ns_per_second)
      << "the watermark stood at 22:44";
  EXPECT_EQ(said.account->after().total, 1U);
  ASSERT_TRUE(said.next);
  EXPECT_EQ(said.next->fired_by, event::Seq(7));
}

TEST_F(ExplainTest, OnlyBlocksOfThatTimeAreRead) {
  std::string log;
  for (int i = 0; i < 3; ++i) {
    for (int minute = 0; minute < 60; ++minute) {
      char hour[16];
      std::snprintf(hour, sizeof hour, "Nov 20 %02d", 10 + i);
      std::string lines = failures("u" + std::to_string(minute), minute, 30);
      for (std::size_t from = lines.find("Nov 20 22"); from != std::string::npos;
           from = lines.find("Nov 20 22", from + 9))
        lines.replace(from, 9, hour);
      log += lines;
    }
  }
  ReplayOptions options = options_for({write("auth.log", log)}, path("store"));
  options.files.batch_bytes = 4096;
  run(options);
  const auto store = open(path("store"));
  ExplainRequest asked = request("u30", "2026-11-20T11:30:10Z");
  const Explanation said = ask(*store, asked);
  EXPECT_EQ(said.verdict, Verdict::amended);
  EXPECT_EQ(said.held.number, 11);
  EXPECT_FALSE(said.whole);
  EXPECT_GT(said.first.value, 1800U);
  EXPECT_LT(said.last.value - said.first.value, 1500U);
  asked.whole = true;
  const Explanation whole = ask(*store, asked);
  EXPECT_TRUE(whole.whole);
  EXPECT_EQ(whole.first, event::Seq(1));
  EXPECT_EQ(whole.held.number, said.held.number);
  EXPECT_EQ(whole.alert->id, said.alert->id);
}

// A source whose clock ran ahead made all that came behind too late, hours before.
TEST_F(ExplainTest, WhereTheStoredAlertsDifferTheWholeLogIsRead) {
  std::string log = failures("ahead", 59, 1);
  for (int minute = 0; minute < 50; ++minute) log += failures("filler", minute, 20);
  log += failures("bob", 52, 9);
  ReplayOptions options = options_for({write("auth.log", log)}, path("store"));
  options.files.batch_bytes = 4096;
  run(options);
  const auto store = open(path("store"));
  const Explanation said = ask(*store, request("bob", "2026-11-20T22:52:08Z"));
  EXPECT_TRUE(said.whole);
  EXPECT_EQ(said.verdict, Verdict::not_fired);
  EXPECT_EQ(said.account->too_late().total, 9U);
}

TEST_F(ExplainTest, TemporalRulesAndTheOnesThatAreNotMet) {
  const auto rule = default_setup().pipeline->rules->find("ssh_guessed_password");
  ASSERT_TRUE(rule);
  run(options_for({write("auth.log", failures("bob", 40, 7))}, path("store")));
  const auto store = open(path("store"));
  ExplainRequest asked = request("bob", "2026-11-20T22:40:06Z");
  asked.rule = *rule;
  const auto& correlation = *(*default_setup().pipeline->rules)[*rule].correlation;
  asked.group.clear();
  for (const std::string& name : correlation.group_by)
    asked.group.emplace_back(name, name == "user.name" ? "bob" : "203.0.113.7");
  const Explanation said = ask(*store, asked);
  EXPECT_EQ(said.verdict, Verdict::not_fired);
  EXPECT_EQ(said.held.number, 1);
  EXPECT_EQ(said.missing, 1);
  ASSERT_FALSE(said.counted.empty());
  EXPECT_EQ(said.counted[0].inputs, std::vector<std::uint32_t>{0});
}

TEST_F(ExplainTest, ARuleOfTodayIsHeldAgainstTheLogAllTheSame) {
  const auto store = two_users();
  engine::Setup other = default_setup();
  other.pipeline = nullptr;
  for (base::SourceText& text : other.packs.rules) {
    const std::size_t found = text.text.find("gte: 5");
    if (text.name.ends_with("ssh_brute_force_user.yml") && found != std::string::npos)
      text.text.replace(found, 6, "gte: 3");
  }
  other.pipeline = build_pipeline(other.packs).pipeline;
  ASSERT_TRUE(other.pipeline);
  ExplainRequest asked = request("bob", "2026-11-20T22:40:02Z");
  asked.rule = *other.pipeline->rules->find(brute_force_user);
  asked.in_force = false;
  const Explanation said = ask(*store, asked, other);
  EXPECT_EQ(said.verdict, Verdict::fired);
  EXPECT_FALSE(said.alerts_stored);
}

TEST_F(ExplainTest, WhatCannotBeAsked) {
  const auto store = two_users();
  const auto code = [&](const ExplainRequest& asked) {
    const auto said = explain(*store, default_setup(), asked);
    return said ? std::string() : base::to_string(said.error());
  };
  ExplainRequest wrong = request("bob", "2026-11-20T22:40:02Z");
  wrong.group = {{"user.nmae", "bob"}};
  EXPECT_EQ(code(wrong), "engine-21: the rule has no group by `user.nmae`: it groups by user.name");
  wrong.group.clear();
  EXPECT_EQ(code(wrong),
            "engine-21: which group is asked for? it groups by user.name: each is "
            "given a value");
  EXPECT_EQ(code(request("bob", "2026-11-20T22:39:59Z")),
            "engine-20: the log has nothing of 2026-11-20T22:39:59.000000000Z: its events are of "
            "2026-11-20T22:40:00.000000000Z to 2026-11-20T22:44:06.000000000Z");
  EXPECT_EQ(code(request("bob", "2026-11-20T22:54:05Z")), "") << "its window still has events";
  EXPECT_TRUE(code(request("bob", "2026-11-20T22:54:06Z")).starts_with("engine-20"));
  wrong = request("bob", "2026-11-20T22:40:02Z");
  wrong.rule = *default_setup().pipeline->rules->find("ssh_failed_password");
  EXPECT_TRUE(code(wrong).starts_with("engine-22")) << code(wrong);
  const auto empty = rules_then(*open(path("empty")), at("2026-11-20T22:40:02Z"));
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, "engine-20");
}

TEST_F(ExplainTest, TheEpochOfATimeIsTheOneWhoseFramesReachedIt) {
  const std::string log = write("auth.log", failures("bob", 40, 7));
  run(options_for({log}, path("store")));
  engine::Setup other = default_setup();
  other.fold.lockout.duration = std::chrono::minutes(7);
  append("auth.log", failures("eve", 44, 3));
  run(options_for({log}, path("store")), other);
  const auto store = open(path("store"));
  const auto number = [&](std::string_view time) {
    const auto then = rules_then(*store, at(time));
    return then ? then->epoch.number : 99;
  };
  EXPECT_EQ(number("2026-11-20T22:40:03Z"), 0U);
  EXPECT_EQ(number("2026-11-20T22:43:00Z"), 0U);
  EXPECT_EQ(number("2026-11-20T22:44:01Z"), 1U);
  EXPECT_EQ(number("2026-11-20T22:50:00Z"), 1U);
}

}  // namespace
}  // namespace tocsin::engine
