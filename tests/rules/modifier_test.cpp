#include "rules/modifier.hpp"

#include <gtest/gtest.h>

#include "rules/diagnostics.hpp"

namespace tocsin::rules {
namespace {

struct Read {
  Item item;
  base::Errors errors;
  base::Errors warnings;
};

Read read(const std::string& yaml) {
  const base::SourceText source{"m.yml", yaml};
  const auto documents = base::parse_yaml(source);
  EXPECT_TRUE(documents) << yaml;
  Diagnostics out(source);
  const ValueLists none;
  ListUse lists(none, "t");
  Item item = read_item(documents->at(0).members[0], lists, out);
  return {std::move(item), std::move(out.errors), std::move(out.warnings)};
}

std::string fault(const std::string& yaml) {
  const Read r = read(yaml);
  if (r.errors.empty()) return "";
  return std::to_string(r.errors[0].origin.column) + " " + r.errors[0].code;
}

std::string pattern(const std::string& yaml) {
  const Read r = read(yaml);
  EXPECT_TRUE(r.errors.empty()) << yaml;
  return r.errors.empty() ? to_string(r.item.values.at(0).patterns.at(0)) : "";
}

TEST(ModifierTest, S4AddsWildcards) {
  EXPECT_EQ(pattern("f|contains: x"), "*x*");
  EXPECT_EQ(pattern("f|startswith: x"), "x*");
  EXPECT_EQ(pattern("f|endswith: x"), "*x");
  EXPECT_EQ(pattern("f|contains: '*x'"), "*x*");
  EXPECT_EQ(pattern("f|contains: 'x\\'"), "*x\\\\*");
  EXPECT_EQ(pattern("f|startswith|endswith: x"), "*x*");
}

TEST(ModifierTest, RefusesChainsThatGrowAsPowers) {
  EXPECT_EQ(read("f|windash: ' -a -b -c -d'").item.values[0].patterns.size(), 625U);
  EXPECT_EQ(fault("f|windash|windash: ' -a -b -c -d'"), "20 rules-21");
  std::string wide = "f", offsets = "f";
  for (int i = 0; i < 60; ++i) wide += "|wide", offsets += "|base64offset";
  EXPECT_NE(fault(wide + ": abcd").find("rules-21"), std::string::npos);
  EXPECT_NE(fault(offsets + ": abcd").find("rules-21"), std::string::npos);
  EXPECT_EQ(fault("f|wide|base64offset|contains: abcd"), "");
}

TEST(ModifierTest, ReadsKindsOfValues) {
  EXPECT_EQ(read("f: 5").item.values[0].kind, Value::Kind::number);
  EXPECT_EQ(read("f: '5'").item.values[0].kind, Value::Kind::text);
  EXPECT_EQ(read("f: null").item.values[0].kind, Value::Kind::null);
  EXPECT_EQ(read("f:").item.values[0].kind, Value::Kind::null);
  EXPECT_EQ(pattern("f: yes"), "true");
  EXPECT_EQ(pattern("f: \"yes\""), "yes");
  EXPECT_EQ(read("f: 5.0").item.values[0].number.whole, 5);
  EXPECT_TRUE(read("f: 5.0").item.values[0].number.is_whole);
  EXPECT_FALSE(read("f: 5.5").item.values[0].number.is_whole);
}

TEST(ModifierTest, SaysWhichModifierIsMeant) {
  EXPECT_EQ(fault("f|contain: x"), "3 rules-20");
  EXPECT_NE(read("f|contain: x").errors[0].sentence.find("`contains`"), std::string::npos);
  EXPECT_EQ(fault("f|contains|fieldref: x"), "12 rules-20");
  EXPECT_EQ(fault("'f|expand': 'a %x%'"), "16 rules-24");
  EXPECT_EQ(fault("f|: x"), "3 rules-20");
}

TEST(ModifierTest, RefusesIllegalCombinations) {
  for (const char* bad : {"f|contains|re: x", "f|i: x", "f|all|exists: true", "f|re|cased: x",
                          "f|neq|cidr: 10.0.0.0/8", "f|lt|hour: 5", "'|exists': true"}) {
    EXPECT_EQ(fault(bad).substr(fault(bad).find(' ') + 1), "rules-20") << bad;
  }
  for (const char* bad :
       {"f|contains: 5", "f|lt: '5'", "f|lt: x", "f|exists: 1", "f|re: 5", "f|cidr: 10.0.0.1/8",
        "f|base64: 'a*'", "f|hour: noon", "f|contains: null", "f|cased: 5", "f|contains: true",
        "f|windash: '-a -b -c -d -e'"}) {
    EXPECT_EQ(fault(bad).substr(fault(bad).find(' ') + 1), "rules-21") << bad;
  }
}

TEST(ModifierTest, AllowsLegalCombinations) {
  for (const char* good :
       {"f|contains|all|cased: [x, y]", "f|cased|contains: x", "f|neq: [x, 5, null]",
        "f|contains|neq|all: [x, y]", "f|re|i|m|s: x", "f|re|ignorecase|multiline|dotall: x",
        "f|re|contains: x", "f|fieldref|endswith|cased|neq: [g, h]", "f|cidr|neq: 10.0.0.0/8",
        "f|lt|neq: 5", "f|hour|gte: 5", "f|week: 53", "f|wide|base64offset|contains: x",
        "f|utf16le|base64: x", "f|utf16be: x", "f|utf16: x", "f|windash|contains|all: ['-a', '-b']",
        "'|all': [x, 5]", "'|re': x"}) {
    EXPECT_EQ(fault(good), "") << good;
  }
}

TEST(ModifierTest, AReferenceNamesAnotherField) {
  const auto value = [](const char* item) { return read(item).item.values[0]; };
  EXPECT_EQ(value("f|fieldref: g").kind, Value::Kind::reference);
  EXPECT_EQ(value("f|fieldref: g").other, "g");
  EXPECT_EQ(value("f|fieldref: g").relation, Relation::equals);
  EXPECT_EQ(value("f|fieldref|startswith: g").relation, Relation::begins_with);
  EXPECT_EQ(value("f|fieldref|endswith: g").relation, Relation::ends_with);
  EXPECT_EQ(value("f|fieldref|contains: g").relation, Relation::contains);
  EXPECT_EQ(value("f|fieldref|startswith|endswith: g").relation, Relation::contains);
}

TEST(ModifierTest, TiesARegexToAnEnd) {
  EXPECT_EQ(read("f|re|startswith: a|b").item.values[0].regex.text, "\\A(?:a|b)");
  EXPECT_EQ(read("f|re|endswith: a|b").item.values[0].regex.text, "(?:a|b)\\z");
  EXPECT_EQ(read("f|re: 'a\\*'").item.values[0].regex.text, "a\\*") << "no Sigma escapes";
}

TEST(ModifierTest, C5WarnsOfAmbiguousScalars) {
  for (const char* odd : {"f: yes", "f: off", "f: 010", "f: 0x10", "f: 1_000", "f: 12:30:00"}) {
    ASSERT_EQ(read(odd).warnings.size(), 1U) << odd;
    EXPECT_EQ(read(odd).warnings[0].code, "rules-71");
  }
  for (const char* plain : {"f: true", "f: false", "f: 10", "f: -5", "f: 1e3", "f: 'yes'"})
    EXPECT_TRUE(read(plain).warnings.empty()) << plain;
  EXPECT_EQ(fault("f: 2026-01-31"), "4 rules-22");
  EXPECT_EQ(fault("f: '2026-01-31'"), "");
}

TEST(ModifierTest, WindashStaysOrInsideAll) {
  const Read r = read("f|windash|all: ['-a', '/b']");
  ASSERT_EQ(r.item.values.size(), 2U);
  EXPECT_EQ(r.item.values[0].patterns.size(), 5U);
}

TEST(ModifierTest, S6KeywordsAreOpenAtBothEnds) {
  const base::SourceText source{"k.yml", "[word, 'a*b', 404]"};
  Diagnostics out(source);
  const ValueLists none;
  ListUse lists(none, "t");
  const Item item = read_keywords(base::parse_yaml(source)->at(0), lists, out);
  ASSERT_EQ(item.values.size(), 3U);
  EXPECT_EQ(to_string(item.values[0].patterns[0]), "*word*");
  EXPECT_EQ(to_string(item.values[1].patterns[0]), "*a*b*");
  EXPECT_EQ(to_string(item.values[2].patterns[0]), "*404*");
  const base::SourceText bad{"k.yml", "[null]"};
  Diagnostics errors(bad);
  static_cast<void>(read_keywords(base::parse_yaml(bad)->at(0), lists, errors));
  EXPECT_EQ(errors.errors.size(), 1U);
}

}  // namespace
}  // namespace tocsin::rules
