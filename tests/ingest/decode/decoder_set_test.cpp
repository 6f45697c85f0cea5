#include "ingest/decode/decoder_set.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/decode/library.hpp"

namespace tocsin::ingest {
namespace {

base::SourceText decoder(const std::string& name, const std::string& applies,
                         const std::string& match) {
  return {name + ".yaml",
          "name: " + name + "\napplies: {" + applies + "}\nlogsource: {service: " + name +
              "}\npatterns:\n  - name: p\n    match: '" + match + "'\n    examples: [{body: x}]\n"};
}

TEST(DecoderSet, TheLibraryCompiles) {
  const Compiled compiled(library_texts());
  compiled.expect_no_errors();
  ASSERT_TRUE(compiled.set);
  EXPECT_GT(compiled.set->pattern_count(), 60U);
}

TEST(DecoderSet, RefusesMoreFieldsThanFit) {
  std::string fields = "fields:\n";
  for (int i = 0; i < 33'000; ++i) fields += "  f" + std::to_string(i) + ": x\n";
  base::SourceText many = decoder("many", "program: many", "start <a>");
  many.text += fields;
  const Compiled compiled({decoder("few", "program: few", "start <a>"), many});
  EXPECT_FALSE(compiled.set);
  ASSERT_EQ(compiled.errors.size(), 1U);
  EXPECT_EQ(compiled.errors[0].code, "ingest-17");
  EXPECT_EQ(compiled.errors[0].origin.name, "many.yaml");
}

TEST(DecoderSet, ProgramsAreFoundByNamePrefixAndFacility) {
  const Compiled compiled({decoder("exact", "program: [one, two]", "exact <a>"),
                           decoder("prefix", "program: [on*, one-more/*]", "prefix <a>"),
                           decoder("facility", "facility: auth", "facility <a>"),
                           decoder("all", "program: '*'", "all <a>"),
                           decoder("plain", "bare: true", "plain <a>")});
  ASSERT_TRUE(compiled.set);
  const DecoderSet& set = *compiled.set;
  // The decoders whose patterns are tried, in order.
  const auto tried = [&](ScopeId id) {
    std::string out;
    for (RuleNumber rule = 0; rule < 5; ++rule) {
      if (set.scope(id).has(rule)) out += set.shape(set.rule(rule).shape).decoder + " ";
    }
    return out;
  };
  EXPECT_EQ(tried(set.scope_of("one", -1)), "exact prefix all ");
  EXPECT_EQ(tried(set.scope_of("/usr/sbin/one", -1)), "exact prefix all ");
  EXPECT_EQ(tried(set.scope_of("two", 4)), "exact all ");
  EXPECT_EQ(tried(set.scope_of("only", -1)), "prefix all ");
  EXPECT_EQ(tried(set.scope_of("one-more/x", -1)), "prefix all ");
  EXPECT_EQ(tried(set.scope_of("other", 4)), "facility all ");
  EXPECT_EQ(tried(set.scope_of("other", 5)), "all ");
  EXPECT_EQ(tried(set.scope_of("", -1)), "all ");
  EXPECT_EQ(tried(set.bare_scope()), "plain ");
  EXPECT_EQ(set.shape(set.scope(set.scope_of("one", -1)).other).decoder, "exact");
  EXPECT_EQ(set.shape(set.scope(set.scope_of("only", -1)).other).decoder, "prefix");
}

TEST(DecoderSet, KnowsWhichFieldsPatternsFix) {
  const auto text = [](const std::string& name, const std::string& fields) {
    return base::SourceText{name + ".yaml", "name: " + name + "\napplies: {program: " + name +
                                                "}\npatterns:\n  - name: p\n    match: 'for "
                                                "<user.name>'\n    fields: {" +
                                                fields + "}\n    examples: [{body: for x}]\n"};
  };
  const Compiled compiled({text("a", "event.action: one"), text("b", "event.action: two"),
                           decoder("c", "program: c", "from <event.reason>")});
  ASSERT_TRUE(compiled.set);
  EXPECT_EQ(compiled.set->fixed_fields(), std::vector{event::field::event_action});
}

TEST(DecoderSet, NeighboursInTheTableShareWhatTheyBeginWith) {
  const Compiled compiled({decoder("a", "program: x", "from <a:word>(<b:word>:auth): one"),
                           decoder("b", "program: x", "from <a:word>(<b:word>:auth): two"),
                           decoder("c", "program: x", "from elsewhere <a>")});
  ASSERT_TRUE(compiled.set);
  const auto tried = compiled.set->by_head(compiled.set->scope_of("x", -1), "from");
  ASSERT_EQ(tried.size(), 3U);
  EXPECT_EQ(tried[0].shared, 0U);
  EXPECT_EQ(tried[1].shared, 3U) << "text, word, text; the second word ends otherwise";
  EXPECT_EQ(tried[2].shared, 0U);
}

TEST(DecoderSet, PatternsWithAHeadAreInTheTableOthersBehindALiteral) {
  const Compiled compiled({decoder("a", "program: x", "Failed <a>"),
                           decoder("b", "program: x", "<a> has a long literal"),
                           decoder("c", "program: x", "<a:int>")});
  ASSERT_TRUE(compiled.set);
  const ScopeId scope = compiled.set->scope_of("x", -1);
  EXPECT_EQ(compiled.set->by_head(scope, "Failed").size(), 1U);
  EXPECT_EQ(compiled.set->by_head(scope, "Fail").size(), 1U);
  EXPECT_TRUE(compiled.set->by_head(scope, "Fair").empty());
  EXPECT_TRUE(compiled.set->by_head(0, "Failed").empty());
  EXPECT_TRUE(compiled.set->scope(scope).scans);
  EXPECT_FALSE(compiled.set->literals().empty());
  ASSERT_EQ(compiled.set->by_literal(0).size(), 1U);
  EXPECT_EQ(compiled.set->by_literal(0)[0], 1U);
  EXPECT_EQ(compiled.set->scope(scope).unguarded, std::vector<RuleNumber>{2});
}

TEST(DecoderSet, ConstantsAreFieldsOfTheShape) {
  const Compiled compiled(library_texts());
  ASSERT_TRUE(compiled.set);
  std::size_t checked = 0;
  for (std::uint32_t id = 1; id < compiled.set->shape_count(); ++id) {
    const Shape& shape = compiled.set->shape(event::ShapeId(id));
    if (shape.decoder != "sshd" || shape.pattern != "failed") continue;
    ++checked;
    std::vector<std::string> constants;
    for (const event::Field& field : shape.constants) {
      constants.push_back(std::string(compiled.fields.name(field.name)) + "=" +
                          std::string(field.value()));
    }
    EXPECT_EQ(constants,
              (std::vector<std::string>{"event.provider=sshd", "event.category=authentication",
                                        "event.action=logged-in", "event.outcome=failure"}));
    ASSERT_EQ(compiled.logsources[shape.logsource].size(), 2U);
    EXPECT_EQ(compiled.logsources[shape.logsource][0], (event::Logsource{"", "linux", "sshd"}));
  }
  EXPECT_EQ(checked, 1U);
}

TEST(DecoderSet, ErrorsOfAllFilesAreSaidAtOnce) {
  const Compiled compiled(
      {decoder("a", "program: x", "Failed <a"),
       decoder("b", "program: x", "Failed"),
       {"b2.yaml", decoder("b", "program: y", "Failed").text},
       decoder("c", "bare: true", "<a:int>"),
       {"d.yaml",
        "name: d\napplies: {program: d}\npatterns:\n  - name: p\n    match: 'x <user.name>'\n"
        "    fields: {user.name: bob}\n    examples: [{body: x}]\n"},
       {"e.yaml",
        "name: e\napplies: {program: e}\npatterns:\n  - name: p\n    regex: '('\n"
        "    literal: abc\n    examples: [{body: x}]\n"}});
  EXPECT_FALSE(compiled.set);
  std::vector<std::string> said;
  for (const base::Error& error : compiled.errors) {
    said.push_back(base::to_string(error).substr(0, 24));
  }
  std::sort(said.begin(), said.end());
  EXPECT_EQ(said, (std::vector<std::string>{"a.yaml:6:20: ingest-20: ", "b2.yaml:1:1: ingest-14: ",
                                            "c.yaml:5:5: ingest-16: `", "d.yaml:4:5: ingest-15: `",
                                            "e.yaml:4:5: ingest-21: t"}));
}

TEST(DecoderSet, TheOrderOfFilesDoesNotMatter) {
  std::vector<base::SourceText> texts = library_texts();
  const Compiled forward(texts);
  std::reverse(texts.begin(), texts.end());
  const Compiled backward(texts);
  ASSERT_TRUE(forward.set);
  ASSERT_TRUE(backward.set);
  ASSERT_EQ(forward.set->shape_count(), backward.set->shape_count());
  for (std::uint32_t id = 0; id < forward.set->shape_count(); ++id) {
    EXPECT_EQ(forward.set->shape(event::ShapeId(id)).decoder,
              backward.set->shape(event::ShapeId(id)).decoder);
    EXPECT_EQ(forward.set->shape(event::ShapeId(id)).pattern,
              backward.set->shape(event::ShapeId(id)).pattern);
  }
}

TEST(DecoderSet, AnEmptySetKnowsNothing) {
  const Compiled compiled(std::vector<base::SourceText>{});
  ASSERT_TRUE(compiled.set);
  EXPECT_EQ(compiled.set->pattern_count(), 0U);
  EXPECT_TRUE(compiled.set->by_head(0, "text").empty());
}

}  // namespace
}  // namespace tocsin::ingest
