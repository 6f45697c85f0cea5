#include "rules/matcher.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace tocsin::rules {
namespace {

using event::Field;
using event::FieldTable;

// A batch made by hand, and the rules that its events meet as "event:rule".
class Fixture {
 public:
  explicit Fixture(const std::string& yaml) {
    const base::SourceText source{"r.yml", yaml};
    auto loaded = RuleSet::load({&source, 1}, fields);
    for (const base::Error& error : loaded.errors) ADD_FAILURE() << base::to_string(error);
    rules = loaded.rules;
    sshd = logsources.intern({{"", "linux", "sshd"}});
    for (const char* name : {"message", "user.name", "event.action", "log.repeat"})
      fields.intern(name);
  }

  event::Event& add(std::vector<std::pair<const char*, std::string_view>> values,
                    std::string_view raw = "raw") {
    batch.add_frame(raw, event::SourceId(0), base::ReceivedTime(0));
    event::Event event;
    event.logsource = sshd;
    event.first_field = static_cast<std::uint32_t>(batch.fields.size());
    event.field_count = static_cast<std::uint16_t>(values.size());
    for (const auto& [name, value] : values) batch.fields.emplace_back(fields.intern(name), value);
    batch.events.push_back(event);
    return batch.events.back();
  }

  std::vector<std::string> match() {
    Matcher matcher(rules, logsources, fields);
    batch.detections.clear();
    matcher.match(batch);
    std::vector<std::string> out;
    for (const event::Detection& detection : batch.detections)
      out.push_back(std::to_string(detection.event) + ":" + (*rules)[detection.rule].title);
    return out;
  }

  FieldTable fields;
  event::LogsourceTable logsources;
  event::LogsourceId sshd;
  event::Batch batch;
  std::shared_ptr<const RuleSet> rules;
};

using Met = std::vector<std::string>;

std::string rule(const std::string& title, const std::string& detection,
                 const std::string& logsource = "{product: linux, service: sshd}",
                 const std::string& head = "") {
  return "---\ntitle: " + title + "\n" + head + "logsource: " + logsource + "\ndetection:\n" +
         detection;
}

const std::string brute_force = rule("failed",
                                     "  selection:\n    event.action: ssh_login\n"
                                     "    message|startswith: 'Failed password'\n"
                                     "  repeated:\n    log.repeat|exists: true\n"
                                     "  condition: selection and not repeated\n");

TEST(MatcherTest, MeetsEventsWithoutAShape) {
  Fixture f(brute_force);
  f.add({{"event.action", "ssh_login"}, {"message", "Failed password for bob"}});
  f.add({{"event.action", "ssh_login"}, {"message", "failed PASSWORD"}});
  f.add({{"event.action", "ssh_login"}, {"message", "Accepted password for bob"}});
  f.add({{"event.action", "logout"}, {"message", "Failed password for bob"}});
  f.add({{"event.action", "ssh_login"}, {"message", "Failed password"}, {"log.repeat", "3"}});
  EXPECT_EQ(f.match(), (Met{"0:failed", "1:failed"}));
}

TEST(MatcherTest, DecidesByConstantsOfAShape) {
  Fixture f(brute_force);
  const Field login[] = {{f.fields.find("event.action"), "ssh_login"}};
  const Field logout[] = {{f.fields.find("event.action"), "logout"}};
  const auto add = [&](std::uint32_t shape, const Field* constants, std::string_view message) {
    event::Event& event = f.add({{"message", message}});
    event.shape = event::ShapeId(shape);
    event.constants = constants;
    event.constant_count = 1;
  };
  add(1, login, "Failed password for bob");
  add(2, logout, "Failed password for bob");
  add(1, login, "Accepted");
  EXPECT_EQ(f.match(), (Met{"0:failed"}));
}

TEST(MatcherTest, AsksAgainWhenAnEventHasAValueBesideAConstant) {
  Fixture f(brute_force);
  const Field logout[] = {{f.fields.find("event.action"), "logout"}};
  event::Event& event = f.add({{"message", "Failed password"}, {"event.action", "ssh_login"}});
  event.shape = event::ShapeId(1);
  event.constants = logout;
  event.constant_count = 1;
  EXPECT_EQ(f.match(), (Met{"0:failed"}));
}

TEST(MatcherTest, C3TriesARuleOnlyOnItsLogsource) {
  Fixture f(rule("any linux", "  a:\n    user.name: bob\n  condition: a\n", "{product: linux}") +
            rule("cron", "  a:\n    user.name: bob\n  condition: a\n",
                 "{product: linux, service: cron}"));
  f.add({{"user.name", "bob"}});
  f.add({{"user.name", "bob"}}).logsource = event::LogsourceId(0);
  EXPECT_EQ(f.match(), (Met{"0:any linux"}));
}

TEST(MatcherTest, PassesOverPartsOfEvents) {
  Fixture f(rule("r", "  a:\n    user.name: bob\n  condition: a\n"));
  f.add({{"user.name", "bob"}}).kind = event::EventKind::part;
  EXPECT_EQ(f.match(), Met{});
  Matcher matcher(f.rules, f.logsources, f.fields);
  std::vector<event::RuleIndex> met;
  matcher.match_event(f.batch, f.batch.events[0], "", met);
  EXPECT_EQ(met.size(), 1U);
}

TEST(MatcherTest, S6FindsKeywordsInTextAndInMadeValues) {
  Fixture f(rule("k", "  keywords: [segfault, 'a*z']\n  condition: keywords\n"));
  f.add({}, "kernel: SEGFAULT at 0");
  f.add({{"user.name", "a-to-z"}}, "nothing");
  f.add({{"user.name", "segfaul"}}, "nothing");
  EXPECT_EQ(f.match(), (Met{"0:k", "1:k"}));
}

TEST(MatcherTest, SortsByEventThenRule) {
  Fixture f(rule("two", "  a:\n    user.name|contains: bo\n  condition: a\n", "{product: linux}",
                 "id: 22222222-2222-2222-2222-222222222222\n") +
            rule("one", "  a:\n    user.name|endswith: ob\n  condition: a\n", "{product: linux}",
                 "id: 11111111-1111-1111-1111-111111111111\n"));
  f.add({{"user.name", "bob"}});
  f.add({{"user.name", "BOB"}});
  EXPECT_EQ(f.match(), (Met{"0:one", "0:two", "1:one", "1:two"}));
}

TEST(MatcherTest, CountsTheEventsThatARuleIsEvaluatedFor) {
  Fixture f(rule("opened", "  a:\n    user.name: bob\n    host.name: web\n  condition: a\n",
                 "{product: linux}", "id: 11111111-1111-1111-1111-111111111111\n") +
            rule("always", "  a:\n    user.name: bob\n  condition: not a\n", "{product: linux}",
                 "id: 22222222-2222-2222-2222-222222222222\n") +
            rule("elsewhere", "  a:\n    user.name: bob\n  condition: a\n",
                 "{product: linux, service: cron}", "id: 33333333-3333-3333-3333-333333333333\n"));
  f.add({{"user.name", "bob"}});
  f.add({{"user.name", "bob"}, {"host.name", "web"}});
  f.add({{"user.name", "eve"}});
  Matcher matcher(f.rules, f.logsources, f.fields);
  std::vector<std::uint64_t> counts(f.rules->size());
  matcher.count_evaluations(counts);
  matcher.match(f.batch);
  EXPECT_EQ(f.batch.detections.size(), 2U);  // the second meets the first rule, the third the other
  EXPECT_TRUE(counts[0] == 1 || counts[0] == 2) << counts[0];  // by either field
  EXPECT_EQ(counts[1], 3U);
  EXPECT_EQ(counts[2], 0U);
  std::vector<event::RuleIndex> met;
  matcher.match_event(f.batch, f.batch.events[2], "", met);
  EXPECT_EQ(counts[1], 4U);
}

TEST(MatcherTest, MovesButIsNeverShared) {
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<Matcher>);
  EXPECT_FALSE(std::is_copy_constructible_v<Matcher>);
}

}  // namespace
}  // namespace tocsin::rules
