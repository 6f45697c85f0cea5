#include "ingest/decode/json.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/time.hpp"
#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;
using event::ValueKind;

using Json = DecodedBy<JsonBody>;

TEST(Json, ObjectsBecomeDottedNamesAndArraysRepeatedFields) {
  Json j;
  ASSERT_TRUE(j.ok(
      R"({"a":1,"b":{"c":"x","d":{"e":true}},"f":["y",{"g":null,"h":[2,[3]]},"z"],"i":{},"k":[]})"));
  const Pairs wanted = {{"a", "1"},      {"b.c", "x"}, {"b.d.e", "true"}, {"f", "y"},
                        {"f.g", "null"}, {"f.h", "2"}, {"f.h", "3"},      {"f", "z"}};
  EXPECT_EQ(j.pairs(), wanted);
  EXPECT_TRUE(j.event.anomalies.empty());
  EXPECT_EQ(j.batch.fields[0].kind, ValueKind::number);
  EXPECT_EQ(j.batch.fields[1].kind, ValueKind::text);
  EXPECT_EQ(j.batch.fields[2].kind, ValueKind::boolean);
  EXPECT_EQ(j.batch.fields[4].kind, ValueKind::null);
}

TEST(Json, NumbersStayAsTheyWereWritten) {
  Json j;
  const char* numbers[] = {"0",
                           "-0",
                           "1.50",
                           "1E5",
                           "-12.0e-2",
                           "123456789012345678901234567890",
                           "0.1000000000000000055511151231257827",
                           "1e-999"};
  for (const char* number : numbers) {
    ASSERT_TRUE(j.ok(std::string("{\"n\":") + number + " }")) << number;
    EXPECT_EQ(j.value("n"), number);
    EXPECT_EQ(j.batch.fields[0].kind, ValueKind::number);
  }
}

TEST(Json, TextIsUnescaped) {
  Json j;
  ASSERT_TRUE(j.ok(
      R"({"p":"C:\\Windows\\cmd.exe","u":"\u00e9\ud83d\ude00","q":"\"\/\b\f\n\r\t","\u0061b":"key"})"));
  EXPECT_EQ(j.value("p"), "C:\\Windows\\cmd.exe");
  EXPECT_EQ(j.value("u"), "\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(j.value("q"), "\"/\b\f\n\r\t");
  EXPECT_EQ(j.value("ab"), "key");
}

TEST(Json, ValuesWithoutEscapesAreNotCopied) {
  Json j;
  ASSERT_TRUE(j.ok(R"({"a":"plain"})"));
  EXPECT_EQ(j.batch.fields[0].data, j.batch.text() + 6);
}

TEST(Json, ABodyOutsideTheBatchIsCopied) {
  Json j;
  j.frame("");
  BodyContext c = j.context();
  {
    const std::string elsewhere = R"({"a":"plain","b":"\n"})";
    ASSERT_EQ(j.body.decode(elsewhere, c), BodyResult::decoded);
  }
  EXPECT_EQ(j.value("a"), "plain");
  EXPECT_EQ(j.value("b"), "\n");
}

// Names of the fields of which the frame holds the value, escapes aside.
std::string in_frame(const Decoded& decoded) {
  std::string out;
  for (const event::Field& field : decoded.batch.own_fields(decoded.event)) {
    if (field.in_frame) out += std::string(decoded.batch.name_of(field, decoded.names)) + ' ';
  }
  return out;
}

TEST(Json, SaysWhichValuesTheFrameHolds) {
  Json j;
  ASSERT_TRUE(j.ok(
      R"({"text":"a","path":"C:\\a\\b","quotes":"\"\n","slash":"\/","code":"\u0061b","n":1,"o":{"deep":"x"}})"));
  EXPECT_EQ(in_frame(j), "text path quotes n o.deep ");
  ASSERT_TRUE(
      j.ok(R"({"EventData":"{\"Image\":\"C:\\\\a.exe\",\"c\":\"\\u0061\",\"d\":\"\u0061\"}"})"));
  EXPECT_EQ(j.value("EventData.d"), "a");
  EXPECT_EQ(in_frame(j), "") << "one code in the text that holds the object";
  ASSERT_TRUE(j.ok(R"({"EventData":"{\"Image\":\"C:\\\\a.exe\",\"c\":\"\\u0061\",\"n\":2}"})"));
  EXPECT_EQ(j.value("EventData.c"), "a");
  EXPECT_EQ(in_frame(j), "EventData EventData.Image EventData.n ");
  j.frame("");
  BodyContext c = j.context();
  ASSERT_EQ(j.body.decode(R"({"a":"b"})", c), BodyResult::decoded);
  EXPECT_EQ(in_frame(j), "") << "a body that is not of the frame";
}

TEST(Json, ADefectGivesNoFieldAndIsNamed) {
  Json j;
  for (std::string_view text : {R"()",
                                R"(  )",
                                R"({)",
                                R"([])",
                                R"("a")",
                                R"(1)",
                                R"({"a":NaN})",
                                R"({"a":1e999})",
                                R"({"a":-})",
                                R"({"a":01})",
                                R"({"a":1.})",
                                R"({"a":.5})",
                                R"({"a":+1})",
                                R"({"a":1e})",
                                R"({"a":0x10})",
                                R"({"a":"\ud800"})",
                                R"({"a":"\udc00"})",
                                R"({"a":"\ud800\u0041"})",
                                R"({"a":"\u12"})",
                                R"({"a":"\x"})",
                                R"({"a":1}x)",
                                R"({"a":1}{"b":2})",
                                R"({"a":1)",
                                R"({"a":"1)",
                                R"({"a")",
                                R"({"a":)",
                                R"({"a":1,})",
                                R"({,"a":1})",
                                R"({"a":1 "b":2})",
                                R"({"a" 1})",
                                R"({"a"::1})",
                                R"({"a":[1,]})",
                                R"({"a":[,1]})",
                                R"({"a":[1 2]})",
                                R"({"a":[1})",
                                R"({"a":{"b":1]})",
                                R"({1:2})",
                                R"({a:1})",
                                R"({"a":tru})",
                                R"({"a":truex})",
                                R"({"a":True})",
                                R"({"a":nul})",
                                R"({"a":"b""c"})",
                                R"({"a":"b"c})",
                                R"({"a":1"c"})",
                                R"({"a":1","})",
                                R"({"a":'b'})",
                                R"({"a":1}])",
                                R"({"a":1},)",
                                R"(}{)",
                                R"({"ok":"1","bad":"\ud83dx"})",
                                "{\"a\":\"\x01\"}",
                                "{\"a\":\"\xff\"}",
                                "{\"a\":\"\xed\xa0\x80\"}",
                                "{\"a\":\"x\ty\"}",
                                "{\"a\":1\x01}",
                                "{\"a\"\x0b:1}",
                                "\xEF\xBB\xBF",
                                "\xEF\xBB\xBF\xEF\xBB\xBF{}"}) {
    j.event = {};
    EXPECT_EQ(j.decode(text), BodyResult::invalid) << text;
    EXPECT_TRUE(j.has(Anomaly::json_invalid)) << text;
    EXPECT_TRUE(j.pairs().empty()) << text;
    EXPECT_TRUE(j.batch.fields.empty()) << text;
    EXPECT_FALSE(j.event.has_time) << text;
  }
}

TEST(Json, ABrokenEndTakesBackTheTimeToo) {
  Json j;
  EXPECT_FALSE(j.ok(R"({"timestamp":"2021-04-27T04:08:31Z","x":})"));
  EXPECT_FALSE(j.event.has_time);
  EXPECT_EQ(j.event.time.value, 0);
}

TEST(Json, EveryPrefixIsInvalidAndHarmless) {
  Json j;
  const std::string text =
      R"({"a":[1,{"b":"\u00e9"},true],"time":"2021-04-27T04:08:31Z","m":{"n":-1.5e3,"o":null},"p":"\\"})";
  ASSERT_TRUE(j.ok(text));
  const Pairs whole = j.pairs();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(j.ok(text.substr(0, size))) << size;
    EXPECT_TRUE(j.pairs().empty()) << size;
  }
  ASSERT_TRUE(j.ok(text));
  EXPECT_EQ(j.pairs(), whole);
}

TEST(Json, AByteOrderMarkAndBlanksAreSkipped) {
  Json j;
  EXPECT_TRUE(j.ok("\xEF\xBB\xBF {\"a\" : 1 , \"b\" : [ ] } \r\n"));
  EXPECT_EQ(j.value("a"), "1");
  EXPECT_TRUE(j.event.anomalies.empty());
}

TEST(Json, BothValuesOfADuplicateKeyStay) {
  Json j;
  ASSERT_TRUE(j.ok(R"({"user":"a","x":1,"user":"b"})"));
  EXPECT_TRUE(j.has(Anomaly::json_duplicate_key));
  EXPECT_EQ(j.value("user"), "a|b");
  ASSERT_TRUE(j.ok(R"({"user":"a","\u0075ser":"b"})"));
  EXPECT_TRUE(j.has(Anomaly::json_duplicate_key)) << "an escape does not hide it";
  ASSERT_TRUE(j.ok(R"({"a":{"b":1},"a":{"c":1}})"));
  EXPECT_TRUE(j.has(Anomaly::json_duplicate_key));
  ASSERT_TRUE(j.ok(R"({"a":[{"b":1},{"b":2}],"c":{"b":1}})"));
  EXPECT_FALSE(j.has(Anomaly::json_duplicate_key)) << "elements are different objects";
  ASSERT_TRUE(j.ok(R"({"user":"a"})"));
  EXPECT_FALSE(j.has(Anomaly::json_duplicate_key)) << "nothing stays from the event before";
}

TEST(Json, ANulIsKeptAndFlagged) {
  Json j;
  ASSERT_TRUE(j.ok(R"({"a":"x\u0000y"})"));
  EXPECT_TRUE(j.has(Anomaly::json_nul));
  EXPECT_EQ(j.value("a"), std::string("x\0y", 3));
}

TEST(Json, WhatLiesTooDeepStaysOneValueAsWritten) {
  Json j;
  const JsonLimits limits{.depth = 3, .checked_depth = 6};
  j.body = JsonBody(limits);
  ASSERT_TRUE(j.ok(R"({"a":{"b":{"c":{"d":[1, 2]},"e":5}},"f":6})"));
  const Pairs wanted = {{"a.b.c", R"({"d":[1, 2]})"}, {"a.b.e", "5"}, {"f", "6"}};
  EXPECT_EQ(j.pairs(), wanted);
  EXPECT_TRUE(j.has(Anomaly::json_depth));
  EXPECT_FALSE(j.ok(R"({"a":{"b":{"c":{"d":[1, 2}}}}})"))
      << "checked although it is not taken apart";
  EXPECT_FALSE(j.ok(R"({"a":{"b":{"c":{"d":"\ud800"}}}})"));
  EXPECT_FALSE(j.ok(R"({"a":[[[[[[1]]]]]]})"));
  EXPECT_TRUE(j.has(Anomaly::json_depth));
  EXPECT_FALSE(j.ok("{\"a\":" + std::string(1'000'000, '[')));
  ASSERT_TRUE(j.ok(R"({"a":{"b":[[1,2],"x"]}})"));
  EXPECT_EQ(j.value("a.b"), "[1,2]|x");
}

TEST(Json, CountsAreBounded) {
  Json j;
  std::string many = "{";
  for (int i = 0; i < 10'000; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  many += "\"z\":{\"y\":[1,{\"x\":2}]}}";
  ASSERT_TRUE(j.ok(many));
  EXPECT_EQ(j.event.field_count, max_fields);
  EXPECT_TRUE(j.has(Anomaly::field_limit));
  EXPECT_TRUE(j.has(Anomaly::json_limit));

  const std::string long_name(10'000, 'n');
  ASSERT_TRUE(j.ok("{\"" + long_name + "\":{\"b\":1}}"));
  EXPECT_TRUE(j.has(Anomaly::json_limit));
  ASSERT_EQ(j.pairs().size(), 1U);
  EXPECT_EQ(j.pairs()[0].first, long_name.substr(0, JsonLimits{}.name));

  j.body = JsonBody({.size = 100});
  EXPECT_FALSE(j.ok("{\"a\":\"" + std::string(100, 'x') + "\"}"));
  EXPECT_TRUE(j.has(Anomaly::json_limit));
}

TEST(Json, LargeBodiesGrowTheParser) {
  Json j;
  const std::string text(300'000, 'x');
  ASSERT_TRUE(j.ok("{\"a\":1,\"b\":\"" + text + "\",\"c\":2}"));
  EXPECT_EQ(j.value("c"), "2");
  EXPECT_EQ(j.value("b"), text.substr(0, max_value_size));
  EXPECT_TRUE(j.has(Anomaly::value_truncated));
}

TEST(Json, TheTimeIsThatOfTheBestName) {
  Json j;
  ASSERT_TRUE(
      j.ok(R"({"TimeCreated":"2021-04-27T04:08:31Z","@timestamp":"2021-04-27T05:00:00Z","ts":1})"));
  EXPECT_TRUE(j.event.has_time);
  EXPECT_EQ(base::format_rfc3339(j.event.time.value), "2021-04-27T05:00:00.000000000Z");
  EXPECT_FALSE(j.has(Anomaly::bad_time)) << "another name had a time";
  ASSERT_TRUE(j.ok(R"({"ts":1700000000.5})"));
  EXPECT_EQ(j.event.time.value, 1'700'000'000'500'000'000);
  ASSERT_TRUE(j.ok(
      R"({"Event":{"System":{"TimeCreated":{"#attributes":{"SystemTime":"2023-11-14T22:13:20Z"}}}}})"));
  EXPECT_EQ(j.event.time.value, 1'700'000'000'000'000'000);
  ASSERT_TRUE(j.ok(R"({"x":{"time":"2023-11-14T22:13:20Z"}})"));
  EXPECT_FALSE(j.event.has_time) << "a nested name is another name";
  ASSERT_TRUE(j.ok(R"({"time":"soon"})"));
  EXPECT_FALSE(j.event.has_time);
  EXPECT_TRUE(j.has(Anomaly::bad_time));
}

TEST(Json, ATimeWithoutAZoneIsSaidToBeLocal) {
  Json j;
  ASSERT_TRUE(j.ok(R"({"EventTime":"2020-08-06 01:21:20"})"));
  EXPECT_TRUE(j.body.time_is_local());
  ASSERT_TRUE(j.ok(R"({"UtcTime":"2020-08-06 01:21:20.123"})"));
  EXPECT_FALSE(j.body.time_is_local()) << "its name says UTC";
  ASSERT_TRUE(j.ok(R"({"EventTime":"2020-08-06 01:21:20"})"));
  ASSERT_TRUE(j.ok(R"({"a":1})"));
  EXPECT_FALSE(j.body.time_is_local());
}

TEST(Json, JournaldNamesAreTheHeaders) {
  Json j;
  ASSERT_TRUE(j.ok(
      R"({"__REALTIME_TIMESTAMP":"1700000000123456","MESSAGE":"Failed password","_PID":"42",)"
      R"("SYSLOG_IDENTIFIER":"sshd","_HOSTNAME":"h1","PRIORITY":"6","SYSLOG_FACILITY":"4","_UID":"0"})"));
  EXPECT_EQ(j.event.time.value, 1'700'000'000'123'456'000);
  EXPECT_EQ(j.value("message"), "Failed password");
  EXPECT_EQ(j.value("process.pid"), "42");
  EXPECT_EQ(j.value("process.name"), "sshd");
  EXPECT_EQ(j.value("host.name"), "h1");
  EXPECT_EQ(j.value("log.syslog.severity.code"), "6");
  EXPECT_EQ(j.value("log.syslog.facility.code"), "4");
  EXPECT_EQ(j.value("_UID"), "0");
  EXPECT_EQ(j.value("MESSAGE"), "<none>");
}

TEST(Json, AJournaldMessageOfBytesIsText) {
  Json j;
  ASSERT_TRUE(j.ok(R"({"MESSAGE":[70, 97,255,0 ],"_PID":"1"})"));
  EXPECT_EQ(j.value("message"), std::string("Fa\xff\0", 4));
  EXPECT_EQ(j.value("process.pid"), "1");
  ASSERT_TRUE(j.ok(R"({"MESSAGE":["a","b"]})"));
  EXPECT_EQ(j.value("message"), "a|b");
  ASSERT_TRUE(j.ok(R"({"MESSAGE":[]})"));
  EXPECT_FALSE(j.ok(R"({"MESSAGE":[70,97)"));
  EXPECT_FALSE(j.ok(R"({"MESSAGE":[70,})"));
  EXPECT_FALSE(j.ok(R"({"MESSAGE":[70,]})"));
  EXPECT_FALSE(j.ok(R"({"MESSAGE":[)"));
}

TEST(Json, ArraysThatAreNoBytesTakeNoRoomEach) {
  Json j;
  std::string many = R"({"MESSAGE":["x"])";
  for (int i = 0; i < 4000; ++i) many += R"(,"MESSAGE":[1,"\n"])";
  ASSERT_TRUE(j.ok(many + "}"));
  EXPECT_EQ(j.batch.fields.size(), 512U);
  EXPECT_LT(j.batch.arena.capacity(), 20 * many.size());
}

TEST(Json, MsgAndLogGiveAMessageWhereThereIsNone) {
  Json j;
  ASSERT_TRUE(
      j.ok(R"({"log":"GET / HTTP/1.1\n","stream":"stdout","time":"2023-11-14T22:13:20.5Z"})"));
  EXPECT_EQ(j.value("message"), "GET / HTTP/1.1\n");
  EXPECT_EQ(j.value("log"), "GET / HTTP/1.1\n");
  EXPECT_EQ(j.event.time.value, 1'700'000'000'500'000'000);
  ASSERT_TRUE(j.ok(R"({"msg":"a","message":"b"})"));
  EXPECT_EQ(j.value("message"), "b");
}

TEST(Json, AnObjectAsTextInEventDataIsReadLikeOneThatStandsThere) {
  Json j;
  ASSERT_TRUE(
      j.ok(R"({"EventData":"{\"Image\":\"C:\\\\a.exe\",\"n\":[1,2]}","Other":"{\"x\":1}"})"));
  EXPECT_EQ(j.value("EventData.Image"), "C:\\a.exe");
  EXPECT_EQ(j.value("EventData.n"), "1|2");
  EXPECT_EQ(j.value("EventData"), R"({"Image":"C:\\a.exe","n":[1,2]})");
  EXPECT_EQ(j.value("Other.x"), "<none>") << "only what is known to hold objects is opened";
}

TEST(Json, TextInEventDataThatIsNoObjectStaysText) {
  for (const char* text : {"{", "{x}", R"({\"a\":1)", R"({\"a\":1}{})", "no object", "<a/>"}) {
    Json j;
    ASSERT_TRUE(j.ok(R"({"a":1,"EventData":")" + std::string(text) + R"("})")) << text;
    EXPECT_EQ(j.event.field_count, 2) << text;
    EXPECT_TRUE(j.event.anomalies.empty()) << text;
  }
}

TEST(Json, ObjectsInTextAreNotOpenedForEver) {
  Json j;
  std::string text = R"({"EventData":"x"})";
  for (int i = 0; i < 3; ++i) {
    std::string escaped;
    for (const char c : text) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
    text = R"({"EventData":")" + escaped + "\"}";
  }
  ASSERT_TRUE(j.ok(text));
  EXPECT_EQ(j.event.field_count, 2);
}

TEST(Json, PairsOfNameAndTextBelowEventDataAreFields) {
  Json j;
  ASSERT_TRUE(j.ok(R"({"Event":{"EventData":{"Data":[{"@Name":"Image","#text":"a.exe"},
      {"#text":"bob","@Name":"User"},{"@Name":"Empty"},{"#text":"alone"}]}}})"));
  EXPECT_EQ(j.value("Image"), "a.exe");
  EXPECT_EQ(j.value("User"), "bob");
  EXPECT_EQ(j.value("Event.EventData.Data.@Name"), "Empty");
  EXPECT_EQ(j.value("Event.EventData.Data.#text"), "alone");
  ASSERT_TRUE(j.ok(R"({"Event":{"EventData":{"Data":{"#text":["a","b"]}}}})"));
  EXPECT_EQ(j.value("Event.EventData.Data.#text"), "a|b");
}

TEST(Json, WhatWasEscapedTwiceIsTextAgain) {
  BodyNames names;
  names.add({.prefix = "win.d", .escaped = true});
  Json j;
  j.body = JsonBody({}, &names);
  ASSERT_TRUE(j.ok(
      R"({"win":{"d":{"a":"C:\\\\x \\\"q\\\"","b":"C:\\x","c":"\\\\","d":"x\\"}},"e":"\\\\"})"));
  EXPECT_EQ(j.value("a"), "C:\\x \"q\"");
  EXPECT_EQ(j.value("b"), "C:\\x") << "a single backslash: it was not escaped";
  EXPECT_EQ(j.value("c"), "\\");
  EXPECT_EQ(j.value("d"), "x\\");
  EXPECT_EQ(j.value("e"), "\\\\");
}

}  // namespace
}  // namespace tocsin::ingest
