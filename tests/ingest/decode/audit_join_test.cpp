#include "ingest/decode/audit_join.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/ingest/decode/audit_lines.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;
using Lines = std::vector<std::string>;

std::string line(const char* type, const char* stamp, const std::string& rest) {
  return std::string("type=") + type + " msg=audit(" + stamp + "): " + rest;
}

// What a kernel writes for one command: six records.
Lines command(const char* stamp, const char* program, bool with_end = false) {
  const std::string name = program;
  Lines out = {line("SYSCALL", stamp,
                    "arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 items=2 ppid=1 pid=42 "
                    "auid=1000 uid=0 comm=\"" +
                        name + "\" exe=\"/bin/" + name + "\" key=\"exec\""),
               line("EXECVE", stamp, "argc=2 a0=\"" + name + "\" a1=\"-x\""),
               line("CWD", stamp, "cwd=\"/root\""),
               line("PATH", stamp, "item=0 name=\"/bin/" + name + "\" nametype=NORMAL"),
               line("PATH", stamp, "item=1 name=\"/lib64/ld.so\" nametype=NORMAL"),
               line("PROCTITLE", stamp, "proctitle=6C73002D78")};
  if (with_end) out.push_back(line("EOE", stamp, ""));
  return out;
}

Lines operator+(Lines a, const Lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(AuditJoin, RecordsOfOneEventBecomeOneEvent) {
  AuditLines log;
  log.feed(command("1700000000.100:5", "ls"));
  ASSERT_EQ(log.events.size(), 1U) << "complete with its last record, no EOE needed";
  const ShownEvent& e = log.events[0];
  EXPECT_EQ(e.seq, 6U);
  EXPECT_EQ(e.parts, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(e.time, 1'700'000'000'100'000'000);
  EXPECT_EQ(e.value("type"), "SYSCALL|EXECVE|CWD|PATH|PATH|PROCTITLE");
  EXPECT_EQ(e.value("a0"), "1|ls");
  EXPECT_EQ(e.value("a1"), "2|-x");
  EXPECT_EQ(e.value("name"), "/bin/ls|/lib64/ld.so");
  EXPECT_EQ(e.value("auditd.sequence"), "5") << "there once";
  EXPECT_EQ(e.value("process.command_line"), "ls -x") << "the arguments, not the cut title";
  EXPECT_EQ(e.value("process.name"), "ls");
  EXPECT_EQ(e.value("event.category"), "process");
  EXPECT_EQ(e.value("event.action"), "executed");
  EXPECT_EQ(e.value("event.outcome"), "success");
  EXPECT_EQ(e.anomalies, 0U);
  EXPECT_EQ(std::count(e.raw.begin(), e.raw.end(), '\n'), 5);
  EXPECT_EQ(log.join().waiting(), 0U);
  EXPECT_EQ(log.join().waiting_bytes(), 0U);
  EXPECT_EQ(log.join().oldest(), event::Seq());
}

TEST(AuditJoin, AnEndWithoutAnEventIsNoEvent) {
  AuditLines log;
  log.feed(command("1.000:5", "ls", true));
  EXPECT_EQ(log.events.size(), 1U);
  EXPECT_EQ(log.join().waiting(), 0U);
}

// Whoever can send a line can name any number of hosts.
TEST(AuditJoin, AnEndWithoutAnEventLeavesNothingBehind) {
  AuditLines log;
  for (int i = 0; i < 100; ++i)
    log.feed({"node=h" + std::to_string(i) + " " + line("EOE", "1.000:5", "")});
  EXPECT_EQ(log.join().streams(), 0U);
  log.feed({"node=h5 " + line("PATH", "1.000:5", "item=0")});
  EXPECT_EQ(log.join().streams(), 1U);
  log.feed({"node=h5 " + line("EOE", "1.000:5", "")});
  EXPECT_EQ(log.events.size(), 1U);
  EXPECT_EQ(log.join().waiting(), 0U);
}

TEST(AuditJoin, AnEndCompletesWhatHasNoTitle) {
  AuditLines log;
  log.feed(
      {line("SYSCALL", "1.000:5", "syscall=1 items=0 success=yes"), line("EOE", "1.000:5", "")});
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_EQ(log.events[0].seq, 2U);
  EXPECT_EQ(log.events[0].anomalies, 0U);
}

TEST(AuditJoin, InterleavedEventsAreKeptApart) {
  const Lines a = command("1.000:5", "ls");
  const Lines b = command("1.000:6", "id");
  AuditLines log;
  for (std::size_t i = 0; i < a.size(); ++i) log.feed({a[i], b[i]});
  ASSERT_EQ(log.events.size(), 2U);
  EXPECT_EQ(log.events[0].value("comm"), "ls");
  EXPECT_EQ(log.events[1].value("comm"), "id");
  EXPECT_EQ(log.events[0].seq, 11U);
  EXPECT_EQ(log.events[1].seq, 12U);
}

TEST(AuditJoin, TheOrderOfRecordsDoesNotMatter) {
  Lines lines = command("1.000:5", "ls");
  AuditLines straight;
  straight.feed(lines);
  std::sort(lines.begin(), lines.end());
  int tried = 0;
  do {
    AuditLines log;
    log.feed(lines);
    log.flush();
    // What comes behind the record that made it complete cannot be known to be missing.
    if (log.events.size() == 2) continue;
    ASSERT_EQ(log.events.size(), 1U);
    auto sorted = [](ShownEvent e) {
      std::sort(e.fields.begin(), e.fields.end());
      return e.fields;
    };
    ASSERT_EQ(sorted(log.events[0]), sorted(straight.events[0]));
    EXPECT_EQ(log.events[0].anomalies, 0U);
    ++tried;
  } while (std::next_permutation(lines.begin(), lines.end()));
  EXPECT_GT(tried, 200);
}

TEST(AuditJoin, TimeOfTheSameMachineCompletes) {
  AuditLines log;
  log.feed({line("SYSCALL", "10.000:5", "syscall=1 items=0")});
  log.feed({line("USER_LOGIN", "11.999:6", "msg='res=success'")});
  EXPECT_EQ(log.events.size(), 0U);
  log.feed({"node=other " + line("USER_LOGIN", "99.000:7", "msg='res=success'")});
  EXPECT_EQ(log.events.size(), 0U) << "another machine has another clock";
  log.feed({line("USER_LOGIN", "99.000:7", "msg='res=success'")}, 1, event::SourceId(2));
  EXPECT_EQ(log.events.size(), 0U) << "another source too";
  log.feed({line("USER_LOGIN", "12.000:7", "msg='res=success'")});
  EXPECT_EQ(log.events.size(), 0U) << "exactly the timeout is not yet past it";
  log.feed({line("USER_LOGIN", "12.001:8", "msg='res=success'")});
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_EQ(log.events[0].seq, 1U);
  EXPECT_EQ(log.events[0].anomalies, 0U) << "nothing is known to be missing";
}

TEST(AuditJoin, WhatTimeCompletesComesInTheOrderOfLastRecords) {
  AuditLines log;
  log.feed({line("SYSCALL", "10.000:5", "syscall=1 items=0"),
            line("SYSCALL", "10.000:6", "syscall=2 items=0"),
            line("SYSCALL", "10.000:7", "syscall=3 items=0"), line("CWD", "10.000:5", "cwd=\"/\""),
            line("SYSCALL", "20.000:8", "syscall=4 items=0")});
  ASSERT_EQ(log.events.size(), 3U);
  EXPECT_EQ(log.events[0].value("syscall"), "2");
  EXPECT_EQ(log.events[1].value("syscall"), "3");
  EXPECT_EQ(log.events[2].value("syscall"), "1");
  log.flush();
  ASSERT_EQ(log.events.size(), 4U);
  EXPECT_EQ(log.events[3].value("syscall"), "4");
}

TEST(AuditJoin, WhatIsKnownToLackARecordWaitsForAFewMore) {
  AuditLines log({.grace_records = 3});
  const std::string path = line("PATH", "10.000:5", "item=0 name=\"/a\"");
  log.feed({line("SYSCALL", "10.000:5", "syscall=2 items=1"),
            line("SYSCALL", "20.000:6", "syscall=3 items=0"), path});
  EXPECT_EQ(log.events.size(), 0U);
  log.feed({line("USER_LOGIN", "20.000:7", "msg='res=success'")});
  ASSERT_EQ(log.events.size(), 1U) << "it lacks nothing any more";
  EXPECT_EQ(log.events[0].value("name"), "/a");
  EXPECT_EQ(log.events[0].anomalies, 0U);

  AuditLines lost({.grace_records = 3});
  lost.feed({line("SYSCALL", "10.000:5", "syscall=2 items=1")});
  for (int i = 0; i < 3; ++i) {
    lost.feed({line("USER_LOGIN", "20.000:7", "msg='res=success'")});
    EXPECT_EQ(lost.events.size(), 0U);
  }
  lost.feed({line("USER_LOGIN", "20.000:7", "msg='res=success'")});
  ASSERT_EQ(lost.events.size(), 1U);
  EXPECT_TRUE(lost.events[0].has(Anomaly::audit_incomplete));
}

TEST(AuditJoin, TheStampJoinsAlsoWhenTheTimeWasJudgedOtherwise) {
  AuditLines log;
  log.retimed_by = base::ns_per_second * 3600;
  log.feed(command("1700000000.100:5", "ls"));
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_EQ(log.events[0].parts.size(), 6U);
  EXPECT_EQ(log.events[0].time, 1'700'000'000'100'000'000 + base::ns_per_second * 3600 + 6);
}

TEST(AuditJoin, AClockRecordCompletesAllStreams) {
  AuditLines log;  // frame n is received at n ns
  log.feed({line("SYSCALL", "10.000:5", "syscall=1 items=0")}, 1, event::SourceId(2));
  log.feed({line("SYSCALL", "99.000:5", "syscall=2 items=0")}, 1, event::SourceId(1));
  const std::int64_t timeout = 2 * base::ns_per_second;
  EXPECT_FALSE(log.join().is_due(base::ReceivedTime(timeout + 1)));
  log.advance(timeout + 1);
  EXPECT_EQ(log.events.size(), 0U);
  EXPECT_TRUE(log.join().is_due(base::ReceivedTime(timeout + 2)));
  log.advance(timeout + 2);
  ASSERT_EQ(log.events.size(), 1U) << "by reception, whatever the stamps say";
  EXPECT_EQ(log.events[0].value("syscall"), "1");
  log.advance(timeout + 3);
  EXPECT_EQ(log.events.size(), 2U);
  EXPECT_FALSE(log.join().is_due(base::ReceivedTime(INT64_MAX))) << "nothing waits";
}

TEST(AuditJoin, AKeyOfItsStateNamesTheFirstRecord) {
  AuditLines log;
  log.feed({"no record", line("SYSCALL", "10.000:5", "syscall=1 items=0")});
  std::vector<std::optional<event::Seq>> firsts;
  struct Keys final : event::StateWriter {
    explicit Keys(std::vector<std::optional<event::Seq>>& to) : out(to) {}
    void put(std::string_view key, std::string_view) override {
      out.push_back(AuditJoin::first_record(key));
    }
    void remove(std::string_view) override {}
    void remove_prefix(std::string_view) override {}
    std::vector<std::optional<event::Seq>>& out;
  } keys(firsts);
  log.join().save(keys);
  EXPECT_EQ(firsts, (std::vector<std::optional<event::Seq>>{log.join().oldest()}));
  EXPECT_EQ(firsts[0], event::Seq(2));
  for (const char* foreign :
       {"", "source/0000000001", "audit_join/", "audit_join/x", "audit_join/1x"})
    EXPECT_EQ(AuditJoin::first_record(foreign), std::nullopt) << foreign;
}

TEST(AuditJoin, MissingRecordsAreSaid) {
  AuditLines log;
  log.feed({line("SYSCALL", "1.000:5", "syscall=59 items=2"),
            line("PATH", "1.000:5", "item=0 name=\"/a\""),
            line("PROCTITLE", "1.000:5", "proctitle=\"x\""), line("EOE", "1.000:5", "")});
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_TRUE(log.events[0].has(Anomaly::audit_incomplete)) << "one PATH of two";
  log.feed({line("EXECVE", "2.000:6", "argc=1 a0=\"x\"")});
  log.flush();
  ASSERT_EQ(log.events.size(), 2U);
  EXPECT_TRUE(log.events[1].has(Anomaly::audit_incomplete)) << "no SYSCALL";
}

TEST(AuditJoin, ARepeatedRecordIsLeftOut) {
  AuditLines log;
  Lines lines = command("1.000:5", "ls");
  lines.insert(lines.begin() + 1, lines[0]);
  lines.insert(lines.begin() + 3, "node=n " + lines[2]);
  lines[3] = lines[2];
  log.feed(lines);
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_TRUE(log.events[0].has(Anomaly::audit_duplicate));
  EXPECT_EQ(log.events[0].value("a1"), "2|-x");
  EXPECT_EQ(log.events[0].parts.size(), 8U) << "but it is evidence";
}

TEST(AuditJoin, ASerialUsedTwiceIsSaid) {
  AuditLines log;
  log.feed({line("SYSCALL", "1.000:5", "syscall=1 items=0 pid=1"),
            line("SYSCALL", "1.000:5", "syscall=1 items=0 pid=2")});
  log.flush();
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_TRUE(log.events[0].has(Anomaly::audit_duplicate));
  EXPECT_EQ(log.events[0].value("pid"), "1|2");
}

TEST(AuditJoin, ArgumentsSpreadOverRecordsArePutTogether) {
  AuditLines log;
  log.feed({line("SYSCALL", "1.000:5", "syscall=59 items=0 success=yes arch=c000003e"),
            line("EXECVE", "1.000:5", "argc=3 a0=\"echo\" a1_len=6 a1[0]=6162"),
            line("EXECVE", "1.000:5", " a1[1]=6364"),
            line("EXECVE", "1.000:5",
                 " a1[2]=6566 a2=\"z\"\x1D"
                 "X=\"1\""),
            line("PROCTITLE", "1.000:5", "proctitle=\"echo\"")});
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_EQ(log.events[0].value("a1"), "abcdef");
  EXPECT_EQ(log.events[0].value("a2"), "z");
  EXPECT_EQ(log.events[0].value("process.command_line"), "echo abcdef z");
  EXPECT_EQ(log.events[0].value("auditd.sequence"), "5");
}

TEST(AuditJoin, TheSystemCallSaysWhoseAddressItIs) {
  AuditLines log;
  const std::string address = "saddr=02000050A9FEA9FE0000000000000000";
  log.feed({line("SYSCALL", "1.000:5", "arch=c000003e syscall=42 success=yes items=0"),
            line("SOCKADDR", "1.000:5", address),
            line("PROCTITLE", "1.000:5", "proctitle=\"curl\"")});
  log.feed({line("SOCKADDR", "1.000:6", address),
            line("SYSCALL", "1.000:6", "arch=c000003e syscall=43 success=yes items=0"),
            line("PROCTITLE", "1.000:6", "proctitle=\"sshd\"")});
  ASSERT_EQ(log.events.size(), 2U);
  EXPECT_EQ(log.events[0].value("destination.ip"), "169.254.169.254");
  EXPECT_EQ(log.events[0].value("destination.port"), "80");
  EXPECT_EQ(log.events[0].value("source.ip"), "");
  EXPECT_EQ(log.events[1].value("source.ip"), "169.254.169.254");
}

TEST(AuditJoin, WhatASpecialRecordSaysComesFirst) {
  AuditLines log;
  log.feed({line("AVC", "1.000:5", "avc:  denied  { read } for  pid=1 comm=\"x\""),
            line("SYSCALL", "1.000:5", "arch=c000003e syscall=2 success=yes items=0"),
            line("PROCTITLE", "1.000:5", "proctitle=\"x\"")});
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_EQ(log.events[0].value("event.action"), "violated-selinux-policy");
  EXPECT_EQ(log.events[0].value("event.outcome"), "success") << "permissive: the call went through";
}

TEST(AuditJoin, BatchesDoNotMatter) {
  Lines lines;
  for (int i = 0; i < 40; ++i) {
    const std::string stamp = std::to_string(100 + i / 3) + ".000:" + std::to_string(i);
    Lines next = command(stamp.c_str(), i % 2 == 0 ? "ls" : "id", i % 5 == 0);
    if (i % 7 == 0) next.pop_back();
    if (i % 11 == 0) next.erase(next.begin() + 1);
    lines = lines + next;
  }
  std::rotate(lines.begin() + 30, lines.begin() + 33, lines.begin() + 60);
  AuditLines one;
  one.feed(lines, 1);
  one.flush();
  EXPECT_GE(one.events.size(), 40U);
  for (const std::size_t size : {2U, 3U, 7U, 64U, 1000U}) {
    AuditLines other;
    other.feed(lines, size);
    other.flush();
    EXPECT_EQ(other.events, one.events) << size;
  }
}

struct Saved : event::StateWriter {
  std::map<std::string, std::string, std::less<>> keys;
  void put(std::string_view key, std::string_view value) override {
    keys.insert_or_assign(std::string(key), std::string(value));
  }
  void remove(std::string_view key) override { EXPECT_EQ(keys.erase(std::string(key)), 1U) << key; }
  void remove_prefix(std::string_view prefix) override { ADD_FAILURE() << prefix; }
};

TEST(AuditJoin, ACheckpointAfterAnyRecordChangesNothing) {
  Lines lines = command("1.000:5", "ls") + command("1.500:6", "id", true);
  lines.push_back(line("SYSCALL", "2.000:7", "syscall=1 items=0 odd_name=1"));
  lines.push_back(line("SYSCALL", "9.000:8", "syscall=2 items=0"));
  std::swap(lines[3], lines[7]);
  AuditLines straight;
  straight.feed(lines);
  straight.flush();
  for (std::size_t cut = 0; cut <= lines.size(); ++cut) {
    Saved saved;
    AuditLines before;
    for (std::size_t i = 0; i < cut; ++i) {
      before.feed({lines[i]});
      before.join().save(saved);
    }
    EXPECT_EQ(saved.keys.size(), before.join().waiting()) << "what is complete is removed";
    AuditLines after;
    if (cut > 0) after.feed(Lines(cut, "no record"));
    for (const auto& [key, value] : saved.keys) {
      ASSERT_TRUE(after.join().load(key, value)) << key;
    }
    EXPECT_EQ(after.join().waiting_bytes() > 0, before.join().waiting_bytes() > 0);
    EXPECT_EQ(after.join().oldest(), before.join().oldest());
    after.feed(Lines(lines.begin() + static_cast<std::ptrdiff_t>(cut), lines.end()));
    after.flush();
    std::vector<ShownEvent> all = before.events;
    all.insert(all.end(), after.events.begin(), after.events.end());
    EXPECT_EQ(all, straight.events) << cut;
  }
}

TEST(AuditJoin, ABrokenStateIsRefused) {
  Saved saved;
  AuditLines log;
  log.feed({line("SYSCALL", "1.000:5", "syscall=1 items=0 odd_name=1")});
  log.join().save(saved);
  ASSERT_EQ(saved.keys.size(), 1U);
  const auto& [key, value] = *saved.keys.begin();
  for (std::size_t size = 0; size < value.size(); ++size) {
    AuditLines other;
    const auto result = other.join().load(key, std::string_view(value).substr(0, size));
    ASSERT_FALSE(result) << size;
    EXPECT_EQ(result.error().code, "ingest-60");
    EXPECT_EQ(other.join().waiting(), 0U);
  }
  AuditLines other;
  EXPECT_FALSE(other.join().load(key, value + "x"));
  EXPECT_FALSE(AuditLines().join().load("audit_join/zzz", value));
  EXPECT_FALSE(AuditLines().join().load("other/1", value));
  AuditLines all;
  Saved again;
  log.join().save(again);
  EXPECT_TRUE(again.keys.empty()) << "nothing changed";
  log.join().save(again, true);
  EXPECT_EQ(again.keys, saved.keys);
}

TEST(AuditJoin, MemoryIsBounded) {
  AuditLines log({.events = 10, .bytes = 4000});
  for (int i = 0; i < 1000; ++i) {
    log.feed({line("SYSCALL", ("1.000:" + std::to_string(i)).c_str(),
                   "syscall=1 items=0 x=\"" + std::string(400, 'x') + "\"")});
    EXPECT_LE(log.join().waiting(), 10U);
    EXPECT_LE(log.join().waiting_bytes(), 4000U);
  }
  ASSERT_GT(log.events.size(), 900U);
  EXPECT_EQ(log.events[0].seq, 1U);
  EXPECT_TRUE(log.events[0].has(Anomaly::audit_incomplete));

  AuditLines large({.event_bytes = 1000});
  for (int i = 0; i < 100; ++i) {
    large.feed({line("PATH", "1.000:5", "item=" + std::to_string(i) + " name=\"/x\"")});
  }
  EXPECT_LT(large.join().waiting_bytes(), 2000U);
  large.flush();
  ASSERT_EQ(large.events.size(), 1U);
  EXPECT_TRUE(large.events[0].has(Anomaly::field_limit));
  EXPECT_EQ(large.events[0].parts.size(), 100U);

  AuditLines same({.event_records = 20});
  same.feed(Lines(1000, line("PATH", "1.000:5", "item=0")));
  EXPECT_EQ(same.events.size(), 50U) << "so many records are no one event";
}

TEST(AuditJoin, ThousandsOfMachinesAreKeptApart) {
  AuditLines log;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3000; ++i) {
      log.feed({"node=n" + std::to_string(i) + " " +
                (round == 0 ? line("SYSCALL", "1.000:5", "syscall=1 items=0")
                            : line("PROCTITLE", "1.000:5", "proctitle=\"x\""))});
    }
  }
  EXPECT_EQ(log.events.size(), 3000U);
  EXPECT_EQ(log.events[17].value("host.name"), "n17");
  EXPECT_EQ(log.join().waiting(), 0U);
}

}  // namespace
}  // namespace tocsin::ingest
