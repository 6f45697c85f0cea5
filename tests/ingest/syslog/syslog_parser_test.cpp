#include "ingest/syslog/syslog_parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::ingest {
namespace {

using event::Anomaly;
using event::Transport;

std::int64_t at(std::string_view when) { return base::parse_rfc3339(when).value(); }

class SyslogParserTest : public testing::Test {
 protected:
  const SyslogHeader& parse(std::string_view frame, Transport transport = Transport::file) {
    frame_ = frame;
    source_.transport = transport;
    parser_.parse(frame_, source_, received_, out_);
    return out_;
  }
  [[nodiscard]] std::string time() const {
    return out_.has_time ? base::format_rfc3339(out_.time.value).substr(0, 23) : "none";
  }
  [[nodiscard]] std::string anomalies() const {
    std::string text;
    for (const event::AnomalyRow& row : event::anomaly_rows) {
      if (out_.anomalies.has(row.anomaly))
        text += (text.empty() ? "" : " ") + std::string(row.name);
    }
    return text;
  }
  // The received time, marked.
  void expect_received(std::string_view anomaly) {
    EXPECT_EQ(time(), "2025-11-22T03:00:00.000") << frame_;
    EXPECT_EQ(anomalies(), anomaly) << frame_;
  }

  std::string frame_;
  event::Source source_;
  SyslogParser parser_;
  SyslogHeader out_;
  base::ReceivedTime received_{at("2025-11-22T03:00:00Z")};
};

TEST_F(SyslogParserTest, Rfc3164) {
  parse("<34>Nov 22 02:14:15 mymachine su[7]: 'su root' failed", Transport::udp);
  EXPECT_EQ(out_.form, HeaderForm::rfc3164);
  EXPECT_EQ(out_.facility, 4);
  EXPECT_EQ(out_.severity, 2);
  EXPECT_EQ(out_.host, "mymachine");
  EXPECT_EQ(out_.program, "su");
  EXPECT_EQ(out_.pid, "7");
  EXPECT_EQ(out_.message, "'su root' failed");
  EXPECT_EQ(time(), "2025-11-22T02:14:15.000");
  EXPECT_EQ(anomalies(), "");
}

TEST_F(SyslogParserTest, APriorityIsMissedOnlyWhereThereShouldBeOne) {
  for (const Transport transport : {Transport::udp, Transport::tcp, Transport::unix_datagram}) {
    parse("Nov 22 02:14:15 h a: m", transport);
    EXPECT_EQ(out_.facility, 1);
    EXPECT_EQ(out_.severity, 5);
    EXPECT_EQ(anomalies(), "no_pri");
  }
  for (const Transport transport : {Transport::file, Transport::stdin_, Transport::journald}) {
    parse("Nov 22 02:14:15 h a: m", transport);
    EXPECT_EQ(out_.facility, -1);
    EXPECT_EQ(anomalies(), "");
  }
}

TEST_F(SyslogParserTest, ABadPriorityIsKeptInTheMessage) {
  for (const std::string priority :
       {"<192>", "<999>", "<>", "<0013>", "<-1>", "<1", "< 13>", "<013>"}) {
    const std::string frame = priority + "Nov 22 02:14:15 h a: m";
    parse(frame, Transport::udp);
    EXPECT_EQ(out_.message, frame);
    EXPECT_EQ(out_.facility, -1);
    EXPECT_EQ(out_.form, HeaderForm::none);
    expect_received("bad_pri");
  }
  parse("<log><msg>x</msg></log>");
  EXPECT_EQ(anomalies(), "");
  EXPECT_EQ(out_.message, frame_);
}

TEST_F(SyslogParserTest, NoTime) {
  parse("<13>app[3]: hello", Transport::udp);
  EXPECT_EQ(out_.program, "app");
  EXPECT_EQ(out_.pid, "3");
  EXPECT_EQ(out_.message, "hello");
  expect_received("no_time no_host");
  parse("<13>Use the BFG!", Transport::tcp);
  EXPECT_EQ(out_.message, "Use the BFG!");
  expect_received("no_time no_host");
  parse("Use the BFG!", Transport::udp);
  EXPECT_EQ(out_.form, HeaderForm::none);
  expect_received("no_pri no_time");
  parse("Use the BFG!");
  EXPECT_EQ(time(), "none");
  EXPECT_EQ(anomalies(), "");
  parse("srv sshd[31602]: Failed password");
  EXPECT_EQ(out_.host, "srv");
  EXPECT_EQ(out_.program, "sshd");
  EXPECT_EQ(time(), "none");
}

TEST_F(SyslogParserTest, TimesThatDoNotExist) {
  for (const char* time_text : {"Feb 30 10:00:00", "Feb 29 10:00:00", "Nov 22 00:60:00",
                                "Nov 22 24:00:00", "Nov 00 10:00:00"}) {
    parse("<13>" + std::string(time_text) + " h a: m", Transport::udp);
    EXPECT_EQ(out_.host, "h");
    EXPECT_EQ(out_.message, "m");
    expect_received("bad_time");
    parse(std::string(time_text) + " h a: m");
    EXPECT_EQ(time(), "none");
    EXPECT_EQ(anomalies(), "bad_time");
  }
}

TEST_F(SyslogParserTest, LeapSecond) {
  parse("<13>Nov 22 02:59:60 h a: m", Transport::udp);
  EXPECT_EQ(time(), "2025-11-22T02:59:59.999");
  EXPECT_EQ(anomalies(), "leap_second");
}

TEST_F(SyslogParserTest, TheYearIsTheNearest) {
  received_ = base::ReceivedTime(at("2026-01-01T00:00:05Z"));
  parse("<13>Dec 31 23:59:58 h a: m", Transport::udp);
  EXPECT_EQ(time(), "2025-12-31T23:59:58.000");
  EXPECT_EQ(anomalies(), "year_inferred");
  received_ = base::ReceivedTime(at("2025-12-31T23:59:58Z"));
  parse("<13>Jan  1 00:00:01 h a: m", Transport::udp);
  EXPECT_EQ(time(), "2026-01-01T00:00:01.000");
  EXPECT_EQ(anomalies(), "year_inferred");
  // The same through the cache.
  parse("<13>Jan  1 00:00:02 h a: m", Transport::udp);
  EXPECT_EQ(time(), "2026-01-01T00:00:02.000");
  EXPECT_EQ(anomalies(), "year_inferred");
}

TEST_F(SyslogParserTest, TheZoneIsTheSources) {
  source_.zone = "+02:00";
  parse("Nov 22 02:00:00 h a: m");
  EXPECT_EQ(time(), "2025-11-22T00:00:00.000");
  source_.zone = "UTC";
  parse("Nov 22 02:00:00 h a: m");
  EXPECT_EQ(time(), "2025-11-22T02:00:00.000");
  source_.zone = "+02:00";
  parse("Nov 22 02:00:01 h a: m");
  EXPECT_EQ(time(), "2025-11-22T00:00:01.000");
  parse("2025-11-22T02:00:00Z h a: m");
  EXPECT_EQ(time(), "2025-11-22T02:00:00.000");
}

TEST_F(SyslogParserTest, ImplausibleTimesOfLiveSources) {
  parse("<13>Nov 22 03:05:00 h a: m", Transport::udp);
  EXPECT_EQ(time(), "2025-11-22T03:05:00.000");
  parse("<13>Nov 22 03:05:01 h a: m", Transport::udp);
  expect_received("clock_skew");
  parse("<13>Nov 15 03:00:00 h a: m", Transport::udp);
  EXPECT_EQ(time(), "2025-11-15T03:00:00.000");
  parse("<13>Nov 15 02:59:59 h a: m", Transport::udp);
  expect_received("clock_skew");
  parse("<13>1 2003-10-11T22:14:15Z h a - - - m", Transport::tcp);
  expect_received("clock_skew");
  parse("2003-10-11T22:14:15Z h a: m");
  EXPECT_EQ(time(), "2003-10-11T22:14:15.000");
  EXPECT_EQ(anomalies(), "");
}

TEST_F(SyslogParserTest, LocalProgramsWriteNoHost) {
  parse("<13>Nov 22 02:00:00 app: m", Transport::unix_datagram);
  EXPECT_EQ(out_.program, "app");
  EXPECT_TRUE(out_.host.empty());
  EXPECT_EQ(anomalies(), "");
  parse("<13>Nov 22 02:00:00 hello world", Transport::unix_datagram);
  EXPECT_TRUE(out_.host.empty());
  EXPECT_EQ(out_.message, "hello world");
  parse("<13>Nov 22 02:00:00 hello world", Transport::udp);
  EXPECT_EQ(out_.host, "hello");
  parse("<13>Nov 22 02:00:00 su:'su root' failed", Transport::udp);
  EXPECT_EQ(out_.program, "su");
  EXPECT_EQ(anomalies(), "no_host");
}

TEST_F(SyslogParserTest, Cisco) {
  parse("<189>45: router1: *Nov 22 2025 02:00:00.123 UTC: %SYS-5-CONFIG_I: Configured",
        Transport::udp);
  EXPECT_EQ(out_.host, "router1");
  EXPECT_EQ(out_.message, "%SYS-5-CONFIG_I: Configured");
  EXPECT_EQ(time(), "2025-11-22T02:00:00.123");
  EXPECT_EQ(anomalies(), "");
  parse("000123: .Nov 22 02:00:00.356: %SSH-5-SSH2_SESSION: x");
  EXPECT_EQ(out_.message, "%SSH-5-SSH2_SESSION: x");
  EXPECT_EQ(time(), "2025-11-22T02:00:00.356");
  parse("<189>: 2025 Nov 22 02:00:00 UTC: %VPC-2-X: y", Transport::udp);
  EXPECT_EQ(out_.message, "%VPC-2-X: y");
  EXPECT_EQ(time(), "2025-11-22T02:00:00.000");
  parse("<166>%ASA-6-302013: Built", Transport::udp);
  EXPECT_EQ(out_.message, "%ASA-6-302013: Built");
  expect_received("no_time no_host");
  parse("<166>Nov 22 2025 02:00:00 asa1 : %ASA-6-302013: Built", Transport::udp);
  EXPECT_EQ(out_.host, "asa1");
  EXPECT_EQ(out_.message, "%ASA-6-302013: Built");
  for (const char* up : {"77: ", "00:00:47: ", "77: 1d02h: ", "77: 2w3d: "}) {
    parse("<189>" + std::string(up) + "%LINK-3-UPDOWN: x", Transport::udp);
    EXPECT_EQ(out_.message, "%LINK-3-UPDOWN: x");
    EXPECT_TRUE(out_.host.empty()) << out_.host;
  }
}

TEST_F(SyslogParserTest, OtherHabits) {
  parse("Nov 22 02:00:00 <4.6> pancake sshd[5]: m");
  EXPECT_EQ(out_.facility, 4);
  EXPECT_EQ(out_.severity, 6);
  EXPECT_EQ(out_.host, "pancake");
  parse("Nov 22 02:00:00 <auth.info> pancake sshd[5]: m");
  EXPECT_EQ(out_.facility, 4);
  EXPECT_EQ(out_.program, "sshd");
  parse("<13>M\xC3\xA4r 22 02:00:00 h a: m");
  EXPECT_EQ(time(), "2026-03-22T02:00:00.000");
  parse("2025-11-22 02:00:00.245255-0700  localhost sshd[6738]: m");
  EXPECT_EQ(out_.host, "localhost");
  EXPECT_EQ(time(), "2025-11-22T09:00:00.245");
  parse("Nov 22 02:00:00 2024 h a: m");
  EXPECT_EQ(time(), "2024-11-22T02:00:00.000");
  EXPECT_EQ(out_.host, "h");
  parse("Nov 22 02:00:00 h a: text\r\n");
  EXPECT_EQ(out_.message, "text");
  EXPECT_EQ(anomalies(), "");
}

TEST_F(SyslogParserTest, LinesThatAreNoSyslogStayWhole) {
  for (const auto& [line, when] : std::vector<std::pair<std::string, std::string>>{
           {"2025/11/22 02:00:00 [error] 2833#0: *1 open() failed", "2025-11-22T02:00:00.000"},
           {"2025-11-22 02:00:00,123 INFO Starting", "2025-11-22T02:00:00.123"},
           {"2025/11/22 02:00:00 /api/login: 403 192.0.2.2 <nil>", "2025-11-22T02:00:00.000"},
           {"[Nov 22 02:00:00] SECURITY[77]: res_security_log.c:114", "2025-11-22T02:00:00.000"},
           {"2025-11-22T02:00:00Z INFO Starting", "2025-11-22T02:00:00.000"},
           {"Sat Nov 22 02:00:00 2025 [pid 2] CONNECT", "2025-11-22T02:00:00.000"},
           {"[Sat Nov 22 02:00:00.5 2025] [ssl:info] x", "2025-11-22T02:00:00.500"},
           {"[22/Nov/2025:02:00:00 +0100] x", "2025-11-22T01:00:00.000"},
           {"22-Nov-2025 02:00:00.000 client x", "2025-11-22T02:00:00.000"},
           {"192.0.2.1 - - [22/Nov/2025:02:00:00 +0000] \"GET /\"", "none"},
           {"{\"time\": \"2025-11-22T02:00:00Z\"}", "none"},
           {"type=SYSCALL msg=audit(1624643172.076:11843): arch=c000003e", "none"},
           {"%ASA-2-321006: System Memory usage reached 93%", "none"},
           {"", "none"}}) {
    parse(line);
    EXPECT_EQ(out_.message, line);
    EXPECT_EQ(out_.form, HeaderForm::none) << line;
    EXPECT_TRUE(out_.host.empty() && out_.program.empty()) << line;
    EXPECT_EQ(time(), when) << line;
  }
  parse("[2025-11-22 02:00:00.562] nsd[160800]: info: x");
  EXPECT_EQ(out_.program, "nsd");
  EXPECT_EQ(out_.message, "info: x");
}

TEST_F(SyslogParserTest, Rfc5424InTheStream) {
  parse("<165>1 2025-11-22T02:14:15.003Z h evntslog - ID47 [a x=\"1\"] \xEF\xBB\xBFtext",
        Transport::tcp);
  EXPECT_EQ(out_.form, HeaderForm::rfc5424);
  EXPECT_EQ(out_.facility, 20);
  EXPECT_EQ(out_.structured_data, "[a x=\"1\"]");
  EXPECT_EQ(out_.message, "text");
  EXPECT_EQ(time(), "2025-11-22T02:14:15.003");
  EXPECT_EQ(anomalies(), "");
  parse("<165>1 - - - - - -", Transport::udp);
  expect_received("");
  parse("<165>2 2025-11-22T02:14:15.003Z h a - - - m", Transport::udp);
  EXPECT_EQ(out_.form, HeaderForm::none);
  EXPECT_EQ(out_.message, "2 2025-11-22T02:14:15.003Z h a - - - m");
  EXPECT_TRUE(out_.anomalies.has(Anomaly::bad_version));
  EXPECT_EQ(time(), "2025-11-22T03:00:00.000");
}

TEST_F(SyslogParserTest, Rfc5424TimesOutsideItsGrammar) {
  for (const char* stated : {"2025-11-22T02:14:15.1234567Z", "2025-11-22t02:14:15.1Z",
                             "2025-11-22T02:14:15.1z", "2025-11-22T02:14:60Z"}) {
    parse("<13>1 " + std::string(stated) + " h a - - - m", Transport::udp);
    EXPECT_EQ(out_.host, "h");
    expect_received("bad_time");
    // In a file there is no time of reception; a legible time is better than none.
    parse("<13>1 " + std::string(stated) + " h a - - - m");
    EXPECT_EQ(time().substr(0, 17), "2025-11-22T02:14:") << stated;
    EXPECT_TRUE(out_.anomalies.has(Anomaly::bad_time));
  }
  parse("<13>1 2025-13-22T02:14:15Z h a - - - m");
  EXPECT_EQ(time(), "none");
  EXPECT_EQ(anomalies(), "bad_time");
}

TEST_F(SyslogParserTest, Repeats) {
  parse("Nov 22 02:00:00 h sshd[1]: message repeated 3 times: [ Failed password for x]");
  EXPECT_EQ(out_.repeat, 3U);
  EXPECT_EQ(out_.repeated, "Failed password for x");
  EXPECT_EQ(out_.message, "message repeated 3 times: [ Failed password for x]");
  parse("Nov 22 02:00:00 h last message repeated 4 times");
  EXPECT_EQ(out_.repeat, 4U);
  EXPECT_EQ(out_.host, "h");
}

TEST_F(SyslogParserTest, BytesThatAreNoText) {
  parse("Nov 22 02:00:00 h a: \xFF");
  EXPECT_EQ(anomalies(), "bad_utf8");
  EXPECT_EQ(out_.message, "\xFF");
  parse("Nov 22 02:00:00 h a: \x1B[31m");
  EXPECT_EQ(anomalies(), "control_bytes");
  parse("<13>1 - h a - - - \xEF\xBB\xBF\xFF");
  EXPECT_EQ(anomalies(), "bad_utf8");
  EXPECT_EQ(out_.message, "\xFF");
}

// The result never depends on what was parsed before, nor on bytes behind the frame.
TEST_F(SyslogParserTest, CachesChangeNothing) {
  const std::vector<std::string> frames = {"Nov 22 02:00:00 h a: m",
                                           "Nov 22 02:00:00 2024 h a: m",
                                           "Nov 22 02:00:00 UTC h a: m",
                                           "Nov 22 02:00:00 EST: %X",
                                           "Nov 22 02:00:00 TZ-6 h a: m",
                                           "Nov 22 02:00:00 +0100 h a: m",
                                           "Nov 22 02:00:00 HOST a: m",
                                           "Nov 22 02:00:00 2001:db8::1 a: m",
                                           "Nov 22 02:00:00 10.0.0.1 a: m",
                                           "Nov 22 02:00:00 1024 a: m",
                                           "Nov 22 02:00:00 2024",
                                           "Nov 22 02:00:00  h a: m",
                                           "Nov 22 02:00:00 <4.6> h a: m",
                                           "Nov 22 02:00:00 CET 2003 h a: m",
                                           "Nov 22 02:00:00 a[1]: m",
                                           "Nov 22 02:00:00 ",
                                           "Nov 22 02:00:00",
                                           "Nov 22 02:00:00 %ASA-1-2: x",
                                           "Nov 22 02:00:00 GMT",
                                           "Nov 22 02:00:00 U h a: m",
                                           "Nov 22 02:00:00 CEST h a: m",
                                           "Nov 22 02:00:00 [::1] a: m"};
  for (const std::string& frame : frames) {
    SyslogParser fresh;
    SyslogParser warm;
    SyslogHeader expected;
    SyslogHeader found;
    fresh.parse(frame, source_, received_, expected);
    warm.parse("Nov 22 01:00:00 h a: m", source_, received_, found);
    warm.parse(frame, source_, received_, found);
    EXPECT_EQ(found.host, expected.host) << frame;
    EXPECT_EQ(found.program, expected.program) << frame;
    EXPECT_EQ(found.message, expected.message) << frame;
    EXPECT_EQ(found.time, expected.time) << frame;
    EXPECT_EQ(found.facility, expected.facility) << frame;
    EXPECT_EQ(found.anomalies, expected.anomalies) << frame;
    EXPECT_EQ(found.form, expected.form) << frame;
  }
}

}  // namespace
}  // namespace tocsin::ingest
