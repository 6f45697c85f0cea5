#include "event/life_cycle.hpp"

#include <gtest/gtest.h>

namespace tocsin::event {
namespace {

using base::ReceivedTime;

const Actor bob{1000, "bob"};

// Makes the change, or gives the code of the refusal.
std::string change(LifeCycle& life, const ChangeRequest& request) {
  const auto planned = plan_change(life, request, bob, ReceivedTime(7));
  if (!planned) return planned.error().code;
  EXPECT_EQ(planned->number, life.changes + 1);
  EXPECT_EQ(planned->by, bob);
  EXPECT_EQ(planned->at, ReceivedTime(7));
  apply(life, *planned);
  return "";
}

ChangeRequest to(AlertAction action, CloseReason reason = CloseReason::none,
                 std::string text = {}) {
  return {action, reason, {}, std::move(text)};
}

ChangeRequest value(AlertAction action, std::string text) {
  return {action, CloseReason::none, std::move(text), {}};
}

LifeCycle life_with(AlertStatus status) {
  LifeCycle life;
  life.status = status;
  return life;
}

TEST(LifeCycle, EachStatusAllowsWhatMakesSense) {
  using enum AlertAction;
  using enum AlertStatus;
  struct Row {
    AlertStatus from;
    std::array<bool, 4> allowed;  // acknowledge, progress, close, reopen
  };
  for (const Row& row :
       {Row{open, {true, true, true, false}}, Row{acknowledged, {false, true, true, false}},
        Row{in_progress, {true, false, true, false}}, Row{closed, {false, false, false, true}}}) {
    for (std::size_t i = 0; i < 4; ++i) {
      const AlertAction action = std::array{acknowledge, progress, close, reopen}[i];
      LifeCycle life = life_with(row.from);
      const auto reason = action == close ? CloseReason::benign : CloseReason::none;
      EXPECT_EQ(change(life, to(action, reason)), row.allowed[i] ? "" : "event-3")
          << name_of(row.from) << " " << name_of(action);
      const AlertStatus then = std::array{acknowledged, in_progress, closed, open}[i];
      EXPECT_EQ(life.status, row.allowed[i] ? then : row.from);
    }
  }
}

TEST(LifeCycle, ClosingHasAReasonAndReopeningTakesIt) {
  using enum AlertAction;
  LifeCycle life;
  EXPECT_EQ(change(life, to(close)), "event-2");
  EXPECT_EQ(change(life, to(close, CloseReason::other)), "event-2") << "other says what";
  EXPECT_EQ(change(life, to(acknowledge, CloseReason::benign)), "event-2");
  EXPECT_EQ(change(life, to(close, CloseReason::other, "a drill")), "");
  EXPECT_EQ(status_text(life), "closed (other)");
  EXPECT_EQ(change(life, to(reopen)), "");
  EXPECT_EQ(status_text(life), "open");
  EXPECT_EQ(life.changes, 2U);
}

TEST(LifeCycle, AssigneesAndTags) {
  using enum AlertAction;
  LifeCycle life;
  EXPECT_EQ(change(life, value(assign, "")), "event-3") << "nobody has it already";
  EXPECT_EQ(change(life, value(assign, "alice")), "");
  EXPECT_EQ(change(life, value(assign, "alice")), "event-3");
  EXPECT_EQ(change(life, value(assign, "bob")), "");
  EXPECT_EQ(life.assignee, "bob");
  EXPECT_EQ(change(life, value(assign, "")), "");
  EXPECT_EQ(life.assignee, "");
  EXPECT_EQ(change(life, value(untag, "vpn")), "event-3");
  EXPECT_EQ(change(life, value(tag, "vpn")), "");
  EXPECT_EQ(change(life, value(tag, "crown jewels")), "");
  EXPECT_EQ(change(life, value(tag, "vpn")), "event-3");
  EXPECT_EQ(life.tags, (std::vector<std::string>{"crown jewels", "vpn"}));
  EXPECT_EQ(change(life, value(untag, "vpn")), "");
  EXPECT_EQ(life.tags, std::vector<std::string>{"crown jewels"});
  for (std::size_t i = 1; i < max_tags; ++i)
    EXPECT_EQ(change(life, value(tag, std::to_string(i))), "");
  EXPECT_EQ(change(life, value(tag, "one more")), "event-3");
}

TEST(LifeCycle, TextsAreBoundedAndClean) {
  using enum AlertAction;
  LifeCycle life;
  EXPECT_EQ(change(life, to(comment)), "event-2");
  EXPECT_EQ(change(life, value(tag, "")), "event-2");
  EXPECT_EQ(change(life, value(comment, "a value")), "event-2");
  for (const std::string bad : {"\x1b[31m", "two\nlines", "\xff", "\u202e", "\x7f"}) {
    EXPECT_EQ(change(life, to(comment, CloseReason::none, bad)), "event-2");
    EXPECT_EQ(change(life, to(acknowledge, CloseReason::none, bad)), "event-2");
    EXPECT_EQ(change(life, value(tag, bad)), "event-2");
    EXPECT_EQ(change(life, value(assign, bad)), "event-2");
  }
  EXPECT_EQ(change(life, to(comment, CloseReason::none, std::string("a\0b", 3))), "event-2");
  const auto longest = [&](std::size_t most, auto request) {
    EXPECT_EQ(change(life, request(std::string(most + 1, 'x'))), "event-2");
    EXPECT_EQ(change(life, request(std::string(most, 'x'))), "");
  };
  longest(max_comment, [](std::string text) { return to(comment, CloseReason::none, text); });
  longest(max_tag, [](std::string text) { return value(tag, text); });
  longest(max_assignee, [](std::string text) { return value(assign, text); });
  EXPECT_EQ(change(life, to(comment, CloseReason::none, "Schöne Grüße, 日本")), "");
}

TEST(LifeCycle, AThousandChangesAreTheMost) {
  LifeCycle life;
  for (std::uint32_t i = 0; i < max_alert_changes; ++i)
    ASSERT_EQ(change(life, to(AlertAction::comment, CloseReason::none, "again")), "");
  EXPECT_EQ(change(life, to(AlertAction::comment, CloseReason::none, "again")), "event-3");
  EXPECT_EQ(life.changes, max_alert_changes);
}

TEST(LifeCycle, NamesAreReadBack) {
  for (const auto status : {AlertStatus::open, AlertStatus::acknowledged, AlertStatus::in_progress,
                            AlertStatus::closed})
    EXPECT_EQ(parse_alert_status(name_of(status)), status);
  EXPECT_EQ(parse_close_reason("false_positive"), CloseReason::false_positive);
  EXPECT_EQ(parse_close_reason("none"), std::nullopt) << "that is no reason";
  EXPECT_EQ(parse_close_reason("OTHER"), std::nullopt);
  EXPECT_EQ(parse_alert_action("untag"), AlertAction::untag);
  EXPECT_EQ(parse_alert_action(""), std::nullopt);
}

TEST(LifeCycle, BytesAreReadBackAndDamageIsSeen) {
  LifeCycle life;
  std::vector<std::string> stored;
  for (const ChangeRequest& request :
       {value(AlertAction::assign, "alice"), value(AlertAction::tag, "vpn"),
        to(AlertAction::close, CloseReason::other, "a drill")}) {
    const auto planned = plan_change(life, request, bob, ReceivedTime(-5));
    ASSERT_TRUE(planned);
    apply(life, *planned);
    const auto read = decode_alert_change(encode(*planned));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, *planned);
    stored.push_back(encode(*planned));
  }
  const auto read = decode_life_cycle(encode(life));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, life);
  stored.push_back(encode(life));
  for (const std::string& bytes : stored) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string cut = bytes.substr(0, size);
      EXPECT_FALSE(decode_alert_change(cut));
      EXPECT_FALSE(decode_life_cycle(cut)) << size;
    }
    EXPECT_FALSE(decode_alert_change(bytes + 'x'));
    std::string newer = bytes;
    newer[0] = 9;
    EXPECT_FALSE(decode_alert_change(newer));
    EXPECT_FALSE(decode_life_cycle(newer));
  }
}

TEST(LifeCycle, AnUntouchedAlertsJsonIsTheAlerts) {
  Alert alert;
  alert.rule_title = "A rule";
  LifeCycle life;
  EXPECT_EQ(json_of(alert, life), json_of(alert));
  const auto planned = plan_change(life, to(AlertAction::close, CloseReason::benign, "a \"test\""),
                                   bob, ReceivedTime(0));
  ASSERT_TRUE(planned);
  apply(life, *planned);
  const std::string plain = json_of(alert);
  const std::string listed = json_of(alert, life);
  EXPECT_EQ(listed,
            plain.substr(0, plain.size() - 1) +
                R"(,"life_cycle":{"status":"closed","reason":"benign","assignee":null,"tags":[],)"
                R"("changes":1,"changed":"1970-01-01T00:00:00.000000000Z"}})");
  const std::string shown = json_of(alert, life, std::span(&*planned, 1));
  EXPECT_EQ(shown, listed.substr(0, listed.size() - 2) +
                       R"(,"history":[{"number":1,"at":"1970-01-01T00:00:00.000000000Z",)"
                       R"("uid":1000,"user":"bob","action":"close","from":"open","to":"closed",)"
                       R"("reason":"benign","text":"a \"test\""}]}})");
}

TEST(LifeCycle, ChangesInWords) {
  const auto words = [](LifeCycle life, const ChangeRequest& request) {
    const auto planned = plan_change(life, request, bob, ReceivedTime(0));
    return planned ? text_of(*planned) : planned.error().sentence;
  };
  LifeCycle life;
  EXPECT_EQ(words(life, to(AlertAction::close, CloseReason::benign)), "open -> closed (benign)");
  EXPECT_EQ(words(life, value(AlertAction::assign, "alice")), "assigned to alice");
  EXPECT_EQ(words(life, to(AlertAction::comment, CloseReason::none, "x")), "commented");
  EXPECT_EQ(words(life, value(AlertAction::tag, "vpn")), "tagged vpn");
  life.assignee = "alice";
  life.tags = {"vpn"};
  EXPECT_EQ(words(life, value(AlertAction::assign, "bob")), "assigned to bob, was alice's");
  EXPECT_EQ(words(life, value(AlertAction::assign, "")), "taken from alice");
  EXPECT_EQ(words(life, value(AlertAction::untag, "vpn")), "no longer tagged vpn");
}

}  // namespace
}  // namespace tocsin::event
