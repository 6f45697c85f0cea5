#include "ingest/syslog/origin.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tocsin::ingest {
namespace {

// "host|program|pid|message"; "-" when there is neither host nor tag.
std::string origin(std::string_view text, HostEvidence evidence = HostEvidence::position) {
  Origin out;
  if (!read_origin(text, evidence, out)) {
    EXPECT_EQ(out.message, text);
    EXPECT_TRUE(out.host.empty() && out.program.empty() && out.pid.empty());
    return "-";
  }
  return std::string(out.host) + "|" + std::string(out.program) + "|" + std::string(out.pid) + "|" +
         std::string(out.message);
}

TEST(Origin, HostAndTag) {
  EXPECT_EQ(origin("web sshd[12]: m"), "web|sshd|12|m");
  EXPECT_EQ(origin("web su: m"), "web|su||m");
  EXPECT_EQ(origin("web su:"), "web|su||");
  EXPECT_EQ(origin("web  sudo:    alice : x"), "web|sudo||   alice : x");
  EXPECT_EQ(origin("mail postfix/smtpd[7]: m"), "mail|postfix/smtpd|7|m");
  EXPECT_EQ(origin("h sshd(pam_unix)[9]: m"), "h|sshd(pam_unix)|9|m");
  EXPECT_EQ(origin("h pam_unix(sshd:auth): m"), "h|pam_unix(sshd:auth)||m");
  EXPECT_EQ(origin("h com.apple.xpc.launchd[1]: m"), "h|com.apple.xpc.launchd|1|m");
  EXPECT_EQ(origin("h /usr/sbin/cron[1]: m"), "h|/usr/sbin/cron|1|m");
  EXPECT_EQ(origin("h app[worker-3]: m"), "h|app|worker-3|m");
  EXPECT_EQ(origin("h proftpd[30362] rest"), "h|proftpd|30362|rest");
  EXPECT_EQ(origin("h rsyslogd-2177: m"), "h|rsyslogd-2177||m");
  EXPECT_EQ(origin("h ASM:CEF:0|F5"), "h|ASM||CEF:0|F5");
  EXPECT_EQ(origin("h kernel:[1.2] m"), "h|kernel||[1.2] m");
  EXPECT_EQ(origin("h.example crit server.pl[24895]: m"), "h.example|server.pl|24895|m");
  EXPECT_EQ(origin("h " + std::string(40, 't') + ": m"), "h|" + std::string(40, 't') + "||m");
}

TEST(Origin, HostsOfAllKinds) {
  EXPECT_EQ(origin("192.0.2.1 a: m"), "192.0.2.1|a||m");
  EXPECT_EQ(origin("2001:db8::1 a: m"), "2001:db8::1|a||m");
  EXPECT_EQ(origin("fe80:: a: m"), "fe80::|a||m");
  EXPECT_EQ(origin("fe80::1%eth0 a: m"), "fe80::1%eth0|a||m");
  EXPECT_EQ(origin("[2001:db8::1] a: m"), "2001:db8::1|a||m");
  EXPECT_EQ(origin("h_1-x.example.org a: m"), "h_1-x.example.org|a||m");
  EXPECT_EQ(origin("asa1 : %ASA-6-302013: Built"), "asa1|||%ASA-6-302013: Built");
  EXPECT_EQ(origin("10.0.0.1 %IPS-4-SIGNATURE: Sig"), "10.0.0.1|||%IPS-4-SIGNATURE: Sig");
  EXPECT_EQ(origin("localhost"), "localhost|||");
}

TEST(Origin, NoHost) {
  EXPECT_EQ(origin("su: 'su root' failed"), "|su||'su root' failed");
  EXPECT_EQ(origin("su:'su root' failed"), "|su||'su root' failed");
  EXPECT_EQ(origin("sshd[8148]: Disconnecting"), "|sshd|8148|Disconnecting");
  EXPECT_EQ(origin("sogod [26818]: m"), "|sogod|26818|m");
  EXPECT_EQ(origin("CRON[7]: (root) CMD (x)"), "|CRON|7|(root) CMD (x)");
  EXPECT_EQ(origin("security: info: client"), "|security||info: client");
}

TEST(Origin, AHostWithoutATag) {
  EXPECT_EQ(origin("h -- MARK --"), "h|||-- MARK --");
  EXPECT_EQ(origin("h last message repeated 3 times"), "h|||last message repeated 3 times");
  EXPECT_EQ(origin("h some words: no tag"), "h|||some words: no tag");
  EXPECT_EQ(origin("h http://example.org/ seen"), "h|||http://example.org/ seen");
  EXPECT_EQ(origin("h 10:30:00 noon"), "h|||10:30:00 noon");
  EXPECT_EQ(origin("h CEF:0|Vendor"), "h|||CEF:0|Vendor");
  EXPECT_EQ(origin("h [WAN_LOCAL-D-21] DESCR=x"), "h|||[WAN_LOCAL-D-21] DESCR=x");
  EXPECT_EQ(origin("h ERROR: disk"), "h|||ERROR: disk");
  EXPECT_EQ(origin("h 1,2020/02/09 00:00:00,x"), "h|||1,2020/02/09 00:00:00,x");
  EXPECT_EQ(origin("h  two"), "h||| two");
  EXPECT_EQ(origin("h x[1]y: m"), "h|||x[1]y: m");
  EXPECT_EQ(origin("h " + std::string(200, 't') + ": m"), "h|||" + std::string(200, 't') + ": m");
}

TEST(Origin, NeitherHostNorTag) {
  for (const char* text : {"", "INFO starting", "WARNING[12]: x", "SECURITY[7]: x",
                           "192.0.2.33:54 x", "date=2011-07-24 time=10:13", "{\"a\": 1}",
                           "\"quoted\" text", "<xml>", "#001 MSWinEventLog", "%ASA-1-2: x"})
    EXPECT_EQ(origin(text), "-") << text;
  EXPECT_EQ(origin(std::string(300, 'h') + " a: m"), "-");
}

TEST(Origin, EvidenceThatIsAskedFor) {
  EXPECT_EQ(origin("Starting the engine", HostEvidence::tag), "-");
  EXPECT_EQ(origin("web sshd[12]: m", HostEvidence::tag), "web|sshd|12|m");
  EXPECT_EQ(origin("sshd: m", HostEvidence::tag), "|sshd||m");
  EXPECT_EQ(origin("3.3.3.3  {", HostEvidence::tag), "3.3.3.3||| {");
  EXPECT_EQ(origin("h last message repeated 3 times", HostEvidence::tag),
            "h|||last message repeated 3 times");
  EXPECT_EQ(origin("zuse proftpd[7] m", HostEvidence::pid), "zuse|proftpd|7|m");
  EXPECT_EQ(origin("/api/login: 403", HostEvidence::pid), "-");
  EXPECT_EQ(origin("192.0.2.33:54321 OpenSSL: error", HostEvidence::pid), "-");
  EXPECT_EQ(origin("srv sshd[31602]: m", HostEvidence::pid_colon), "srv|sshd|31602|m");
  EXPECT_EQ(origin("sshd[31602]: m", HostEvidence::pid_colon), "|sshd|31602|m");
  for (const char* text : {"srv sshd: m", "sshd: m", "Failed item[3] of list", "3.3.3.3 x",
                           "oscap: msg", "Starting the engine"})
    EXPECT_EQ(origin(text, HostEvidence::pid_colon), "-") << text;
}

// The short way says nothing, or what the long way says.
TEST(Origin, ThePlainCaseIsTheGeneralCase) {
  const std::vector<std::string> words = {"web",
                                          "h",
                                          "a.b-c_d",
                                          "10.0.0.1",
                                          "host/relay",
                                          "HOST",
                                          "::1",
                                          "sshd[12]:",
                                          "su:",
                                          "x[1]",
                                          "[12]",
                                          "a[b]:",
                                          "info:",
                                          "error[1]:",
                                          "CEF:",
                                          "LEEF:",
                                          "Cef:",
                                          "critical:",
                                          "INFO",
                                          "12:",
                                          "9a:",
                                          "_a:",
                                          "a[]:",
                                          "a[1]]:",
                                          "a[1]:b",
                                          "emergency:",
                                          ":",
                                          "",
                                          "é:",
                                          "a(b)[1]:",
                                          "systemd-logind[1234567]:",
                                          "a23456789012345678901234567890123:"};
  std::mt19937 random(3);
  std::size_t plain_cases = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    const std::size_t count = 1 + random() % 4;
    for (std::size_t w = 0; w < count; ++w)
      text += words[random() % words.size()] + (random() % 8 == 0 ? "" : " ");
    text.append(random() % 80, 'm');
    const auto block = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), block.get());
    const std::string_view exact(block.get(), text.size());
    SyslogHeader plain;
    if (!read_plain_origin(exact, plain)) continue;
    ++plain_cases;
    Origin general;
    ASSERT_TRUE(read_origin(exact, HostEvidence::tag, general)) << text;
    ASSERT_EQ(plain.host, general.host) << text;
    ASSERT_EQ(plain.program, general.program) << text;
    ASSERT_EQ(plain.pid, general.pid) << text;
    ASSERT_EQ(plain.message, general.message) << text;
  }
  EXPECT_GT(plain_cases, 1000U);
  SyslogHeader header;
  EXPECT_TRUE(read_plain_origin("web sshd[12]: m", header));
  EXPECT_EQ(header.pid, "12");
  EXPECT_TRUE(read_plain_origin("web su: ", header));
  EXPECT_EQ(header.message, "");
}

}  // namespace
}  // namespace tocsin::ingest
