#include "rules/satisfiable.hpp"

#include <gtest/gtest.h>

#include "rules/document.hpp"

namespace tocsin::rules {
namespace {

struct Asked {
  PredicatePool pool;
  event::FieldTable fields;
  Formula formula;
};

std::unique_ptr<Asked> ask(const std::string& detection) {
  const base::SourceText source{"r.yml",
                                "title: t\nlogsource: {product: p}\ndetection:\n" + detection};
  const Documents documents = read_documents({&source, 1});
  for (const base::Error& error : documents.errors) ADD_FAILURE() << base::to_string(error);
  auto out = std::make_unique<Asked>();
  if (!documents.rules.empty())
    out->formula = formula_of(*documents.rules.front().detection, out->pool, out->fields);
  return out;
}

bool possible(const std::string& detection, bool wanted = true) {
  const auto asked = ask(detection);
  return satisfiable(asked->formula, wanted, asked->pool).possible;
}

// Whether two items of one map can be met together.
bool together(const std::string& a, const std::string& b) {
  return possible("  x: {" + a + "}\n  y: {" + b + "}\n  condition: x and y\n");
}
bool without(const std::string& a, const std::string& b) {
  return possible("  x: {" + a + "}\n  y: {" + b + "}\n  condition: x and not y\n");
}

TEST(SatisfiableTest, TextsOfOneFieldExcludeEachOther) {
  EXPECT_FALSE(together("a: x", "a: y"));
  EXPECT_TRUE(together("a: x", "a: X"));
  EXPECT_FALSE(together("a|cased: x", "a|cased: X"));
  EXPECT_TRUE(together("a|cased: x", "a: X"));
  EXPECT_TRUE(together("a: x", "b: y"));
  EXPECT_FALSE(together("a|endswith: '\\a.exe'", "a|endswith: '\\b.exe'"));
  EXPECT_TRUE(together("a|endswith: '\\a.exe'", "a|endswith: .exe"));
  EXPECT_FALSE(together("a|startswith: C", "a|startswith: D"));
  EXPECT_TRUE(together("a|startswith: C", "a|startswith: 'C:'"));
  EXPECT_FALSE(together("a: xyz", "a|contains: q"));
  EXPECT_TRUE(together("a: xyz", "a|contains: y"));
  EXPECT_TRUE(together("a|contains: x", "a|contains: y"));
  EXPECT_FALSE(together("a: abc", "a: 'b*'"));
  EXPECT_FALSE(together("a: null", "a|contains: y"));
  EXPECT_TRUE(together("a: null", "a|exists: true"));
  EXPECT_FALSE(together("a: 10.0.0.1", "a|cidr: 192.168.0.0/16"));
  EXPECT_TRUE(together("a: x", "a|re: y")) << "a regular expression may do anything";
}

TEST(SatisfiableTest, NumbersHaveRanges) {
  EXPECT_FALSE(together("a: 4", "a: 5"));
  EXPECT_TRUE(together("a: 5", "a: '5'"));
  EXPECT_FALSE(together("a|gt: 5", "a|lt: 5"));
  EXPECT_FALSE(together("a|gt: 5", "a|lte: 5"));
  EXPECT_TRUE(together("a|gte: 5", "a|lte: 5"));
  EXPECT_FALSE(together("a: 7", "a|lt: 5"));
  EXPECT_FALSE(without("a|gt: 7", "a|gt: 5"));
  EXPECT_TRUE(without("a|gt: 5", "a|gt: 7"));
  EXPECT_FALSE(without("a: 7", "a|gte: 7"));
}

TEST(SatisfiableTest, WhatOneAsksTheOtherTakesOut) {
  EXPECT_FALSE(without("a|endswith: '\\cmd.exe'", "a|endswith: .exe"));
  EXPECT_TRUE(without("a|endswith: .exe", "a|endswith: '\\cmd.exe'"));
  EXPECT_FALSE(without("a: foobar", "a|contains: oba"));
  EXPECT_FALSE(without("a|cased: Foo", "a: foo"));
  EXPECT_TRUE(without("a: foo", "a|cased: Foo"));
  EXPECT_FALSE(without("a|contains: x", "a|exists: true"));
  EXPECT_TRUE(without("a: null", "a|exists: true"));
  EXPECT_FALSE(without("a|re: x", "a: '*'"));
}

TEST(SatisfiableTest, ConditionsAreFollowedThroughLists) {
  const std::string lists = "  s1: {a: [x, y]}\n  s2: {a: [y, z]}\n  s3: {a: [z, q]}\n";
  EXPECT_TRUE(possible(lists + "  condition: s1 and s2\n"));
  EXPECT_FALSE(possible(lists + "  condition: s1 and s3\n"));
  EXPECT_FALSE(possible(lists + "  condition: 1 of s* and not 1 of s*\n"));
  EXPECT_FALSE(possible(lists + "  condition: s1 or not s1\n", false));
  EXPECT_TRUE(possible(lists + "  condition: s1 or not s2\n", false));
  EXPECT_FALSE(possible("  x: {a: null}\n  y: {a: '*'}\n  condition: x or y\n", false));
}

TEST(SatisfiableTest, NamesTheTwoThatContradict) {
  const auto asked = ask("  s: {a: x, b: y}\n  t: {b: z}\n  condition: s and t\n");
  const Satisfiable result = satisfiable(asked->formula, true, asked->pool);
  EXPECT_FALSE(result.possible);
  ASSERT_TRUE(result.conflict);
  EXPECT_EQ(asked->fields.name(asked->pool[result.conflict->first.predicate].field), "b");
  EXPECT_TRUE(result.conflict->first.holds);
}

TEST(SatisfiableTest, ASearchThatWouldTakeTooLongGivesTheBenefitOfTheDoubt) {
  // Thirty lists, each of which could be met, and two that cannot: 3^30 ways to try.
  std::string detection = "  a: {z: x}\n  b: {z: y}\n", condition = "  condition: ";
  for (int i = 0; i < 30; ++i) {
    const std::string name = "s" + std::to_string(i);
    detection += "  " + name + ": {f" + std::to_string(i) + ": [x, y, z]}\n";
    condition += name + " and ";
  }
  EXPECT_FALSE(possible(detection + condition + "a and b\n")) << "what is certain comes first";
  EXPECT_TRUE(possible(detection + condition + "(a or b) and (a or b) and (1 of s*)\n"));
}

}  // namespace
}  // namespace tocsin::rules
