#include "respond/lockout.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/event/state_map.hpp"

namespace tocsin::respond {
namespace {

using namespace std::chrono_literals;

class LockoutTest : public testing::Test {
 protected:
  LockoutOptions options{.cap_per_minute = 3, .breaker = 10min};
  event::Alert alert;

  LockoutTest() {
    alert.id = {{1, 2, 3}};
    alert.rule_id = "brute-force";
  }

  event::Lockout ask(LockoutPolicy& policy, std::string_view user, std::chrono::nanoseconds at,
                     std::string_view host = "web1", bool authenticated = false) const {
    return policy.decide({.alert = alert,
                          .seq = event::Seq(42),
                          .k = 2,
                          .time = base::EventTime(at.count()),
                          .user = user,
                          .host = host,
                          .duration = {},
                          .authenticated = authenticated});
  }
};

TEST_F(LockoutTest, OrdersForTheRulesTimeOrTheDefault) {
  LockoutPolicy policy(options);
  const event::Lockout lockout = ask(policy, "alice", 100s);
  EXPECT_EQ(lockout,
            (event::Lockout{event::Seq(42), 2, base::EventTime((100s).count() * 1'000'000'000),
                            "alice", "web1", alert.id, "brute-force",
                            base::EventTime((100s + 30min).count() * 1'000'000'000), ""}));
  const event::Lockout shorter = policy.decide({.alert = alert,
                                                .seq = event::Seq(1),
                                                .time = base::EventTime(0),
                                                .user = "bob",
                                                .host = "",
                                                .duration = 5min});
  EXPECT_EQ(shorter.until.value, std::chrono::nanoseconds(5min).count());
  EXPECT_EQ(shorter.k, 1U);
}

TEST_F(LockoutTest, AllowlistIsComparedExactly) {
  options.never = {"root", "svc-*", "Admin", "a*b"};
  options.cap_per_minute = 100;
  LockoutPolicy policy(options);
  for (const char* user : {"root", "svc-", "svc-backup", "Admin"})
    EXPECT_EQ(ask(policy, user, 0s).refused, refusal::allowlist) << user;
  for (const char* user : {"roo", "root1", "Root", "ROOT", "svc", "admin", "axb", "xroot"})
    EXPECT_EQ(ask(policy, user, 0s).refused, "") << user;
}

TEST_F(LockoutTest, RootIsOnTheDefaultList) {
  LockoutPolicy policy{LockoutOptions()};
  EXPECT_EQ(ask(policy, "root", 0s).refused, refusal::allowlist);
}

TEST_F(LockoutTest, OnlyPlainNamesAreLocked) {
  LockoutPolicy policy(options);
  for (const std::string_view user : std::initializer_list<std::string_view>{
           "",          "-rf",        "--help",
           "a b",       "a;reboot",   "$(id)",
           "`id`",      "a|b",        "a&b",
           "a>b",       "a'b",        "a\"b",
           "a\\b",      "a\nb",       "a/b",
           "../x",      "a*",         "a?",
           "a$b",       "$",          ".",
           "..",        ".a",         "@a",
           "0",         "1000",       std::string_view("a\0b", 3),
           "a\x1b[31m", "\xc3\xa9ve", "a\xff",
           "a:b",       "a,b",        "a=b",
           "a%b",       "a!b",        "a#b",
           "~a",        "a{b}",       "a(b)",
           "a[b]",      "a+b"}) {
    EXPECT_EQ(ask(policy, user, 0s).refused, refusal::grammar) << user;
    EXPECT_FALSE(is_account_name(user)) << user;
  }
  EXPECT_EQ(ask(policy, std::string(65, 'a'), 0s).refused, refusal::grammar);
  EXPECT_EQ(ask(policy, std::string(100'000, 'a'), 0s).user.size(), 256U);
  for (const char* user :
       {"alice", "a", "Alice.B-c_d", "alice@EXAMPLE.ORG", "pc1$", "_apt", "7of9"})
    EXPECT_TRUE(is_account_name(user)) << user;
  EXPECT_TRUE(is_account_name(std::string(64, 'a')));
}

TEST_F(LockoutTest, EveryByteInANameIsJudged) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '@' || c == '-';
    EXPECT_EQ(is_account_name(std::string("a") + c + "a"), good) << byte;
    EXPECT_EQ(is_host_name(std::string("a") + c + "a"), (good && c != '@') || c == ':') << byte;
  }
}

TEST_F(LockoutTest, AHostWithAStrangeNameIsRefusedNotWidened) {
  LockoutPolicy policy(options);
  EXPECT_EQ(ask(policy, "alice", 0s, "web1; reboot").refused, refusal::grammar);
  EXPECT_EQ(ask(policy, "alice", 0s, "-x").refused, refusal::grammar);
  EXPECT_EQ(ask(policy, "alice", 0s, "2001:db8::1").refused, "");
  EXPECT_EQ(ask(policy, "alice", 0s, "").refused, "");
}

TEST_F(LockoutTest, UnauthenticatedSourcesCanBeRefused) {
  options.authenticated_only = true;
  LockoutPolicy policy(options);
  EXPECT_EQ(ask(policy, "alice", 0s).refused, refusal::unauthenticated);
  EXPECT_EQ(ask(policy, "alice", 0s, "web1", true).refused, "");
}

TEST_F(LockoutTest, CapTripsTheBreaker) {
  LockoutPolicy policy(options);
  for (const char* user : {"a", "b", "c"}) EXPECT_EQ(ask(policy, user, 100s).refused, "");
  EXPECT_EQ(ask(policy, "d", 101s).refused, refusal::cap);
  EXPECT_EQ(ask(policy, "e", 101s).refused, refusal::breaker);
  EXPECT_EQ(ask(policy, "e", 101s + 10min - 1ns).refused, refusal::breaker);
  EXPECT_EQ(ask(policy, "e", 101s + 10min).refused, "");
}

TEST_F(LockoutTest, WithoutBreakerTheCapIsAWindow) {
  options.breaker = 0s;
  LockoutPolicy policy(options);
  for (const auto at : {0s, 20s, 40s})
    EXPECT_EQ(ask(policy, "u" + std::to_string(at.count()), at).refused, "");
  EXPECT_EQ(ask(policy, "x", 59s).refused, refusal::cap);
  EXPECT_EQ(ask(policy, "x", 60s).refused, "") << "the order at 0 s is a minute ago";
  EXPECT_EQ(ask(policy, "y", 79s).refused, refusal::cap);
  EXPECT_EQ(ask(policy, "y", 80s).refused, "");
}

TEST_F(LockoutTest, LateEventsCountToo) {
  options.breaker = 0s;
  LockoutPolicy policy(options);
  for (const char* user : {"a", "b", "c"}) EXPECT_EQ(ask(policy, user, 100s).refused, "");
  EXPECT_EQ(ask(policy, "late", 50s).refused, refusal::cap);
  EXPECT_EQ(ask(policy, "later", 40s).refused, "");
}

TEST_F(LockoutTest, AFarFutureTimeDoesNotStopThePresent) {
  LockoutPolicy policy(options);
  const auto future = std::chrono::hours(24 * 365 * 50);
  for (const char* user : {"a", "b", "c", "d"}) (void)ask(policy, user, future);
  EXPECT_EQ(ask(policy, "alice", 100s).refused, "");
}

TEST_F(LockoutTest, CapZeroLocksNobody) {
  options.cap_per_minute = 0;
  LockoutPolicy policy(options);
  EXPECT_EQ(ask(policy, "alice", 0s).refused, refusal::cap);
}

TEST_F(LockoutTest, RenewalsDoNotCount) {
  LockoutPolicy policy(options);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ask(policy, "a", std::chrono::seconds(i)).refused, "");
  EXPECT_EQ(ask(policy, "b", 50s).refused, "");
  EXPECT_EQ(ask(policy, "a", 50s, "web2").refused, "") << "another host is another account";
  EXPECT_EQ(ask(policy, "c", 51s).refused, refusal::cap);
  EXPECT_EQ(ask(policy, "a", 52s).refused, refusal::breaker) << "the breaker stops renewals too";
}

// A flood of forged lines that name everybody: nobody of the list, nobody beyond the cap.
TEST_F(LockoutTest, ForgedFloodLocksAtMostTheCap) {
  LockoutPolicy policy(options);
  int ordered = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string user = i % 3 == 0 ? "root" : "user" + std::to_string(i);
    const auto lockout = ask(policy, user, std::chrono::milliseconds(i * 10));
    if (lockout.refused.empty()) {
      ++ordered;
      EXPECT_NE(user, "root");
    }
  }
  EXPECT_EQ(ordered, 3);
}

TEST_F(LockoutTest, MemoryIsBoundedAndTheCapStillHolds) {
  options.breaker = 0s;
  LockoutPolicy policy(options);
  for (int i = 0; i < 10'000; ++i)
    EXPECT_EQ(ask(policy, "u" + std::to_string(i), std::chrono::seconds(20) * i).refused, "");
  event::StateMap out;
  policy.save(out);
  const std::string& state = out.values.at("lockout");
  EXPECT_EQ(static_cast<std::size_t>(std::count(state.begin(), state.end(), '\n')),
            LockoutPolicy::max_orders + 1);
  EXPECT_EQ(ask(policy, "one-more", std::chrono::seconds(20) * 10'000 - 1ns).refused, refusal::cap);
}

TEST_F(LockoutTest, StateRoundTripDecidesTheSame) {
  LockoutPolicy first(options);
  event::StateMap out;
  first.save(out);
  EXPECT_TRUE(out.values.empty()) << "nothing changed, nothing written";
  for (const char* user : {"a", "b", "c", "d"}) (void)ask(first, user, 100s);
  (void)ask(first, "far", 1h, "");
  first.save(out);
  ASSERT_EQ(out.values.size(), 1U);
  LockoutPolicy second(options);
  const auto& [key, value] = *out.values.begin();
  ASSERT_TRUE(second.load(key, value));
  for (int i = 0; i < 300; ++i) {
    const std::string user = "u" + std::to_string(i % 7);
    const auto at = std::chrono::seconds(90 + i * 17);
    EXPECT_EQ(ask(first, user, at), ask(second, user, at));
  }
  event::StateMap again_first, again_second;
  first.save(again_first);
  second.save(again_second);
  EXPECT_EQ(again_first.values, again_second.values);
}

TEST_F(LockoutTest, DamagedStateIsRefusedWhole) {
  LockoutPolicy policy(options);
  const std::string good = "1\ntrip 5\norder 1 2 1 alice web1\n";
  ASSERT_TRUE(policy.load("lockout", good));
  for (const std::string& bad :
       {std::string(), std::string("2\n"), std::string("1"), std::string("1\nother\n"),
        std::string("1\ntrip\n"), std::string("1\ntrip x\n"), std::string("1\ntrip 1 2\n"),
        std::string("1\norder 1 2 1 alice\n"), std::string("1\norder 1 2 3 alice web1\n"),
        std::string("1\norder 1 2 1 al;ce web1\n"), std::string("1\norder 1 2 1 alice web1 x\n"),
        good.substr(0, good.size() - 1)}) {
    const auto result = policy.load("lockout", bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, "respond-2");
  }
  EXPECT_FALSE(policy.load("other", good));
  for (std::size_t i = 0; i < good.size(); ++i) (void)policy.load("lockout", good.substr(0, i));
}

TEST_F(LockoutTest, FrameSaysItInEcs) {
  LockoutPolicy policy(options);
  EXPECT_EQ(
      lockout_frame(ask(policy, "alice", 0s)),
      R"({"@timestamp":"1970-01-01T00:00:00.000000000Z","event.kind":"event",)"
      R"("event.category":"iam","event.type":"change","event.action":"account-locked",)"
      R"("event.outcome":"success","user.name":"alice","host.name":"web1",)"
      R"("tocsin.alert.id":"01020300000000000000000000000000","tocsin.rule.id":"brute-force",)"
      R"("tocsin.lockout.until":"1970-01-01T00:30:00.000000000Z"})");
  EXPECT_EQ(
      lockout_frame(ask(policy, "root", 0s, "")),
      R"({"@timestamp":"1970-01-01T00:00:00.000000000Z","event.kind":"event",)"
      R"("event.category":"iam","event.type":"change","event.action":"lockout-refused",)"
      R"("event.outcome":"failure","event.reason":"allowlist","user.name":"root",)"
      R"("tocsin.alert.id":"01020300000000000000000000000000","tocsin.rule.id":"brute-force"})");
  EXPECT_EQ(lockout_logsource(), (event::Logsource{"", "tocsin", "lockout"}));
}

TEST_F(LockoutTest, FrameIsOneHarmlessLineWhateverTheNames) {
  LockoutPolicy policy(options);
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  alert.rule_id = all;
  const std::string frame = lockout_frame(ask(policy, all, 0s, all));
  for (const char c : frame) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20) << frame;
    EXPECT_NE(c, 0x7F);
  }
}

}  // namespace
}  // namespace tocsin::respond
