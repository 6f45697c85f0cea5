#include "ingest/decode/decoder_file.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

std::vector<std::string> errors_of(const std::string& text) {
  base::Errors errors;
  const auto file = read_decoder({"d.yaml", text}, errors);
  EXPECT_EQ(file.has_value(), errors.empty());
  std::vector<std::string> out;
  for (const base::Error& error : errors) out.push_back(base::to_string(error));
  return out;
}

using Said = std::vector<std::string>;

TEST(DecoderFile, ReadsWhatIsWritten) {
  base::Errors errors;
  const auto file =
      read_decoder({"d.yaml",
                    "name: d\n"
                    "description: a test\n"
                    "applies: {program: [one, 'two*'], facility: auth, literal: 'HTTP/'}\n"
                    "logsource: {product: linux, service: d}\n"
                    "fields: {event.provider: d, event.category: web, n: 5, t: yes, q: '5'}\n"
                    "complete: true\n"
                    "patterns:\n"
                    "  - name: p\n"
                    "    match: ['a <user.name>', 'b <user.name>']\n"
                    "    fields: {event.category: ~, event.action: x}\n"
                    "    logsource: [{service: e}, {category: f}]\n"
                    "    examples:\n"
                    "      - {line: 'a bob', fields: {user.name: bob}, absent: source.ip}\n"
                    "      - {body: 'b bob', program: twofold, time: 2026-01-01T00:00:00Z}\n"},
                   errors);
  for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->programs, (std::vector<std::string>{"one", "two*"}));
  EXPECT_EQ(file->facilities, std::vector<int>{4});
  EXPECT_TRUE(file->bare);
  EXPECT_TRUE(file->complete);
  ASSERT_EQ(file->fields.size(), 5U);
  EXPECT_EQ(file->fields[2].kind, event::ValueKind::number);
  EXPECT_EQ(file->fields[3].kind, event::ValueKind::boolean);
  EXPECT_EQ(file->fields[3].value, "true");
  EXPECT_EQ(file->fields[4].kind, event::ValueKind::text);
  const DecoderPattern& pattern = file->patterns.at(0);
  EXPECT_EQ(pattern.matches.size(), 2U);
  EXPECT_EQ(pattern.logsource.size(), 2U);
  std::vector<std::string> names;
  for (const ConstantField& field : pattern.fields) names.push_back(field.name);
  EXPECT_EQ(names, (std::vector<std::string>{"event.provider", "n", "t", "q", "event.action"}));
  EXPECT_EQ(pattern.examples[0].absent, std::vector<std::string>{"source.ip"});
  EXPECT_EQ(pattern.examples[0].program, "one");
  EXPECT_TRUE(pattern.examples[1].is_body);
  EXPECT_EQ(pattern.examples[1].program, "twofold");
}

TEST(DecoderFile, TenMistakesAreTenErrorsWithTheirPlaces) {
  const Said said = errors_of(
      "name: Bad Name\n"                              // 1
      "aplies: x\n"                                   // 2
      "applies: {program: 'a*b', facility: auht}\n"   // 3
      "logsource: {servise: x}\n"                     // 4
      "complete: perhaps\n"                           // 5
      "patterns:\n"                                   // 6
      "  - name: one\n"                               // 7
      "    match: 'from <source.ip:ipp> x'\n"         // 8
      "    examples: [{body: x, feilds: {}}]\n"       // 9
      "  - name: one\n"                               // 10
      "    match: from <a:text><b:word>\n"            // 11
      "    values: [{of: _none, is: {a: {b: c}}}]\n"  // 12
      "    examples: []\n");                          // 13
  EXPECT_EQ(
      said,
      (Said{"d.yaml:2:1: ingest-11: unknown key `aplies`; is `applies` meant?",
            "d.yaml:1:7: ingest-13: a decoder's name has lower-case letters, digits, `-`, `_` and "
            "`.` only",
            "d.yaml:3:20: ingest-13: a program is a name, or the beginning of one and `*`",
            "d.yaml:3:37: ingest-13: `auht` is no facility; is `auth` meant?",
            "d.yaml:4:13: ingest-11: unknown key `servise`; is `service` meant?",
            "d.yaml:4:12: ingest-12: `logsource:` is empty",
            "d.yaml:5:11: ingest-13: `complete:` is true or false",
            "d.yaml:8:29: ingest-20: `ipp` is not a type of captures; is `ip` meant?",
            "d.yaml:9:26: ingest-11: unknown key `feilds`; is `fields` meant?",
            "d.yaml:10:11: ingest-13: a second pattern `one`",
            "d.yaml:11:17: ingest-20: literal text must follow, so that it is known where this "
            "value ends",
            "d.yaml:13:15: ingest-12: a pattern needs `examples:`, a list of lines and the fields "
            "expected"}));
}

TEST(DecoderFile, AppliesMustSayForWhat) {
  EXPECT_EQ(errors_of("name: d\n"),
            Said{"d.yaml:1:1: ingest-12: `applies:` is missing: it says for which messages this "
                 "decoder is"});
  EXPECT_EQ(errors_of("name: d\napplies: {bare: false}\n"),
            Said{"d.yaml:2:10: ingest-12: `applies:` names no program, facility, body, literal or "
                 "`bare: true`"});
  EXPECT_EQ(errors_of("name: d\napplies: {body: csv}\n"),
            Said{"d.yaml:2:17: ingest-13: `body:` is json, audit, cef, key_value, xml or snare"});
}

TEST(DecoderFile, MatchAndRegexExcludeEachOther) {
  const std::string head = "name: d\napplies: {program: x}\npatterns:\n  - name: p\n";
  const std::string tail = "    examples: [{body: x}]\n";
  EXPECT_EQ(errors_of(head + "    match: x\n    regex: x\n    literal: xxx\n" + tail),
            Said{"d.yaml:4:5: ingest-12: a pattern has one of `match:`, `regex:` and `when:`"});
  EXPECT_EQ(errors_of(head + "    match: x\n    literal: xxx\n" + tail),
            Said{"d.yaml:6:14: ingest-13: `literal:` goes with `regex:` only"});
  EXPECT_EQ(errors_of(head + "    regex: x\n" + tail),
            Said{"d.yaml:4:5: ingest-12: `literal:` is missing"});
  EXPECT_EQ(errors_of(head + "    regex: x\n    literal: x\n" + tail),
            Said{"d.yaml:6:14: ingest-13: `literal:` needs at least 3 bytes"});
}

TEST(DecoderFile, ConditionsAreForStructuredBodies) {
  base::Errors errors;
  const auto file = read_decoder(
      {"d.yaml",
       "name: d\napplies: {body: [json, cef]}\nnames: {a: [x.y, z]}\nunwrap: [Event.Data, {prefix: "
       "w.d., capital: true}]\n"
       "rename: {New: [w.old, w.older]}\n"
       "patterns:\n  - name: p\n    when: {a: [1, 'b*'], c: d}\n    examples: [{line: x}]\n"},
      errors);
  for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->bodies, (std::vector<BodyKind>{BodyKind::json, BodyKind::cef}));
  ASSERT_EQ(file->unwrap.size(), 2U);
  EXPECT_EQ(file->unwrap[0].prefix, "Event.Data");
  EXPECT_FALSE(file->unwrap[0].capital);
  EXPECT_EQ(file->unwrap[1].prefix, "w.d");
  EXPECT_TRUE(file->unwrap[1].capital);
  EXPECT_FALSE(file->unwrap[1].escaped);
  ASSERT_EQ(file->rename.size(), 1U);
  EXPECT_EQ(file->rename[0].first, "New");
  EXPECT_EQ(file->rename[0].second, (std::vector<std::string>{"w.old", "w.older"}));
  ASSERT_EQ(file->names.size(), 1U);
  EXPECT_EQ(file->names[0].second, (std::vector<std::string>{"x.y", "z"}));
  ASSERT_EQ(file->patterns[0].when.size(), 2U);
  EXPECT_EQ(file->patterns[0].when[0].values, (std::vector<std::string>{"1", "b*"}));
  const Said misused{
      "d.yaml:4:5: ingest-13: `when:` is for the patterns of `applies: body`, and only for them"};
  EXPECT_EQ(errors_of("name: d\napplies: {program: x}\npatterns:\n  - name: p\n    when: {a: b}\n"
                      "    examples: [{body: x}]\n"),
            misused);
  EXPECT_EQ(errors_of("name: d\napplies: {body: json}\npatterns:\n  - name: p\n    match: x\n"
                      "    examples: [{body: x}]\n"),
            misused);
  EXPECT_EQ(errors_of("name: d\napplies: {body: json}\npatterns:\n  - name: p\n    when: {a: []}\n"
                      "    examples: [{body: x}]\n"),
            Said{"d.yaml:5:15: ingest-12: no value for `a`"});
}

TEST(DecoderFile, JoinedFieldsNameTheirParts) {
  const auto file_with = [](const std::string& join) {
    return "name: d\napplies: {body: json}\npatterns:\n  - name: p\n    when: {a: b}\n    join: " +
           join + "\n    examples: [{body: x}]\n";
  };
  base::Errors errors;
  const auto file = read_decoder(
      {"d.yaml", file_with("{made: {of: '{a}-{b}', begins: {x: y}}, other: {of: '{c}'}}")}, errors);
  for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
  ASSERT_TRUE(file);
  ASSERT_EQ(file->patterns[0].joins.size(), 2U);
  const Join& join = file->patterns[0].joins[0];
  EXPECT_EQ(join.name, "made");
  ASSERT_EQ(join.parts.size(), 3U);
  EXPECT_TRUE(join.parts[0].is_field);
  EXPECT_EQ(join.parts[1].text, "-");
  EXPECT_EQ(join.begins.at(0).second, "y");
  EXPECT_EQ(errors_of(file_with("{made: {of: plain}}")),
            Said{"d.yaml:6:18: ingest-13: `of:` is a text with fields in it, as "
                 "'{ObjectName}\\{ObjectValueName}'"});
  EXPECT_EQ(errors_of(file_with("[a]")),
            Said{"d.yaml:6:11: ingest-10: `join:` is a map of fields, beside `when:`"});
  EXPECT_EQ(errors_of(file_with("{made: {of: '{a}', front: x}}")).size(), 1U);
}

TEST(DecoderFile, WhatIsNoDecoderIsRefused) {
  EXPECT_EQ(errors_of("- a\n").size(), 1U);
  EXPECT_EQ(errors_of("").size(), 1U);
  EXPECT_EQ(errors_of("a: b\n---\nc: d\n"),
            Said{"d.yaml:3:1: ingest-10: a decoder file is one document"});
  EXPECT_EQ(errors_of("a: &x b\n").size(), 1U);
}

}  // namespace
}  // namespace tocsin::ingest
