// Headers of real log lines: the shares that agree are held as lower bounds.
#include <gtest/gtest.h>

#include <cctype>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "ingest/syslog/structured_data.hpp"
#include "ingest/syslog/syslog_parser.hpp"
#include "tests/ingest/test_data.hpp"

namespace tocsin::ingest {
namespace {

constexpr base::ReceivedTime received{1'763'780'400'000'000'000};  // 2025-11-22T03:00:00Z

std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

class Agreement {
 public:
  void compare(const test::Record& record, std::string_view key, const std::string& expected,
               const std::string& found) {
    ++total_;
    if (expected == found) {
      ++agree_;
    } else {
      std::cout << "differs in " << key << ": "
                << base::printable(record.text("raw").substr(0, 110)) << "\n  expected "
                << base::printable(expected.substr(0, 90)) << "\n  found    "
                << base::printable(found.substr(0, 90)) << "\n";
    }
  }
  [[nodiscard]] double share() const {
    return total_ == 0 ? 0 : static_cast<double>(agree_) / static_cast<double>(total_);
  }
  void print(std::string_view name) const {
    std::cout << name << ": " << agree_ << " of " << total_ << " header parts agree\n";
  }
  void add(const Agreement& other) {
    agree_ += other.agree_;
    total_ += other.total_;
  }

 private:
  std::size_t agree_ = 0;
  std::size_t total_ = 0;
};

class HeaderCorpus : public testing::Test {
 protected:
  SyslogHeader parse(const std::string& raw) {
    SyslogHeader header;
    parser_.parse(raw, source_, received, header);
    return header;
  }
  event::Source source_;
  SyslogParser parser_;
};

constexpr std::array<std::string_view, 24> facilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
constexpr std::array<std::string_view, 8> severities = {"emerg",   "alert",  "crit", "err",
                                                        "warning", "notice", "info", "debug"};

void compare_parts(const test::Record& record, const SyslogHeader& header, Agreement& agreement) {
  const auto text = [&](std::string_view key, std::string_view found) {
    const std::string path = "expect." + std::string(key);
    if (record.has(path)) agreement.compare(record, key, record.text(path), std::string(found));
  };
  text("hostname", header.host);
  text("program", header.program);
  text("pid", header.pid);
  text("procid", header.pid);
  text("msgid", header.msgid);
  text("message", header.message);
  text("repeat", std::to_string(header.repeat));
  if (record.has("expect.pri"))
    agreement.compare(record, "pri", record.text("expect.pri"),
                      std::to_string(header.facility * 8 + header.severity));
  if (header.facility >= 0) {
    text("facility", facilities[static_cast<std::size_t>(header.facility)]);
    text("severity", severities[static_cast<std::size_t>(header.severity)]);
  }
  if (record.has("expect.time"))
    agreement.compare(record, "time",
                      base::format_rfc3339(base::parse_rfc3339(record.text("expect.time")).value()),
                      header.has_time ? base::format_rfc3339(header.time.value) : "none");
  if (record.has("expect.message_trimmed"))
    agreement.compare(record, "message_trimmed", record.text("expect.message_trimmed"),
                      trimmed(header.message));
  EXPECT_NE(header.message.find(record.text("expect.message_contains")), std::string::npos)
      << record.line();
  EXPECT_TRUE(!record.has("expect.pri_invalid") || header.facility == -1) << record.line();
}

void compare_structured_data(const test::Record& record, const SyslogHeader& header) {
  base::Arena arena;
  StructuredDataReader reader(header.structured_data);
  std::size_t found = 0;
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  ASSERT_EQ(parser.parse(record.line()).get(document), simdjson::SUCCESS);
  simdjson::dom::object expected;
  if (document["expect"]["sd"].get(expected) != simdjson::SUCCESS) {
    EXPECT_TRUE(header.structured_data.empty());
    return;
  }
  std::size_t count = 0;
  for (const auto element : expected)
    count += std::max<std::size_t>(1, simdjson::dom::object(element.value).size());
  for (StructuredDataParameter parameter; reader.next(arena, parameter); ++found) {
    if (parameter.name.empty()) continue;
    std::string_view value;
    ASSERT_EQ(expected[parameter.id][parameter.name].get(value), simdjson::SUCCESS);
    EXPECT_EQ(parameter.value, value);
  }
  EXPECT_EQ(found, count);
}

// The bound of the project: 97 % of the parts of both sets together.
TEST_F(HeaderCorpus, CrowdsecAndOwnHeaders) {
  const auto own = test::read_records("linux/syslog_headers.ndjson");
  if (own.empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  ASSERT_EQ(own.size(), 45U);
  Agreement of_own;
  for (const test::Record& record : own) {
    const std::string raw = record.text("raw");
    const SyslogHeader header = parse(raw);
    compare_parts(record, header, of_own);
    compare_structured_data(record, header);
  }
  Agreement of_crowdsec;
  for (const test::Record& record : test::read_records("linux/crowdsec.ndjson")) {
    // Web error logs have a time but no syslog header; their `message` is a part of the line. So it
    // is with what only the service's own decoder takes apart.
    if (!record.has("expect.program") && !record.has("expect.hostname")) continue;
    const std::string raw = record.text("raw");
    SyslogHeader header = parse(raw);
    compare_parts(record, header, of_crowdsec);
  }
  of_own.print("syslog_headers");
  of_crowdsec.print("crowdsec");
  EXPECT_EQ(of_own.share(), 1.0);
  EXPECT_GE(of_crowdsec.share(), 0.98);
  of_own.add(of_crowdsec);
  EXPECT_GE(of_own.share(), 0.97);
}

TEST_F(HeaderCorpus, Rsyslog) {
  const auto records = test::read_records("linux/rsyslog.ndjson");
  if (records.empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  // As rsyslog takes them: from the network, without a bound on times.
  source_.transport = event::Transport::udp;
  SyslogParser parser(
      {.max_future = base::Nanoseconds::max(), .max_past = base::Nanoseconds::max()});
  Agreement agreement;
  for (const test::Record& record : records) {
    const std::string raw = record.text("raw");
    SyslogHeader header;
    parser.parse(raw, source_, received, header);
    for (const char* key : {"hostname", "program"}) {
      const std::string path = std::string("expect.") + key;
      if (record.has(path))
        agreement.compare(record, key, record.text(path),
                          std::string(key[0] == 'h' ? header.host : header.program));
    }
    agreement.compare(record, "facility", record.text("expect.facility"),
                      std::string(facilities.at(static_cast<std::size_t>(header.facility))));
    agreement.compare(record, "message", trimmed(record.text("expect.message")),
                      trimmed(header.message));
  }
  agreement.print("rsyslog");
  // What is left: rsyslog guesses tags that do not look like one ("is", "#001", "--").
  EXPECT_GE(agreement.share(), 0.75);
}

std::vector<std::string> all_lines() {
  std::vector<std::string> lines;
  for (const char* file :
       {"syslog_headers", "rsyslog", "crowdsec", "wazuh", "ossec", "fail2ban", "wazuh_engine"}) {
    for (const test::Record& record : test::read_records(std::string("linux/") + file + ".ndjson"))
      lines.push_back(record.text("raw"));
  }
  return lines;
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// Every prefix in a block of its exact size (a sanitizer sees the first byte too far), from a file
// and the network: parts lie in the frame, no text is lost, and the caches change nothing.
TEST_F(HeaderCorpus, EveryPrefix) {
  const std::vector<std::string> lines = all_lines();
  if (lines.empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  EXPECT_GT(lines.size(), 1800U);
  event::Source udp;
  udp.transport = event::Transport::udp;
  event::Source local;
  local.transport = event::Transport::unix_datagram;
  std::size_t number = 0;
  for (const std::string& line : lines) {
    ++number;
    const std::size_t most = std::min<std::size_t>(line.size(), 400);
    for (std::size_t size = 0; size <= most; ++size) {
      const auto block = std::make_unique<char[]>(size);
      std::memcpy(block.get(), line.data(), size);
      const std::string_view frame(block.get(), size);
      for (const event::Source* source : {&source_, &udp, &local}) {
        SyslogHeader header;
        parser_.parse(frame, *source, received, header);
        for (const std::string_view part :
             {header.host, header.program, header.pid, header.msgid, header.structured_data,
              header.message, header.repeated})
          ASSERT_TRUE(inside(part, frame)) << base::printable(frame);
        ASSERT_TRUE(header.has_time || source == &source_);
        ASSERT_TRUE(header.form != HeaderForm::none || header.message.empty() ||
                    header.message.data() + header.message.size() ==
                        frame.data() + frame.find_last_not_of("\r\n") + 1);
        if (number % 16 != 0 || size % 8 != 0) continue;
        SyslogParser fresh;
        SyslogHeader again;
        fresh.parse(frame, *source, received, again);
        ASSERT_EQ(again.time, header.time);
        ASSERT_EQ(again.anomalies, header.anomalies);
        ASSERT_EQ(again.host.data(), header.host.data());
        ASSERT_EQ(again.message.data(), header.message.data());
      }
    }
  }
}

// A line that is not syslog keeps its whole text, and no host is made up for it.
TEST_F(HeaderCorpus, NothingIsGuessed) {
  const auto records = test::read_records("linux/crowdsec.ndjson");
  if (records.empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  std::size_t whole = 0;
  std::size_t taken = 0;
  for (const test::Record& record : records) {
    if (record.has("expect.program") || record.has("expect.hostname")) continue;
    const std::string raw = record.text("raw");
    const SyslogHeader header = parse(raw);
    if (header.form == HeaderForm::none) {
      ++whole;
      EXPECT_EQ(header.message, std::string_view(raw).substr(0, raw.find_last_not_of("\r\n") + 1));
      EXPECT_TRUE(header.host.empty() && header.program.empty());
    } else {
      ++taken;
    }
  }
  // Syslog lines of which the source states no header parts.
  EXPECT_LT(taken, 25U);
  EXPECT_GT(whole, 400U);
}

// Twice the text takes at most little more than twice the time, whatever it is made of.
TEST_F(HeaderCorpus, TimeIsLinear) {
  const std::vector<std::function<std::string(std::size_t)>> families = {
      [](std::size_t n) { return std::string(n, ' '); },
      [](std::size_t n) { return std::string(n, '['); },
      [](std::size_t n) { return std::string(n, '<'); },
      [](std::size_t n) { return "<13>1 - - - - - [a" + std::string(n, ' '); },
      [](std::size_t n) { return "<13>1 - - - - - [a x=\"" + std::string(n, '\\'); },
      [](std::size_t n) { return "<13>Nov 22 02:00:00 " + std::string(n, 'h'); },
      [](std::size_t n) { return "<13>Nov 22 02:00:00 h " + std::string(n, '('); },
      [](std::size_t n) { return "<13>" + std::string(n, '1') + ": "; },
      [](std::size_t n) { return std::string(n, '\xC3'); },
      [](std::size_t n) {
        std::string text = "<13>1 - - - - - ";
        while (text.size() < n) text += "[a b=\"c\"]";
        return text;
      },
      [](std::size_t n) {
        std::string text = "<13>";
        while (text.size() < n) text += "1: ";
        return text;
      }};
  for (std::size_t family = 0; family < families.size(); ++family) {
    const auto seconds = [&](std::size_t size) {
      const std::string text = families[family](size);
      double best = 1e9;
      for (int round = 0; round < 5; ++round) {
        const std::clock_t start = std::clock();
        for (int i = 0; i < 4; ++i) (void)parse(text);
        best = std::min(best, static_cast<double>(std::clock() - start));
      }
      return best / CLOCKS_PER_SEC;
    };
    const double large = seconds(1 << 20);
    // 4 when linear, 16 when quadratic; what takes no time at all needs no bound.
    EXPECT_TRUE(large < 0.01 || large / seconds(1 << 18) < 10.0) << family;
    EXPECT_LT(large / 4, 0.2) << family;
  }
}

}  // namespace
}  // namespace tocsin::ingest
