#include "ingest/decode/header_writer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tocsin::ingest {
namespace {

struct Fixture {
  event::Batch batch;
  event::Event event;
  event::FieldTable names;
  LocalNames locals;
  BodyContext context{batch, event, names, locals};

  std::vector<std::string> fields() {
    std::vector<std::string> out;
    for (const event::Field& field : batch.own_fields(event)) {
      out.push_back(std::string(batch.name_of(field, names)) + "=" + std::string(field.value()));
    }
    return out;
  }
};

using Fields = std::vector<std::string>;

TEST(HeaderWriter, OnlyWhatIsStatedIsWritten) {
  Fixture f;
  SyslogHeader header;
  header.form = HeaderForm::rfc3164;
  header.message = "text";
  header.program = "sshd";
  write_header(header, 64, 256, f.context);
  EXPECT_EQ(f.fields(), (Fields{"message=text", "process.name=sshd"}));
}

TEST(HeaderWriter, EverythingThatAHeaderCanState) {
  Fixture f;
  SyslogHeader header;
  header.form = HeaderForm::rfc5424;
  header.message = "text";
  header.host = "h";
  header.program = "p";
  header.pid = "a-7";
  header.msgid = "m";
  header.facility = 23;
  header.severity = 7;
  header.repeat = 12;
  header.structured_data = "[x a=\"b\"][y]";
  write_header(header, 64, 256, f.context);
  EXPECT_EQ(f.fields(),
            (Fields{"message=text", "host.name=h", "process.name=p", "process.pid=a-7",
                    "log.syslog.facility.code=23", "log.syslog.severity.code=7",
                    "log.syslog.msgid=m", "log.repeat=12", "log.syslog.structured_data.x.a=b"}));
  EXPECT_EQ(f.batch.fields[3].kind, event::ValueKind::text);
  EXPECT_EQ(f.batch.fields[4].kind, event::ValueKind::number);
}

TEST(HeaderWriter, WithoutAHeaderThereIsTheMessage) {
  Fixture f;
  SyslogHeader header;
  header.message = "text";
  header.facility = 1;
  write_header(header, 64, 256, f.context);
  EXPECT_EQ(f.fields(), Fields{"message=text"});
}

TEST(HeaderWriter, AnomaliesAreValuesOfOneField) {
  Fixture f;
  f.event.anomalies.set(event::Anomaly::no_host);
  f.event.anomalies.set(event::Anomaly::no_pri);
  write_anomalies(f.names.intern("tocsin.anomaly"), f.context);
  EXPECT_EQ(f.fields(), (Fields{"tocsin.anomaly=no_pri", "tocsin.anomaly=no_host"}));
}

}  // namespace
}  // namespace tocsin::ingest
