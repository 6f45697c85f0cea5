#include "ingest/decode/field_writer.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(FieldWriter, EscapesBecomeWhatTheyStandFor) {
  base::Arena arena;
  EXPECT_EQ(without_escapes(R"(a\"b\\c)", arena), R"(a"b\c)");
  EXPECT_EQ(without_escapes(R"(\x41\x7a\n\t)", arena), "Az\n\t");
  EXPECT_EQ(without_escapes(R"(\q\x4\xZZ\)", arena), R"(\q\x4\xZZ\)");
  EXPECT_EQ(without_escapes("", arena), "");
}

struct Fixture {
  event::FieldTable names;
  event::LogsourceTable logsources;
  event::Batch batch;
  event::Event event;
  LocalNames locals;
  std::shared_ptr<const DecoderSet> set;

  explicit Fixture(const std::string& pattern) {
    const std::string text =
        "name: x\napplies: {program: x}\nkeys: {SRC: 'source.ip:ip', DPT: 'destination.port:port', "
        "rhost: 'source:host', note: 'note:text'}\npatterns:\n  - name: p\n    examples: [{body: "
        "x}]\n" +
        pattern;
    base::Errors errors;
    const std::vector<base::SourceText> texts = {{"x.yaml", text}};
    set = DecoderSet::compile(texts, names, logsources, errors);
    for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
  }

  // "name=value" of each field that the body gives.
  std::vector<std::string> write(std::string_view body) {
    const auto id = event::SourceId(0);
    batch.clear();
    batch.add_frame(body, id, base::ReceivedTime());
    event = {};
    BodyContext context{batch, event, names, locals};
    const Rule& rule = set->rule(0);
    Captures captures;
    if (!rule.match(batch.raw(0), captures)) return {"does not fit"};
    write_fields(rule, captures, context);
    std::vector<std::string> out;
    for (const event::Field& field : batch.own_fields(event)) {
      out.push_back(std::string(batch.name_of(field, names)) + "=" + std::string(field.value()));
    }
    return out;
  }
};

using Fields = std::vector<std::string>;

TEST(FieldWriter, PairsBecomeTheFieldsOfTheirKeys) {
  Fixture f("    match: 'x <*:kv>'\n");
  EXPECT_EQ(f.write("x SRC=192.0.2.1 SYN DPT=22 other=7"),
            (Fields{"source.ip=192.0.2.1", "destination.port=22"}));
  EXPECT_EQ(f.write("x rhost=gw.example.net, note=\"two words\", DPT=70000"),
            (Fields{"source.address=gw.example.net", "note=two words"}));
  EXPECT_EQ(f.write("x rhost=192.0.2.5"), (Fields{"source.ip=192.0.2.5"}));
  EXPECT_EQ(f.write("x SRC= DPT=nonsense =x ="), Fields{});
  EXPECT_EQ(f.write("x note=\"never closed"), (Fields{"note=\"never"}));
}

TEST(FieldWriter, AKeyCountsWhereItStandsFirst) {
  Fixture f("    match: 'x <*:kv>'\n");
  EXPECT_EQ(f.write("x SRC=192.0.2.1 SRC=198.51.100.9"), (Fields{"source.ip=192.0.2.1"}));
}

TEST(FieldWriter, ValuesBecomeFields) {
  Fixture f(
      "    match: 'x <_verb:text>'\n"
      "    values:\n"
      "      - of: _verb\n"
      "        is:\n"
      "          granted: {event.outcome: success}\n"
      "          refus*: {event.outcome: failure, event.code: 7}\n"
      "          '*late': {event.outcome: late}\n"
      "          '*mid*': {event.outcome: mid}\n"
      "        otherwise: {event.outcome: unknown}\n");
  EXPECT_EQ(f.write("x granted"), (Fields{"event.outcome=success"}));
  EXPECT_EQ(f.write("x granted."), (Fields{"event.outcome=unknown"}));
  EXPECT_EQ(f.write("x refused"), (Fields{"event.outcome=failure", "event.code=7"}));
  EXPECT_EQ(f.write("x too late"), (Fields{"event.outcome=late"}));
  EXPECT_EQ(f.write("x amidst"), (Fields{"event.outcome=mid"}));
}

TEST(FieldWriter, EmptyValuesMakeNoField) {
  Fixture f("    match: 'x <user.name:text>,<a:dash>,<b:quoted>,<c:quoted>,<d:int>'\n");
  EXPECT_EQ(f.write("x ,-,\"-\",\"\",7"), (Fields{"d=7"}));
  EXPECT_EQ(f.batch.own_fields(f.event)[0].kind, event::ValueKind::number);
  EXPECT_EQ(f.write(R"(x bob,-,"a\"b","",7)"), (Fields{"user.name=bob", "b=a\"b", "d=7"}));
}

}  // namespace
}  // namespace tocsin::ingest
