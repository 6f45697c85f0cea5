#include "ingest/decode/decoder.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/time.hpp"
#include "tests/ingest/decode/library.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;

class DecoderTest : public ::testing::Test {
 protected:
  DecoderTest() { use(library_texts()); }

  void use(const std::vector<base::SourceText>& texts) {
    base::Errors errors;
    set_ = DecoderSet::compile(texts, fields_, logsources_, errors);
    for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
    decoder_ = std::make_unique<Decoder>(*set_, fields_, sources_);
  }

  event::Source file_source() {
    event::Source source;
    source.input = "test.log";
    source.year_from = *base::parse_rfc3339("2026-01-01T00:00:00Z");
    return source;
  }

  // The only event of a batch with that frame.
  const event::Event& decode(std::string_view line) { return decode(line, file_source()); }
  const event::Event& decode(std::string_view line, const event::Source& source,
                             std::string_view received = "2026-06-01T00:00:00Z") {
    batch_.clear();
    batch_.add_frame(line, sources_.intern(source),
                     base::ReceivedTime(*base::parse_rfc3339(received)));
    decoder_->decode(batch_);
    return batch_.events.at(0);
  }

  std::vector<std::string> values(const event::Event& event, std::string_view name) {
    std::vector<std::string> out;
    for (const auto& fields : {batch_.own_fields(event), event::Batch::constant_fields(event)}) {
      for (const event::Field& field : fields) {
        if (batch_.name_of(field, fields_) == name) out.emplace_back(field.value());
      }
    }
    return out;
  }
  std::string value(const event::Event& event, std::string_view name) {
    const auto all = values(event, name);
    return all.empty() ? "(none)" : all.front();
  }
  std::string logsource(const event::Event& event) {
    std::string out;
    for (const auto& one : logsources_[event.logsource]) out += to_string(one) + " ";
    return out;
  }
  std::uint64_t undecoded(Undecoded reason) {
    return decoder_->counters().undecoded[static_cast<std::size_t>(reason)];
  }

  event::FieldTable fields_;
  event::LogsourceTable logsources_;
  event::SourceTable sources_;
  event::Batch batch_;
  std::shared_ptr<const DecoderSet> set_;
  std::unique_ptr<Decoder> decoder_;
};

TEST_F(DecoderTest, HeaderFieldsAreWhereTheLineStatesThem) {
  const auto& event = decode(
      "<86>Dec  1 00:00:04 app17 sshd[15247]: Failed password for root from 192.0.2.1 port 22 "
      "ssh2");
  EXPECT_EQ(value(event, "message"), "Failed password for root from 192.0.2.1 port 22 ssh2");
  EXPECT_EQ(value(event, "host.name"), "app17");
  EXPECT_EQ(value(event, "process.name"), "sshd");
  EXPECT_EQ(value(event, "process.pid"), "15247");
  EXPECT_EQ(value(event, "log.syslog.facility.code"), "10");
  EXPECT_EQ(value(event, "log.syslog.severity.code"), "6");
  EXPECT_EQ(batch_.find(event, event::field::process_pid)->kind, event::ValueKind::number);
  EXPECT_EQ(batch_.find(event, event::field::facility_code)->kind, event::ValueKind::number);
  EXPECT_STREQ(event.decoder, "sshd");
  EXPECT_EQ(logsource(event), "-/linux/sshd -/linux/auth ");
  EXPECT_EQ(base::format_rfc3339(event.time.value), "2026-12-01T00:00:04.000000000Z");
  EXPECT_TRUE(values(event, "tocsin.anomaly").empty());
  EXPECT_EQ(decoder_->counters().decoded, 1U);
}

// Of shapes that nobody wants the time is read and nothing else, unless the body may state it.
TEST_F(DecoderTest, WhatIsNotWantedHasItsTimeOnly) {
  constexpr std::string_view refused =
      "Dec  1 00:00:04 app17 sshd[15247]: Failed password for root from 192.0.2.1 port 22 ssh2";
  const event::ShapeId shape = decode(refused).shape;
  const base::EventTime time = decode(refused).time;
  decoder_->want(std::vector<bool>(set_->shape_count(), false));
  const auto& skipped = decode(refused);
  EXPECT_EQ(decoder_->counters().skipped, 1U);
  EXPECT_EQ(decoder_->counters().decoded, 0U);
  EXPECT_TRUE(batch_.own_fields(skipped).empty());
  EXPECT_EQ(skipped.time, time);
  EXPECT_TRUE(skipped.has_time);
  EXPECT_EQ(value(decode("{\"@timestamp\": \"2026-01-02T03:04:05Z\", \"a\": \"b\"}"), "a"), "b")
      << "its time stands in the body";
  EXPECT_EQ(decoder_->counters().skipped, 0U);
  std::vector<bool> wanted(set_->shape_count(), false);
  wanted[shape.value] = true;
  decoder_->want(wanted);
  EXPECT_EQ(value(decode(refused), "user.name"), "root");
  const auto& other =
      decode("Dec  1 00:00:04 app17 sshd[15247]: Connection closed by 192.0.2.1 port 22 [preauth]");
  EXPECT_TRUE(batch_.own_fields(other).empty());
  EXPECT_EQ(other.time, time);
  EXPECT_NE(other.shape, shape);
}

TEST_F(DecoderTest, StructuredDataAndMessageIdBecomeFields) {
  const auto& event = decode(
      "<38>1 2026-07-08T17:40:17.954167-04:00 h sshd 55 ID7 [x@1 a=\"b\" c=\"d\\\"e\"] "
      "Failed password for bob from 192.0.2.2 port 5 ssh2");
  EXPECT_EQ(value(event, "log.syslog.msgid"), "ID7");
  EXPECT_EQ(value(event, "log.syslog.structured_data.x@1.a"), "b");
  EXPECT_EQ(value(event, "log.syslog.structured_data.x@1.c"), "d\"e");
  EXPECT_EQ(value(event, "user.name"), "bob");
}

TEST_F(DecoderTest, ABodysMessageIsReadByTheTextsBesideItsConditions) {
  use({{"k.yaml",
        "name: k\n"
        "applies: {body: json}\n"
        "patterns:\n"
        "  - name: one\n"
        "    when: {logger: web.*}\n"
        "    match: ['served <user.name:last> at <source:host>', 'to <user.name:rest>']\n"
        "    keys: {peer: 'destination:host'}\n"
        "    fields: {event.outcome: success}\n"
        "    examples: [{line: x}]\n"}});
  const auto& event =
      decode(R"({"logger":"web.a","peer":"192.0.2.8","msg":"served a at b at ::ffff:192.0.2.7"})");
  EXPECT_STREQ(event.decoder, "k");
  EXPECT_EQ(value(event, "user.name"), "a at b");
  EXPECT_EQ(value(event, "source.ip"), "192.0.2.7");
  EXPECT_EQ(value(event, "destination.ip"), "192.0.2.8");
  EXPECT_EQ(value(event, "event.outcome"), "success");

  EXPECT_EQ(value(decode(R"({"logger":"web.a","msg":"to bob"})"), "user.name"), "bob");

  const auto& unfit = decode(R"({"logger":"web.a","peer":"192.0.2.8","msg":"asked by bob"})");
  EXPECT_EQ(value(unfit, "user.name"), "(none)");
  EXPECT_EQ(value(unfit, "destination.ip"), "192.0.2.8");
  EXPECT_EQ(value(decode(R"({"logger":"x","msg":"to bob"})"), "user.name"), "(none)");
  EXPECT_EQ(value(decode("to bob"), "user.name"), "(none)");
}

TEST_F(DecoderTest, ARepeatedLineIsOneEventWithItsCount) {
  const std::string body =
      "message repeated 3 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]";
  const auto& event = decode("Dec  1 00:00:04 app17 sshd[1]: " + body);
  EXPECT_EQ(value(event, "message"), body);
  EXPECT_EQ(value(event, "log.repeat"), "3");
  EXPECT_EQ(batch_.find(event, event::field::log_repeat)->kind, event::ValueKind::number);
  EXPECT_EQ(value(event, "user.name"), "root");
}

TEST_F(DecoderTest, NobodyGuesses) {
  for (const char* line :
       {"Dec  1 00:00:04 h unheard-of[1]: Failed password for root from 192.0.2.1 port 22 ssh2",
        "Dec  1 00:00:04 h sshd[1]: something new about 192.0.2.1",
        "some text from 192.0.2.1 port 22", ""}) {
    const auto& event = decode(line);
    EXPECT_EQ(value(event, "source.ip"), "(none)") << line;
    EXPECT_STREQ(event.decoder, "") << line;
    EXPECT_TRUE(event::Batch::constant_fields(event).empty());
    EXPECT_EQ(decoder_->counters().decoded, 0U);
  }
}

TEST_F(DecoderTest, UndecodedIsCountedByReason) {
  decode("Dec  1 00:00:04 h unheard-of[1]: hello");
  EXPECT_EQ(undecoded(Undecoded::no_decoder), 1U);
  decode("Dec  1 00:00:04 h sshd[1]: hello");
  EXPECT_EQ(undecoded(Undecoded::no_pattern), 1U);
  decode("hello");
  EXPECT_EQ(undecoded(Undecoded::no_header), 1U);
  decode("{\"a\":");
  EXPECT_EQ(undecoded(Undecoded::invalid_body), 1U);
}

TEST_F(DecoderTest, AKnownProgramHasItsLogsourceWithoutAPattern) {
  const auto& event = decode("Dec  1 00:00:04 h sshd[1]: something new");
  EXPECT_EQ(logsource(event), "-/linux/sshd -/linux/auth ");
  EXPECT_NE(event.shape.value, 0U);
}

TEST_F(DecoderTest, PamLinesKeepTheirProgram) {
  const auto& event = decode(
      "Dec  1 00:00:04 h cron[7]: pam_unix(cron:session): session opened for user root by (uid=0)");
  EXPECT_STREQ(event.decoder, "pam");
  EXPECT_EQ(value(event, "process.name"), "cron");
  EXPECT_EQ(value(event, "event.provider"), "pam");
}

TEST_F(DecoderTest, AnAccessLogHasItsTimeInTheBody) {
  const auto& event =
      decode("192.0.2.9 - - [10/Oct/2026:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"");
  EXPECT_TRUE(event.has_time);
  EXPECT_EQ(base::format_rfc3339(event.time.value), "2026-10-10T20:55:36.000000000Z");
  EXPECT_TRUE(event.anomalies.empty());
  EXPECT_EQ(logsource(event), "webserver/-/- ");
}

TEST_F(DecoderTest, ABodysTimeDoesNotReplaceTheHeaders) {
  const auto& event = decode(
      "Dec  1 00:00:01 h nginx: 192.0.2.9 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 "
      "5");
  EXPECT_EQ(base::format_rfc3339(event.time.value), "2026-12-01T00:00:01.000000000Z");
}

TEST_F(DecoderTest, ALiveBodysTimeMustBePlausible) {
  event::Source source = file_source();
  source.transport = event::Transport::tcp;
  source.year_from = 0;
  const std::string line =
      "192.0.2.9 - - [10/Oct/2026:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"";
  const auto& near = decode(line, source, "2026-10-10T13:56:00Z");
  EXPECT_EQ(base::format_rfc3339(near.time.value), "2026-10-10T13:55:36.000000000Z");
  EXPECT_TRUE(near.anomalies.empty());
  const auto& far = decode(line, source, "2026-12-10T13:56:00Z");
  EXPECT_EQ(base::format_rfc3339(far.time.value), "2026-12-10T13:56:00.000000000Z");
  EXPECT_TRUE(far.anomalies.has(Anomaly::clock_skew));
  EXPECT_EQ(value(far, "tocsin.anomaly"), "clock_skew");
}

TEST_F(DecoderTest, ABodysLocalTimeIsInTheSourcesZone) {
  use({{"x.yaml",
        "name: x\napplies: {bare: true}\npatterns:\n  - name: p\n"
        "    match: '[<@time:apache_error>] [error] <x:rest>'\n    examples: [{line: x}]\n"}});
  event::Source source = file_source();
  source.zone = "+02:00";
  // A time in brackets at the front is read as a header's, so another text stands before it.
  use({{"x.yaml",
        "name: x\napplies: {bare: true}\npatterns:\n  - name: p\n"
        "    match: 'at <@time:apache_error> error <x:rest>'\n    examples: [{line: x}]\n"}});
  const auto& event = decode("at Sat Jul 20 21:34:49 2013 error y", source);
  EXPECT_EQ(base::format_rfc3339(event.time.value), "2013-07-20T19:34:49.000000000Z");
  EXPECT_STREQ(event.decoder, "x");
}

TEST_F(DecoderTest, JsonLinesKeepTheirNames) {
  const auto& event = decode(R"({"time":"2026-01-02T03:04:05Z","Image":"C:\\x.exe","n":7})");
  EXPECT_EQ(value(event, "Image"), "C:\\x.exe");
  EXPECT_EQ(value(event, "n"), "7");
  EXPECT_STREQ(event.decoder, "json");
  EXPECT_EQ(base::format_rfc3339(event.time.value), "2026-01-02T03:04:05.000000000Z");
  EXPECT_EQ(decoder_->counters().bodies[static_cast<std::size_t>(BodyKind::json)], 1U);
}

TEST_F(DecoderTest, JsonBehindASyslogHeaderHasTheHeadersFieldsToo) {
  const auto& event = decode(R"(Dec  1 00:00:04 h app[7]: {"user":"bob"})");
  EXPECT_EQ(value(event, "host.name"), "h");
  EXPECT_EQ(value(event, "user"), "bob");
  EXPECT_EQ(value(event, "message"), R"({"user":"bob"})");
}

TEST_F(DecoderTest, BrokenJsonIsKeptRaw) {
  const auto& event = decode(R"({"user":"bob")");
  EXPECT_TRUE(event.anomalies.has(Anomaly::json_invalid));
  EXPECT_EQ(value(event, "message"), R"({"user":"bob")");
  EXPECT_EQ(value(event, "user"), "(none)");
  EXPECT_EQ(value(event, "tocsin.anomaly"), "json_invalid");
  EXPECT_FALSE(event.has_time);
}

TEST_F(DecoderTest, AuditRecordsAreRecognisedWhereverTheyStand) {
  const std::string record =
      "type=USER_LOGIN msg=audit(1764547200.123:42): pid=7 uid=0 auid=1000 ses=3 msg='op=login "
      "acct=\"bob\" exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.1 terminal=ssh res=failed'";
  for (const std::string& line :
       {record, "Dec  1 00:00:04 h audispd: " + record, "node=h " + record}) {
    const auto& event = decode(line);
    EXPECT_STREQ(event.decoder, "auditd") << line;
    EXPECT_EQ(logsource(event), "-/linux/auditd ") << line;
    EXPECT_EQ(event.time.value, 1764547200123000000LL) << line;
  }
}

TEST_F(DecoderTest, CefAndPairsAreRead) {
  const auto& cef = decode(
      "Dec  1 00:00:04 h CEF:0|vendor|product|1|100|name|5|src=192.0.2.1 suser=bob act=blocked");
  EXPECT_STREQ(cef.decoder, "cef");
  EXPECT_EQ(value(cef, "source.ip"), "192.0.2.1");
  EXPECT_EQ(value(cef, "host.name"), "h");
  const auto& pairs =
      decode("date=2026-05-01 time=12:00:00 tz=\"+0200\" devname=fw1 srcip=192.0.2.1 action=deny");
  EXPECT_STREQ(pairs.decoder, "key_value");
  EXPECT_EQ(value(pairs, "srcip"), "192.0.2.1");
  EXPECT_EQ(value(pairs, "source.ip"), "(none)");
  EXPECT_EQ(base::format_rfc3339(pairs.time.value), "2026-05-01T10:00:00.000000000Z");
}

TEST_F(DecoderTest, APatternIsTriedBeforePairs) {
  const auto& event = decode(
      "Dec  1 00:00:04 h kernel: IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.2 LEN=84 PROTO=ICMP");
  EXPECT_STREQ(event.decoder, "kernel");
  EXPECT_EQ(value(event, "source.ip"), "192.0.2.7");
  EXPECT_EQ(value(event, "SRC"), "(none)");
  const auto& one = decode("Dec  1 00:00:04 h sshd[1]: key=value");
  EXPECT_TRUE(one.anomalies.empty());
  EXPECT_EQ(undecoded(Undecoded::no_pattern), 1U);
}

TEST_F(DecoderTest, AStructuredBodyHasTheLogsourceOfItsProgram) {
  EXPECT_EQ(logsource(decode(R"(Dec  1 00:00:04 h sshd[1]: {"user":"bob"})")),
            "-/linux/sshd -/linux/auth ");
  EXPECT_EQ(logsource(decode(R"({"user":"bob"})")), "");
}

TEST_F(DecoderTest, AForcedFormatIsObeyed) {
  event::Source source = file_source();
  source.format = "syslog";
  EXPECT_EQ(value(decode(R"(plain {"user":"bob"})", source), "user"), "(none)");
  source.format = "json";
  const auto& event = decode("Dec  1 00:00:04 h sshd[1]: hello", source);
  EXPECT_TRUE(event.anomalies.has(Anomaly::json_invalid));
}

TEST_F(DecoderTest, ACompleteDecoderMarksWhatItDoesNotKnow) {
  use({{"x.yaml",
        "name: x\napplies: {program: x}\ncomplete: true\npatterns:\n  - name: p\n"
        "    match: 'hello <who>'\n    examples: [{body: hello bob}]\n"}});
  EXPECT_TRUE(decode("Dec  1 00:00:04 h x[1]: hello bob").anomalies.empty());
  const auto& event = decode("Dec  1 00:00:04 h x[1]: goodbye bob");
  EXPECT_TRUE(event.anomalies.has(Anomaly::decoder_mismatch));
  EXPECT_EQ(value(event, "tocsin.anomaly"), "decoder_mismatch");
}

TEST_F(DecoderTest, BlanksAroundABodyAndSolarisMessageIdsDoNotCount) {
  EXPECT_STREQ(decode("Dec  1 00:00:04 h sshd[1]:   Connection closed by 192.0.2.1  ").decoder,
               "sshd");
  EXPECT_STREQ(decode("Dec  1 00:00:04 h sshd[1]: [ID 800047 auth.info] Connection closed by "
                      "192.0.2.1")
                   .decoder,
               "sshd");
}

TEST_F(DecoderTest, AttackersCannotSpeakForSshd) {
  struct Case {
    const char* user;
    const char* line;
  };
  for (const auto& [user, line] :
       {Case{"x from 198.51.100.1 port 22 ssh2",
             "Failed password for invalid user x from 198.51.100.1 port 22 ssh2 from 192.0.2.6 "
             "port 5 ssh2"},
        Case{"root from 198.51.100.1 port 22 ssh2",
             "Failed password for root from 198.51.100.1 port 22 ssh2 from 192.0.2.6 port 5 ssh2"},
        Case{"a from 198.51.100.1 port 1",
             "Invalid user a from 198.51.100.1 port 1 from 192.0.2.6 port 5"},
        Case{"b 198.51.100.1 port 1 [preauth]",
             "Connection closed by invalid user b 198.51.100.1 port 1 [preauth] 192.0.2.6 port 5 "
             "[preauth]"},
        Case{"c from 198.51.100.1 not allowed because x",
             "User c from 198.51.100.1 not allowed because x from 192.0.2.6 not allowed because "
             "not listed in AllowUsers"}}) {
    const auto& event = decode(std::string("Dec  1 00:00:04 h sshd[1]: ") + line);
    EXPECT_EQ(values(event, "user.name"), std::vector<std::string>{user}) << line;
    EXPECT_EQ(values(event, "source.ip"), std::vector<std::string>{"192.0.2.6"}) << line;
  }
}

// All events of the sample logs, as text: what a batch boundary must not change.
TEST_F(DecoderTest, WhereBatchesEndDoesNotMatter) {
  std::vector<std::string> lines;
  for (const DecoderFile& file : set_->files()) {
    for (const DecoderPattern& pattern : file.patterns) {
      for (const DecoderExample& example : pattern.examples) {
        lines.push_back(example.is_body
                            ? "Dec  1 00:00:04 h " + example.program + "[1]: " + example.text
                            : example.text);
      }
    }
  }
  lines.push_back(R"({"a":{"b":[1,2]},"new name":"x"})");
  lines.push_back(std::string(40000, 'x') + " : TTY=pts/1 ; COMMAND=y");
  lines.push_back("Dec  1 00:00:04 h sudo: " + std::string(70000, 'x'));
  const event::SourceId source = sources_.intern(file_source());
  const auto decoded = [&](std::size_t size) {
    std::vector<std::string> out;
    for (std::size_t begin = 0; begin < lines.size(); begin += size) {
      batch_.clear();
      for (std::size_t i = begin; i < std::min(begin + size, lines.size()); ++i) {
        batch_.add_frame(lines[i], source, base::ReceivedTime(1));
      }
      decoder_->decode(batch_);
      for (const event::Event& event : batch_.events) {
        std::string text = std::to_string(event.time.value) + " " + event.decoder + " " +
                           std::to_string(event.shape.value);
        for (const event::Field& field : batch_.own_fields(event)) {
          text +=
              "|" + std::string(batch_.name_of(field, fields_)) + "=" + std::string(field.value());
        }
        out.push_back(std::move(text));
      }
    }
    return out;
  };
  const auto one_by_one = decoded(1);
  ASSERT_EQ(one_by_one.size(), lines.size());
  for (const std::size_t size : {2U, 3U, 7U, 64U, 100000U}) EXPECT_EQ(decoded(size), one_by_one);
}

TEST_F(DecoderTest, CountersAddUp) {
  batch_.clear();
  const event::SourceId source = sources_.intern(file_source());
  for (const char* line :
       {"Dec  1 00:00:04 h sshd[1]: Connection closed by 192.0.2.1", "Dec  1 00:00:04 h x: y",
        "Dec  1 00:00:04 h sshd[1]: new", "plain", "{", R"({"a":1})"}) {
    batch_.add_frame(line, source, base::ReceivedTime(1));
  }
  decoder_->decode(batch_);
  DecodeCounters sum;
  sum.add(decoder_->counters());
  sum.add(decoder_->counters());
  EXPECT_EQ(sum.events, 12U);
  EXPECT_EQ(sum.decoded, 4U);
  for (const std::uint64_t count : sum.undecoded) EXPECT_EQ(count, 2U);
  EXPECT_EQ(sum.anomalies[static_cast<std::size_t>(Anomaly::json_invalid)], 2U);
}

TEST_F(DecoderTest, AnomaliesOfFramingAreKept) {
  batch_.clear();
  event::Anomalies anomalies;
  anomalies.set(Anomaly::frame_truncated);
  batch_.add_frame("Dec  1 00:00:04 h sshd[1]: new", sources_.intern(file_source()),
                   base::ReceivedTime(1), anomalies);
  decoder_->decode(batch_);
  EXPECT_EQ(value(batch_.events[0], "tocsin.anomaly"), "frame_truncated");
}

}  // namespace
}  // namespace tocsin::ingest
