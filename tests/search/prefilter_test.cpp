#include "search/prefilter.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "search/parser.hpp"

namespace tocsin::search {
namespace {

std::vector<std::string> literals(const char* text) {
  auto query = parse_query(text);
  find_literals(query->filter, query->fields, {});
  return Prefilter(query->filter).literals();
}

TEST(Prefilter, EachAlternativeGivesALiteral) {
  EXPECT_EQ(literals("Failed"), std::vector<std::string>({"failed"}));
  EXPECT_EQ(literals("abc or *defg*hi"), std::vector<std::string>({"abc", "defg"}));
  EXPECT_EQ(literals("a or bcd"), std::vector<std::string>()) << "one letter is in every line";
  EXPECT_EQ(literals("not bcd"), std::vector<std::string>());
  EXPECT_EQ(literals("bcd and not x and long_one"), std::vector<std::string>({"long_one"}));
  EXPECT_EQ(literals(R"("a\b")"), std::vector<std::string>({R"(a\\b)", R"(a\b)"}));
  EXPECT_EQ(literals("grüße"), std::vector<std::string>({"gr"})) << "of ASCII";
  EXPECT_EQ(literals("x ~ \"abc\" or source.port > 5"), std::vector<std::string>());
}

TEST(Prefilter, ATextOfTheLineIsBetterThanThatOfAField) {
  EXPECT_EQ(literals("user.name: longer and abc"), std::vector<std::string>({"abc"}));
  const auto of_field = literals("user.name: BOB-smith");
  EXPECT_EQ(of_field.size(), 1 + hiding_marks().size());
  EXPECT_NE(std::ranges::find(of_field, "smith"), of_field.end());
  EXPECT_TRUE(literals("log.syslog.severity.code: 11").empty()) << "the program makes it";
  EXPECT_TRUE(literals("*.name: bobby").empty());
}

TEST(Prefilter, FramesAreFoundWhereverTheHitLies) {
  event::Batch batch;
  const auto add = [&batch](std::string_view text) {
    batch.add_frame(text, event::SourceId(1), base::ReceivedTime(0));
  };
  add("word");
  add("");
  add("no");
  for (int i = 0; i < 100; ++i) add("filler");
  add("two WORD word\nword");
  add("wor");
  add("d");
  const Prefilter prefilter(parse_query("word")->filter);
  PrefilterScratch scratch;
  std::vector<std::uint32_t> frames;
  prefilter.scan(batch, scratch, frames);
  EXPECT_EQ(frames, std::vector<std::uint32_t>({0, 103}));
  batch.clear();
  prefilter.scan(batch, scratch, frames);
  EXPECT_TRUE(frames.empty());
}

TEST(Prefilter, ALineWithoutTheTextIsRefusedUnlessSomethingMayHideIt) {
  auto query = parse_query("user.name: bobby");
  find_literals(query->filter, query->fields, {});
  Line line;
  const auto judged = [&](std::string_view text) {
    line.set(text);
    return judge(query->filter, line);
  };
  EXPECT_EQ(judged("a line of ann"), Truth::no);
  EXPECT_EQ(judged("a line of BOBBY"), Truth::maybe);
  EXPECT_EQ(judged(R"({"user":"\u0062obby"})"), Truth::maybe);
  EXPECT_EQ(judged("type=X msg=audit(1.2:3): acct=626F626279"), Truth::maybe);
}

// What stands in a joined field without standing in the line is no text to look for.
TEST(Prefilter, AJoinedFieldHasTheRunsOfItsPartsAlone) {
  Reading reading;
  base::Errors errors;
  const std::vector<base::SourceText> texts = {
      {"d.yaml",
       "name: d\napplies: {body: json}\npatterns:\n  - name: p\n    when: {kind: x}\n    join:\n"
       "      path: {of: '{key}/{value}'}\n"
       "      hive: {of: '{key}', begins: {'/machine/': 'HKLM/'}}\n"
       "      mail: {of: '{user}at{host}'}\n"
       "      both: {of: '{user}{host}'}\n"
       "    examples:\n      - body: '{\"kind\":\"x\"}'\n        fields: {kind: x}\n"}};
  reading.decoders = ingest::DecoderSet::compile(texts, reading.fields, reading.logsources, errors);
  for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
  ASSERT_TRUE(reading.decoders);
  const auto literal = [&reading](const char* text) {
    auto query = parse_query(text);
    find_literals(query->filter, query->fields, {&reading});
    return query->filter.literal;
  };
  EXPECT_EQ(literal("path: \"software/run\""), "software");
  EXPECT_EQ(literal("hive: \"HKLM/software\""), "");
  EXPECT_EQ(literal("mail: bobathost"), "");
  EXPECT_EQ(literal("both: bobhost"), "");
  EXPECT_EQ(literal("key: software"), "software");
}

}  // namespace
}  // namespace tocsin::search
