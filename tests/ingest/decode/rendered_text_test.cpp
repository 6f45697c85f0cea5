#include "ingest/decode/rendered_text.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {
namespace {

struct Rendered : Decoded {
  RenderedText table;

  Pairs read(std::string_view channel, std::int64_t id, std::string_view message) {
    const std::string_view framed = frame(message);
    BodyContext in = context();
    table.decode(channel, id, framed, in);
    return pairs();
  }
};

constexpr std::string_view failed_logon =
    "An account failed to log on.    Subject:   Security ID:  S-1-0-0   Account Name:  -   Account "
    "Domain:  -   Logon ID:  0x0    Logon Type:   3    Account For Which Logon Failed:   Security "
    "ID:  S-1-0-0   Account Name:  bob   Account Domain:  CORP    Failure Information:   Failure "
    "Reason:  Unknown user name or bad password.   Status:   0xC000006D   Sub Status:  0xC0000064  "
    "  Process Information:   Caller Process ID: 0x0   Caller Process Name: -    Network "
    "Information:   Workstation Name: PC7   Source Network Address: 203.0.113.7   Source Port:  "
    "50022    Detailed Authentication Information:   Logon Process:  NtLmSsp    Authentication "
    "Package: NTLM   Transited Services: -   Package Name (NTLM only): -   Key Length:  0    This "
    "event is generated when a logon request fails. It is generated on the computer. Logon Type: x";

const Pairs failed_fields{{"SubjectUserSid", "S-1-0-0"},
                          {"SubjectUserName", "-"},
                          {"SubjectDomainName", "-"},
                          {"SubjectLogonId", "0x0"},
                          {"LogonType", "3"},
                          {"TargetUserSid", "S-1-0-0"},
                          {"TargetUserName", "bob"},
                          {"TargetDomainName", "CORP"},
                          {"Status", "0xC000006D"},
                          {"SubStatus", "0xC0000064"},
                          {"ProcessId", "0x0"},
                          {"ProcessName", "-"},
                          {"WorkstationName", "PC7"},
                          {"IpAddress", "203.0.113.7"},
                          {"IpPort", "50022"},
                          {"LogonProcessName", "NtLmSsp"},
                          {"AuthenticationPackageName", "NTLM"},
                          {"TransmittedServices", "-"},
                          {"LmPackageName", "-"},
                          {"KeyLength", "0"}};

TEST(RenderedText, LabelsGetTheNamesOfEventDataBySection) {
  Rendered r;
  EXPECT_EQ(r.read("Security", 4625, failed_logon), failed_fields);
}

TEST(RenderedText, BlanksBetweenValuesDoNotMatter) {
  std::string single, lines;
  for (const char c : failed_logon) {
    if (c == ' ' && single.ends_with(' ')) continue;
    single += c;
  }
  for (std::size_t i = 0; i < failed_logon.size(); ++i) {
    const bool run = failed_logon.substr(i, 3) == "   ";
    lines += run ? "\r\n\t" : failed_logon.substr(i, 1);
    if (run) i += 2;
  }
  Rendered r;
  EXPECT_EQ(r.read("Security", 4625, single), failed_fields);
  EXPECT_EQ(r.read("Security", 4625, lines), failed_fields);
}

TEST(RenderedText, AProcessHasItsParentItsLabelAndAllOfItsCommandLine) {
  Rendered r;
  r.read("Security", 4688,
         "A new process has been created.    Creator Subject:   Security ID:  S-1-5-18   Account "
         "Name:  bob   Account Domain:  CORP   Logon ID:  0x3E7    Target Subject:   Security ID:  "
         "S-1-0-0   Account Name:  -   Account Domain:  -   Logon ID:  0x0    Process Information: "
         "  New Process ID:  0x7c   New Process Name: C:\\Windows\\System32\\cmd.exe   Token "
         "Elevation Type: %%1936   Mandatory Label:  Mandatory Label\\High Mandatory Level   "
         "Creator Process ID: 0x4   Creator Process Name: C:\\a b.exe   Process Command Line: cmd "
         "/c  echo Account Name: eve & echo Token Elevation Type indicates nothing    Token "
         "Elevation Type indicates the type of token that was assigned.");
  EXPECT_EQ(r.value("SubjectUserName"), "bob");
  EXPECT_EQ(r.value("TargetUserName"), "-");
  EXPECT_EQ(r.value("NewProcessName"), "C:\\Windows\\System32\\cmd.exe");
  EXPECT_EQ(r.value("MandatoryLabel"), "S-1-16-12288");
  EXPECT_EQ(r.value("ParentProcessName"), "C:\\a b.exe");
  EXPECT_EQ(r.value("CommandLine"),
            "cmd /c  echo Account Name: eve & echo Token Elevation Type indicates nothing");
  EXPECT_EQ(r.value("TokenElevationType"), "<none>");  // said in words that rules do not ask for
}

TEST(RenderedText, OlderTemplatesWithoutSectionsOfTheirOwnAreRead) {
  Rendered r;
  r.read("Security", 4688,
         "A new process has been created. Subject: Security ID: S-1-5-18 Account Name: PC$ Account "
         "Domain: CORP Logon ID: 0x3e7 Process Information: New Process ID: 0x1 New Process Name: "
         "C:\\x.exe Token Elevation Type: TokenElevationTypeDefault (1) Creator Process ID: 0x2");
  EXPECT_EQ(r.value("SubjectUserName"), "PC$");
  EXPECT_EQ(r.value("NewProcessName"), "C:\\x.exe");
  EXPECT_EQ(r.value("ProcessId"), "0x2");
  EXPECT_EQ(r.value("CommandLine"), "<none>");
}

TEST(RenderedText, WordsBecomeTheCodesThatRulesAskFor) {
  Rendered r;
  r.read("Security", 5156,
         "The Windows Filtering Platform has permitted a connection.  Application Information:  "
         "Process ID:  4  Application Name: System  Network Information:  Direction:  Outbound  "
         "Source Address:  10.0.0.1  Source Port:  50000  Destination Address: 203.0.113.7  "
         "Destination Port:  443  Protocol:  6  Filter Information:  Filter Run-Time ID: 1");
  EXPECT_EQ(r.value("Direction"), "%%14593");
  EXPECT_EQ(r.value("DestPort"), "443");
  r.read("Security", 4657, "Operation Type: Existing registry value modified Process Information:");
  EXPECT_EQ(r.value("OperationType"), "%%1905");
}

TEST(RenderedText, SysmonsLabelsAreItsFields) {
  Rendered r;
  r.read("Microsoft-Windows-Sysmon/Operational", 13,
         "Registry value set:  RuleName: -  EventType: SetValue  UtcTime: 2021-01-01 00:00:00.000  "
         "ProcessGuid: {1}  ProcessId: 8  Image: C:\\r.exe  TargetObject: HKLM\\Run\\x  Details: "
         "C:\\evil.exe: a  User: CORP\\bob");
  EXPECT_EQ(r.value("EventType"), "SetValue");
  EXPECT_EQ(r.value("UtcTime"), "2021-01-01 00:00:00.000");
  EXPECT_EQ(r.value("TargetObject"), "HKLM\\Run\\x");
  EXPECT_EQ(r.value("Details"), "C:\\evil.exe: a");
}

TEST(RenderedText, OtherEventsAndOtherTextsGiveNothing) {
  Rendered r;
  EXPECT_TRUE(r.read("Security", 1, failed_logon).empty());
  EXPECT_TRUE(r.read("System", 4625, failed_logon).empty());
  EXPECT_TRUE(r.read("Security", -1, failed_logon).empty());
  EXPECT_TRUE(r.read("Security", 4625, "").empty());
  EXPECT_TRUE(r.read("Security", 4625, "Konto konnte nicht angemeldet werden: Name:").empty());
  EXPECT_TRUE(r.read("Security", 4625, ":::: : Logon Type:").empty());
  EXPECT_TRUE(r.read("Security", 4625, "xLogon Type: 3 Logon Type:3").empty());
}

}  // namespace
}  // namespace tocsin::ingest
