#include "ingest/decode/audit.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/time.hpp"
#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;
using event::EventKind;

using Audit = DecodedBy<AuditBody>;

constexpr const char* login =
    "node=web1 type=USER_LOGIN msg=audit(1700000000.123:45): pid=4711 uid=0 auid=4294967295 "
    "ses=4294967295 subj=unconfined msg='op=login acct=\"root\" exe=\"/usr/sbin/sshd\" "
    "hostname=mail.example.org addr=198.51.100.7 terminal=ssh res=failed'\x1D"
    "UID=\"root\" AUID=\"unset\"";

TEST(Audit, AUserRecordIsAWholeEvent) {
  Audit a;
  ASSERT_TRUE(a.ok(login));
  EXPECT_EQ(a.event.kind, EventKind::whole);
  EXPECT_TRUE(a.event.has_time);
  EXPECT_EQ(base::format_rfc3339(a.event.time.value), "2023-11-14T22:13:20.123000000Z");
  const Pairs wanted = {{"type", "USER_LOGIN"},
                        {"auditd.sequence", "45"},
                        {"node", "web1"},
                        {"host.name", "web1"},
                        {"pid", "4711"},
                        {"uid", "0"},
                        {"auid", "unset"},
                        {"ses", "unset"},
                        {"subj", "unconfined"},
                        {"op", "login"},
                        {"acct", "root"},
                        {"exe", "/usr/sbin/sshd"},
                        {"hostname", "mail.example.org"},
                        {"addr", "198.51.100.7"},
                        {"terminal", "ssh"},
                        {"res", "failed"},
                        {"UID", "root"},
                        {"AUID", "unset"},
                        {"event.category", "authentication"},
                        {"event.action", "logged-in"},
                        {"event.outcome", "failure"},
                        {"user.name", "root"},
                        {"process.name", "sshd"},
                        {"process.pid", "4711"},
                        {"process.executable", "/usr/sbin/sshd"},
                        {"source.ip", "198.51.100.7"},
                        {"source.address", "mail.example.org"}};
  EXPECT_EQ(a.pairs(), wanted);
  EXPECT_TRUE(a.event.anomalies.empty());
}

TEST(Audit, ASystemCallIsAPartWithNamesForItsNumbers) {
  Audit a;
  ASSERT_TRUE(a.ok(
      "type=SYSCALL msg=audit(1700000000.123:46): arch=c000003e syscall=42 success=no exit=-13 "
      "a0=6 a1=7ffeb50e4570 items=0 ppid=1 pid=1170 auid=1000 uid=0 tty=(none) ses=3 "
      "comm=\"curl\" exe=2F746D702F6120622F6375726C key=6E65740164656C657465"));
  EXPECT_EQ(a.event.kind, EventKind::part);
  EXPECT_EQ(a.value("syscall"), "42");
  EXPECT_EQ(a.value("SYSCALL"), "connect");
  EXPECT_EQ(a.value("ARCH"), "x86_64");
  EXPECT_EQ(a.value("EXIT"), "EACCES");
  EXPECT_EQ(a.value("exe"), "/tmp/a b/curl");
  EXPECT_EQ(a.value("key"), "net|delete");
  EXPECT_EQ(a.value("a0"), "6") << "numbers of a system call are not text in hexadecimal";
  EXPECT_EQ(a.value("tty"), "(none)");
  EXPECT_EQ(a.value("event.category"), "network");
  EXPECT_EQ(a.value("event.action"), "connected-to");
  EXPECT_EQ(a.value("event.outcome"), "failure");
  EXPECT_EQ(a.value("process.name"), "curl");
  EXPECT_EQ(a.value("process.parent.pid"), "1");
  EXPECT_EQ(a.value("user.name"), "<none>") << "a number is no name";
  EXPECT_TRUE(a.event.anomalies.empty());
}

TEST(Audit, WhatAuditdAddedIsNotAddedAgain) {
  Audit a;
  ASSERT_TRUE(a.ok(
      "type=SYSCALL msg=audit(1.000:1): arch=c00000b7 syscall=221 success=yes exit=0 key=(null)"
      "\x1D"
      "ARCH=aarch64 SYSCALL=execve AUID=\"alice\" UID=\"root\""));
  EXPECT_EQ(a.value("SYSCALL"), "execve");
  EXPECT_EQ(a.value("ARCH"), "aarch64");
  EXPECT_EQ(a.value("user.name"), "alice") << "who logged in, not who he became";
  EXPECT_EQ(a.value("event.action"), "executed");
  EXPECT_EQ(a.batch.find(a.event, a.context().id_of("key"))->kind, event::ValueKind::null);
}

TEST(Audit, ArgumentsAreDecodedAndJoined) {
  Audit a;
  ASSERT_TRUE(
      a.ok("type=EXECVE msg=audit(1.000:1): argc=4 a0=\"perl\" a1=\"-e\" a2=7072696E742022782022 "
           "a3=\"\""));
  EXPECT_EQ(a.value("a2"), "print \"x \"");
  EXPECT_EQ(a.value("process.command_line"), "perl -e print \"x \" ");
  EXPECT_EQ(a.value("event.category"), "process");
}

TEST(Audit, AnArgumentInPiecesIsOneValue) {
  Audit a;
  ASSERT_TRUE(
      a.ok("type=EXECVE msg=audit(1.000:1): argc=3 a0=\"echo\" a1_len=6 a1[0]=6161 a1[1]=2062 "
           "a2_len=4 a2[0]=\"cd\""));
  EXPECT_EQ(a.value("a1"), "aa b");
  EXPECT_EQ(a.value("a2"), "cd");
  EXPECT_EQ(a.value("process.command_line"), "echo aa b cd");
}

TEST(Audit, TitlesHaveBlanksForNul) {
  Audit a;
  ASSERT_TRUE(a.ok("type=PROCTITLE msg=audit(1.000:1): proctitle=6E63002D6C002D70003535353500"));
  EXPECT_EQ(a.value("proctitle"), "nc -l -p 5555");
  EXPECT_EQ(a.value("process.command_line"), "nc -l -p 5555");
  ASSERT_TRUE(a.ok("type=PROCTITLE msg=audit(1.000:1): proctitle=\"bash\""));
  EXPECT_EQ(a.value("proctitle"), "bash");
}

TEST(Audit, OnlyFieldsThatTheKernelEncodesAreDecoded) {
  Audit a;
  ASSERT_TRUE(
      a.ok("type=PATH msg=audit(1.000:1): item=10 name=2F612062 inode=414243 dev=fd01 mode=0100 "
           "cap_fp=0000"));
  EXPECT_EQ(a.value("name"), "/a b");
  EXPECT_EQ(a.value("inode"), "414243");
  EXPECT_EQ(a.value("dev"), "fd01");
  EXPECT_EQ(a.value("cap_fp"), "0000");
}

TEST(Audit, ABadEncodingStaysAsWritten) {
  Audit a;
  ASSERT_TRUE(a.ok("type=PATH msg=audit(1.000:1): item=0 name=2F6 nametype=NORMAL"));
  EXPECT_TRUE(a.has(Anomaly::audit_hex));
  EXPECT_EQ(a.value("name"), "2F6");
  ASSERT_TRUE(a.ok("type=SYSCALL msg=audit(1.000:1): comm=bash exe=(null)"));
  EXPECT_TRUE(a.has(Anomaly::audit_hex)) << "the kernel would have quoted it";
  ASSERT_TRUE(
      a.ok("type=USER_AUTH msg=audit(1.000:1): pid=1 msg='PAM: auth acct=root : exe=\"/x\" "
           "(hostname=?, addr=?, terminal=cron res=success)'"));
  EXPECT_FALSE(a.has(Anomaly::audit_hex)) << "old programs wrote names as they are";
  EXPECT_EQ(a.value("acct"), "root");
  EXPECT_EQ(a.value("hostname"), "?");
  EXPECT_EQ(a.value("res"), "success");
  EXPECT_EQ(a.value("event.outcome"), "success");
  ASSERT_TRUE(a.ok("type=USER_AUTH msg=audit(1.000:1): msg='acct=6162 res=failed'"));
  EXPECT_EQ(a.value("acct"), "6162") << "nothing in it needs the encoding";
  ASSERT_TRUE(a.ok(
      "type=USER_AUTH msg=audit(1.000:1): msg='acct=28696E76616C6964207573657229 res=failed'"));
  EXPECT_EQ(a.value("user.name"), "(invalid user)");
}

TEST(Audit, TextInsideAnEncodedValueIsNotBelieved) {
  Audit a;
  // comm is: acct="x" res=success
  ASSERT_TRUE(
      a.ok("type=ANOM_ABEND msg=audit(1.000:1): auid=0 "
           "comm=616363743D227822207265733D73756363657373 sig=11 res=0"));
  EXPECT_EQ(a.value("comm"), "acct=\"x\" res=success");
  EXPECT_EQ(a.value("acct"), "<none>");
  EXPECT_EQ(a.value("event.outcome"), "failure");
}

TEST(Audit, NothingBehindAQuoteThatNoKernelWroteIsBelieved) {
  Audit a;
  ASSERT_TRUE(
      a.ok("type=SYSCALL msg=audit(1.000:1): success=no comm=\"acct=\"x\" success=yes\" "
           "exe=\"/bin/x\""));
  EXPECT_TRUE(a.has(Anomaly::audit_invalid));
  EXPECT_EQ(a.value("success"), "no");
  EXPECT_EQ(a.value("event.outcome"), "failure");
  EXPECT_EQ(a.value("exe"), "<none>");
  EXPECT_EQ(a.value("comm"), "<none>");
  ASSERT_TRUE(a.ok("type=SYSCALL msg=audit(1.000:1): success=no comm=\"abc"));
  EXPECT_TRUE(a.has(Anomaly::audit_invalid));
}

TEST(Audit, AHostnameCannotSmuggleInAnAddressOrAResult) {
  Audit a;
  ASSERT_TRUE(
      a.ok("type=USER_LOGIN msg=audit(1.000:1): pid=1 uid=0 msg='op=login acct=\"eve\" "
           "exe=\"/usr/sbin/sshd\" hostname=x acct=\"root\" addr=10.0.0.1 res=success "
           "addr=203.0.113.9 terminal=ssh res=failed'"));
  EXPECT_EQ(a.value("user.name"), "eve");
  EXPECT_EQ(a.value("source.ip"), "203.0.113.9");
  EXPECT_EQ(a.value("event.outcome"), "failure");
  EXPECT_EQ(a.value("acct"), "eve|root") << "all is shown, one is believed";
}

TEST(Audit, AccessVectorsAreWords) {
  Audit a;
  ASSERT_TRUE(a.ok(
      "type=AVC msg=audit(1.000:1): avc:  denied  { read write } for  pid=13010 comm=\"pickup\" "
      "name=\"maildrop\" dev=hda7 tclass=dir"));
  EXPECT_EQ(a.value("seresult"), "denied");
  EXPECT_EQ(a.value("seperms"), "read|write");
  EXPECT_EQ(a.value("pid"), "13010");
  EXPECT_EQ(a.value("event.outcome"), "failure");
  EXPECT_EQ(a.event.kind, EventKind::part);
}

TEST(Audit, TheKernelsOwnLogHasNumbersForTypes) {
  Audit a;
  ASSERT_TRUE(
      a.ok("[ 11.103248] audit: type=1400 audit(1403549175.177:2): apparmor=\"DENIED\" "
           "operation=\"ptrace\" profile=\"docker-default\" pid=5571 comm=\"top\""));
  EXPECT_EQ(a.value("type"), "AVC");
  EXPECT_EQ(a.event.kind, EventKind::whole) << "no other record of it will come this way";
  EXPECT_EQ(a.value("event.action"), "violated-apparmor-policy");
  EXPECT_EQ(a.value("event.outcome"), "failure");
  ASSERT_TRUE(a.ok("audit: type=1300 audit(1.000:2): arch=c000003e syscall=59 success=yes"));
  EXPECT_EQ(a.event.kind, EventKind::part);
  ASSERT_TRUE(a.ok("type=UNKNOWN[1326] msg=audit(1.000:3): sig=31 arch=40000003 syscall=132"));
  EXPECT_EQ(a.value("type"), "SECCOMP");
  EXPECT_EQ(a.value("SYSCALL"), "getpgid");
  ASSERT_TRUE(a.ok("type=NEWER_THAN_US msg=audit(1.000:3): x=1"));
  EXPECT_EQ(a.event.kind, EventKind::whole);
  EXPECT_EQ(a.value("x"), "1");
}

TEST(Audit, TheNodeAndTheProgramReplaceTheHeaders) {
  Audit a;
  const std::string_view body = a.frame(login);
  BodyContext c = a.context();
  c.add(event::field::host_name, "relay");
  c.add(event::field::process_name, "audispd");
  ASSERT_EQ(a.body.decode(body, c), BodyResult::decoded);
  EXPECT_EQ(a.value("host.name"), "web1");
  EXPECT_EQ(a.value("process.name"), "sshd");
}

TEST(Audit, OldLoginRecordsSayOldAndNewInWords) {
  Audit a;
  ASSERT_TRUE(a.ok(
      "type=LOGIN msg=audit(1.000:296): login pid=13015 uid=0 old auid=4294967295 new auid=500"));
  EXPECT_EQ(a.value("old-auid"), "unset");
  EXPECT_EQ(a.value("auid"), "500");
}

TEST(Audit, ASocketAddressIsTakenApart) {
  Audit a;
  ASSERT_TRUE(
      a.ok("type=SOCKADDR msg=audit(1.000:1): saddr=02000050A9FEA9FE0000000000000000"
           "\x1DSADDR={ saddr_fam=inet laddr=169.254.169.254 lport=80 }"));
  EXPECT_EQ(a.value("family"), "ipv4");
  EXPECT_EQ(a.value("addr"), "169.254.169.254");
  EXPECT_EQ(a.value("port"), "80");
  EXPECT_EQ(a.value("saddr"), "02000050A9FEA9FE0000000000000000");
  EXPECT_EQ(a.value("SADDR"), "{ saddr_fam=inet laddr=169.254.169.254 lport=80 }");
  EXPECT_EQ(a.value("source.ip"), "<none>") << "the system call says whose address it is";
}

TEST(Audit, WhatIsNoRecordHasNoField) {
  Audit a;
  for (const char* text :
       {"", "type=SYSCALL", "type=SYSCALL msg=audit", "type=SYSCALL msg=audit(",
        "type=SYSCALL msg=audit()", "type=SYSCALL msg=audit(1:2): a=b",
        "type=SYSCALL msg=audit(1.:2): a=b", "type=SYSCALL msg=audit(1.5): a=b",
        "type=SYSCALL msg=audit(1.5:): a=b", "type=SYSCALL msg=audit(1.5:2: a=b",
        "type=SYSCALL msg=audit(-1.5:2): a=b",
        "type=SYSCALL msg=audit(99999999999999999999.5:2): a=b",
        "type=SYSCALL msg=audit(9999999999999.5:2): a=b",
        "type=SYSCALL msg=audit(1.5:99999999999999999999): a=b", "hello world", "[1] x"}) {
    EXPECT_EQ(a.decode(text), BodyResult::invalid) << text;
    EXPECT_TRUE(a.has(Anomaly::audit_invalid)) << text;
    EXPECT_TRUE(a.pairs().empty()) << text;
    EXPECT_FALSE(a.event.has_time) << text;
  }
}

TEST(Audit, EveryPrefixIsHarmless) {
  Audit a;
  const std::string text = login;
  for (std::size_t size = 0; size < text.size(); ++size) {
    const bool decoded = a.ok(std::string_view(text).substr(0, size));
    EXPECT_EQ(decoded,
              size >= std::string("node=web1 type=USER_LOGIN msg=audit(1700000000.123:45)").size())
        << size;
    EXPECT_EQ(a.event.field_count, a.batch.fields.size());
  }
}

TEST(Audit, ManyArgumentsAreBounded) {
  Audit a;
  std::string text = "type=EXECVE msg=audit(1.000:1): argc=20000";
  for (int i = 0; i < 20'000; ++i) text += " a" + std::to_string(i) + "=\"abcdefgh\"";
  ASSERT_TRUE(a.ok(text));
  EXPECT_EQ(a.value("a255"), "abcdefgh");
  EXPECT_EQ(a.value("a256"), "<none>");
  EXPECT_TRUE(a.has(Anomaly::field_limit));
  EXPECT_TRUE(a.has(Anomaly::value_truncated));
  EXPECT_EQ(a.value("process.command_line").size(), max_value_size);
}

}  // namespace
}  // namespace tocsin::ingest
