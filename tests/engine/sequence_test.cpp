#include "engine/sequence.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/log_fold.hpp"
#include "engine/stages.hpp"
#include "engine/state_copy.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

class SequenceTest : public testing::Test {
 protected:
  // The default decoders with this rule alone, or with the default rules and this one.
  static engine::Setup with_rule(const std::string& text, bool alone = true) {
    engine::Setup setup;
    setup.packs = default_setup().packs;
    if (alone) setup.packs.rules.clear();
    setup.packs.rules.push_back({"rule.yml", text});
    const BuiltPipeline built = build_pipeline(setup.packs);
    for (const base::Error& error : built.errors) ADD_FAILURE() << base::to_string(error);
    setup.pipeline = built.pipeline;
    return setup;
  }
  event::SourceId add_source() {
    event::Source source;
    source.input = "test";
    source.year_from = base::days_from_civil(2026, 1, 1) * 86400 * base::ns_per_second;
    return sources_.intern(source);
  }
  void fill(Work& work, const engine::Setup& setup, std::string_view lines,
            std::uint64_t first = 1) {
    work.clear();
    work.batch.first_seq = event::Seq(first);
    const event::SourceId id = add_source();
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      work.batch.add_frame(lines.substr(0, end), id, base::ReceivedTime(77));
      lines.remove_prefix(end + 1);
    }
    Stages(setup.pipeline, sources_, setup.fold, false).process(work);
  }
  Output fold(const engine::Setup& setup, std::string_view lines) {
    Work work;
    fill(work, setup, lines);
    Sequence sequence(setup.pipeline, sources_, setup.fold);
    Output out;
    sequence.apply(work, out);
    sequence.finish(out);
    return out;
  }
  event::SourceTable sources_;
};

TEST_F(SequenceTest, ALineWithoutATimeHasThatOfTheLineBefore) {
  Work work;
  fill(work, default_setup(), "no time here\n" + failures("bob", 40, 1) + "nor here\n");
  Sequence sequence(default_setup().pipeline, sources_, {});
  Output out;
  EXPECT_FALSE(sequence.stated_time(event::SourceId(1)));
  sequence.apply(work, out);
  const auto& events = work.batch.events;
  EXPECT_EQ(sequence.stated_time(event::SourceId(1)), events[1].time);
  EXPECT_FALSE(sequence.stated_time(event::SourceId(9)));
  EXPECT_EQ(events[0].time.value, 77) << "nothing before it: its reception";
  EXPECT_TRUE(events[0].anomalies.has(event::Anomaly::time_inherited));
  EXPECT_FALSE(events[1].anomalies.has(event::Anomaly::time_inherited));
  EXPECT_EQ(events[2].time, events[1].time);
  EXPECT_TRUE(events[2].anomalies.has(event::Anomaly::time_inherited));
}

TEST_F(SequenceTest, RulesSeeAuditRecordsJoined) {
  // Each field is in another record of the event.
  const engine::Setup setup = with_rule(R"(title: Joined
id: 11111111-2222-4333-8444-555555555555
logsource: {product: linux, service: auditd}
detection:
  selection:
    type: SYSCALL
    exe: /usr/bin/kmod
    a1: /x/rk.ko
  condition: selection
level: low
)");
  const Output out = fold(
      setup,
      "type=SYSCALL msg=audit(1795215121.007:13): arch=c000003e syscall=175 success=yes exit=3 "
      "items=2 ppid=2310 pid=2411 auid=1001 uid=0 comm=\"insmod\" exe=\"/usr/bin/kmod\"\n"
      "type=EXECVE msg=audit(1795215121.007:13): argc=2 a0=\"insmod\" a1=\"/x/rk.ko\"\n"
      "type=EOE msg=audit(1795215121.007:13): \n");
  EXPECT_EQ(out.detections.size(), 1U);
}

TEST_F(SequenceTest, TimeCompletesAnAuditEventThatNothingFollows) {
  const engine::Setup setup = with_rule(R"(title: Joined
id: 11111111-2222-4333-8444-555555555555
logsource: {product: linux, service: auditd}
detection:
  selection: {exe: /usr/bin/kmod, a1: /x/rk.ko}
  condition: selection
level: medium
)");
  const std::string_view records =
      "type=SYSCALL msg=audit(1795215121.007:13): arch=c000003e syscall=175 items=0 "
      "exe=\"/usr/bin/kmod\"\n"
      "type=EXECVE msg=audit(1795215121.007:13): argc=2 a0=\"insmod\" a1=\"/x/rk.ko\"\n";
  const auto second = [](double s) {
    return base::ReceivedTime(static_cast<std::int64_t>(s * base::ns_per_second));
  };
  Sequence sequence(setup.pipeline, sources_, {});
  Output out;
  Work work;
  fill(work, setup, records);  // received at 77 ns
  work.clock = Work::Clock{second(1.9), 0};
  sequence.apply(work, out);
  EXPECT_TRUE(out.detections.empty());
  EXPECT_FALSE(out.clock_acted) << "nothing for the log to remember";
  StateCopy state;
  sequence.save_changes(state);

  const auto pass_time = [&](Sequence& in) {
    work.clear();
    work.batch.first_seq = event::Seq(3);
    work.clock = Work::Clock{second(2.1), 0};
    out.clear();
    in.apply(work, out);
  };
  pass_time(sequence);
  EXPECT_TRUE(out.clock_acted);
  ASSERT_EQ(out.detections.size(), 1U);
  EXPECT_EQ(out.detections[0].seq, event::Seq(2)) << "its last record's place";
  ASSERT_EQ(out.alerts.size(), 1U);
  EXPECT_EQ(out.alerts[0].alert->evidence, std::vector<event::Seq>{event::Seq(2)});
  const event::Alert alert = *out.alerts[0].alert;
  pass_time(sequence);
  EXPECT_FALSE(out.clock_acted) << "a second time it does nothing";

  auto other = make_sequence(setup, sources_, state);
  ASSERT_TRUE(other) << base::to_string(other.error());
  pass_time(**other);
  ASSERT_EQ(out.alerts.size(), 1U);
  EXPECT_EQ(*out.alerts[0].alert, alert) << "from a checkpoint the same";
}

// Time that goes on by a clock record alone; before the inputs were open for long it does not.
TEST_F(SequenceTest, SilenceActsOnceAndOnlyWhereSomethingIsDue) {
  const engine::Setup setup = with_rule(R"(title: Says something
name: says
id: 11111111-2222-4333-8444-555555555555
logsource: {product: linux, service: sshd}
detection:
  selection: {event.category: authentication}
  condition: selection
level: low
---
title: Silent
id: 11111111-2222-4333-8444-555555555556
correlation:
  {type: event_count, rules: says, group-by: user.name, timespan: 10s, condition: {lt: 1}}
)");
  const auto second = [](double s) {
    return base::ReceivedTime(static_cast<std::int64_t>(s * base::ns_per_second));
  };
  Sequence sequence(setup.pipeline, sources_, {});
  Output out;
  Work work;
  fill(work, setup, failures("bob", 40, 1));  // received at 77 ns
  sequence.apply(work, out);
  StateCopy state;
  sequence.save_changes(state);
  const auto pass_time = [&](Sequence& in, double now, bool listened = true) {
    work.clear();
    work.batch.first_seq = event::Seq(2);
    work.clock = Work::Clock{second(now), 0, listened};
    out.clear();
    in.apply(work, out);
  };
  pass_time(sequence, 60);
  EXPECT_FALSE(out.clock_acted) << "an event may still come before it";
  pass_time(sequence, 61);
  EXPECT_TRUE(out.clock_acted) << "it enters its window";
  EXPECT_TRUE(out.alerts.empty());
  pass_time(sequence, 70);
  EXPECT_FALSE(out.clock_acted) << "the instant is reached, and not passed";
  pass_time(sequence, 71, false);
  EXPECT_FALSE(out.clock_acted) << "nobody listened long enough";
  pass_time(sequence, 71);
  EXPECT_TRUE(out.clock_acted);
  EXPECT_TRUE(out.silence_acted);
  ASSERT_EQ(out.alerts.size(), 1U);
  const event::Alert alert = *out.alerts[0].alert;
  EXPECT_EQ(alert.count, 0U);
  EXPECT_EQ(alert.fired_by, event::Seq(1));
  pass_time(sequence, 71);
  EXPECT_FALSE(out.clock_acted) << "a second time it does nothing";
  pass_time(sequence, 80);
  EXPECT_FALSE(out.clock_acted) << "nothing is due";
  pass_time(sequence, 81);
  EXPECT_TRUE(out.clock_acted);
  ASSERT_EQ(out.alerts.size(), 1U);
  EXPECT_TRUE(out.alerts[0].closed);
  pass_time(sequence, 1e6);
  EXPECT_FALSE(out.clock_acted) << "however long it lasts";

  auto other = make_sequence(setup, sources_, state);
  ASSERT_TRUE(other) << base::to_string(other.error());
  pass_time(**other, 71);
  ASSERT_EQ(out.alerts.size(), 1U);
  EXPECT_EQ(*out.alerts[0].alert, alert) << "from a checkpoint the same";
}

TEST_F(SequenceTest, ALockoutOfAnAuditEventHasANumberOfItsOwn) {
  const engine::Setup setup = with_rule(R"(title: Joined
id: 11111111-2222-4333-8444-555555555555
logsource: {product: linux, service: auditd}
detection:
  selection: {exe: /usr/bin/kmod}
  condition: selection
level: medium
tocsin: {actions: [{lock_account: {user: user.id}}]}
)");
  const Output out = fold(setup,
                          "type=SYSCALL msg=audit(1795215121.007:13): arch=c000003e syscall=175 "
                          "items=0 uid=1007 auid=1007 exe=\"/usr/bin/kmod\"\n"
                          "type=PROCTITLE msg=audit(1795215121.007:13): proctitle=\"x\"\n");
  ASSERT_EQ(out.lockouts.size(), 1U);
  EXPECT_EQ(out.lockouts[0].seq, event::Seq(2));
  EXPECT_EQ(out.lockouts[0].k, 65536U) << "never that of a record behind the frame itself";
}

TEST_F(SequenceTest, ALockoutIsAnEventThatRulesSee) {
  const engine::Setup setup = with_rule(R"(title: An account was locked
id: 11111111-2222-4333-8444-555555555555
logsource: {product: tocsin, service: lockout}
detection:
  selection:
    event.action: account-locked
    user.name: bob
  condition: selection
level: low
)",
                                        false);
  const Output out = fold(setup, failures("bob", 40, 5));
  ASSERT_EQ(out.lockouts.size(), 1U);
  EXPECT_EQ(out.lockouts[0].seq, event::Seq(5));
  EXPECT_EQ(out.lockouts[0].k, 1U);
  std::size_t met = 0;
  for (const Output::Met& detection : out.detections) {
    if ((*setup.pipeline->rules)[detection.rule].title != "An account was locked") continue;
    EXPECT_EQ(detection.seq, event::Seq(5));
    ++met;
  }
  EXPECT_EQ(met, 1U);
}

// What only the watermark lets fire fired where no event may be any more; the order is new.
TEST_F(SequenceTest, ALockoutThatWaitedForTheWatermarkIsSeenToo) {
  const engine::Setup setup = with_rule(R"(title: A few refused passwords
id: 11111111-2222-4333-8444-555555555555
name: refused
logsource: {product: linux, service: sshd}
detection:
  selection: {event.outcome: failure}
  condition: selection
level: low
---
title: Few, not many
id: 11111111-2222-4333-8444-666666666666
correlation:
  type: event_count
  rules: [refused]
  group-by: [user.name]
  timespan: 10m
  condition: {gte: 3, lte: 9}
level: high
tocsin: {actions: [{lock_account: {user: user.name}}]}
---
title: An account was locked
id: 11111111-2222-4333-8444-777777777777
logsource: {product: tocsin, service: lockout}
detection:
  selection: {event.action: account-locked}
  condition: selection
level: high
)");
  Work work;
  fill(work, setup, failures("bob", 10, 3) + failures("alice", 40, 1));
  Sequence sequence(setup.pipeline, sources_, setup.fold);
  Output out;
  sequence.apply(work, out);
  ASSERT_EQ(out.lockouts.size(), 1U);
  EXPECT_EQ(out.lockouts[0].user, "bob");
  EXPECT_EQ(out.lockouts[0].seq, event::Seq(4));
  EXPECT_EQ(out.late, 0U) << "its own record is not late";
  std::set<std::string> alerts;
  for (const ChangedAlert& changed : out.alerts) alerts.insert(changed.alert->rule_title);
  EXPECT_EQ(alerts, (std::set<std::string>{"An account was locked", "Few, not many"}));
}

// Two accounts in one batch, and a rule that counts the records derived there.
TEST_F(SequenceTest, PartsOfTheCorrelatorChangeNothing) {
  engine::Setup setup = with_rule(R"(title: An account was locked
id: 11111111-2222-4333-8444-555555555555
name: locked
logsource: {product: tocsin, service: lockout}
detection:
  selection: {event.action: account-locked}
  condition: selection
level: low
---
title: Two accounts were locked
id: 11111111-2222-4333-8444-666666666666
correlation:
  type: value_count
  rules: locked
  field: user.name
  timespan: 10m
  condition: {gte: 2}
level: critical
)",
                                  false);
  const std::string lines = failures("bob", 40, 9) + failures("alice", 41, 9) +
                            failures("carol", 42, 3) + failures("bob", 43, 9);
  const auto told = [&](std::uint32_t shards) {
    setup.fold.shards = shards;
    Work work;
    fill(work, setup, lines);
    Sequence sequence(setup.pipeline, sources_, setup.fold);
    Output out;
    std::string text;
    const auto take = [&] {
      for (const ChangedAlert& changed : out.alerts)
        text += std::to_string(changed.number) + " " + event::json_of(*changed.alert) + "\n";
      for (const event::Lockout& lockout : out.lockouts) text += event::json_of(lockout) + "\n";
      for (const Output::Met& met : out.detections)
        text += std::to_string(met.rule.value) + "@" + std::to_string(met.seq.value) + "\n";
      out.clear();
    };
    sequence.apply(work, out);
    take();
    sequence.finish(out);
    take();
    return text;
  };
  const std::string one = told(1);
  EXPECT_NE(one.find("Two accounts were locked"), std::string::npos) << one;
  EXPECT_EQ(told(2), one);
  EXPECT_EQ(told(4), one);
}

TEST_F(SequenceTest, WithoutAnAccountAlertsAreTheSame) {
  Work work;
  fill(work, default_setup(), failures("bob", 40, 5));
  Sequence kept(default_setup().pipeline, sources_, {});
  Output whole;
  kept.apply(work, whole);
  fill(work, default_setup(), failures("bob", 40, 5));
  Sequence sequence(default_setup().pipeline, sources_, {});
  sequence.keep_no_account();
  Output open;
  sequence.apply(work, open);
  ASSERT_FALSE(open.alerts.empty());
  ASSERT_EQ(open.alerts.size(), whole.alerts.size());
  for (std::size_t i = 0; i < open.alerts.size(); ++i) {
    EXPECT_EQ(open.alerts[i].number, whole.alerts[i].number);
    EXPECT_TRUE(open.alerts[i].opened);
    EXPECT_FALSE(open.alerts[i].closed);
    EXPECT_EQ(*open.alerts[i].alert, *whole.alerts[i].alert);
  }
  Output whole_end, end;
  kept.finish(whole_end);
  sequence.finish(end);
  ASSERT_EQ(end.alerts.size(), whole_end.alerts.size());
  for (std::size_t i = 0; i < end.alerts.size(); ++i) {
    EXPECT_TRUE(end.alerts[i].closed);
    EXPECT_EQ(*end.alerts[i].alert, *whole_end.alerts[i].alert);
  }
}

TEST_F(SequenceTest, ItsStateContinuesInAnother) {
  Work work;
  fill(work, default_setup(), failures("bob", 40, 4));
  Sequence first(default_setup().pipeline, sources_, {});
  Output out;
  first.apply(work, out);
  EXPECT_TRUE(out.lockouts.empty());
  StateCopy state;
  first.save_changes(state);
  auto second = make_sequence(default_setup(), sources_, state);
  ASSERT_TRUE(second) << base::to_string(second.error());
  fill(work, default_setup(), failures("bob", 41, 1), 5);
  (*second)->apply(work, out);
  ASSERT_EQ(out.lockouts.size(), 1U);
  EXPECT_EQ(out.lockouts[0].user, "bob");
}

TEST_F(SequenceTest, ADamagedCheckpointIsRefused) {
  Sequence sequence(default_setup().pipeline, sources_, {});
  for (const char* key : {"unheard of", "source/0000000099", "source/x"}) {
    const auto loaded = sequence.load(key, "1");
    ASSERT_FALSE(loaded) << key;
    EXPECT_EQ(loaded.error().code, "engine-7");
  }
  EXPECT_FALSE(sequence.load("source/0000000000", "soon"));
  EXPECT_TRUE(sequence.load("source/0000000000", "12"));
}

}  // namespace
}  // namespace tocsin::engine
