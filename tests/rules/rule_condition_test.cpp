#include "rules/rule_condition.hpp"

#include <gtest/gtest.h>

#include "rules/diagnostics.hpp"

namespace tocsin::rules {
namespace {

struct Read {
  std::vector<Alternative> alternatives;
  base::Errors errors;
};

Read read(const std::string& condition, const std::vector<std::string>& names) {
  const base::SourceText source{"c.yml", condition};
  const auto documents = base::parse_yaml(source);
  EXPECT_TRUE(documents);
  Diagnostics out(source);
  auto alternatives = read_rule_condition(documents->at(0), names, out);
  return {std::move(alternatives), std::move(out.errors)};
}

using List = std::vector<Alternative>;

TEST(RuleConditionTest, NamesAreThoseInTheText) {
  const base::SourceText source{"c.yml", "(b-1 or not and_1) and b-1 or x"};
  const auto found = rules_in(base::parse_yaml(source)->at(0));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].name, "b-1");
  EXPECT_EQ(found[1].name, "and_1");
  EXPECT_EQ(found[1].offset, 12U);
  EXPECT_EQ(found[2].name, "x");
}

TEST(RuleConditionTest, BindsAsConditionsOfSelectionsDo) {
  EXPECT_EQ(read("a and b or not c and a", {"a", "b", "c"}).alternatives,
            (List{{0b011, 0}, {0b001, 0b100}}));
  EXPECT_EQ(read("a and (b or not c)", {"a", "b", "c"}).alternatives,
            (List{{0b011, 0}, {0b001, 0b100}}));
}

TEST(RuleConditionTest, NotGoesDownToTheRules) {
  EXPECT_EQ(read("a and not (b and not c)", {"a", "b", "c"}).alternatives,
            (List{{0b001, 0b010}, {0b101, 0}}));
  EXPECT_EQ(read("a and not (b or c)", {"a", "b", "c"}).alternatives, (List{{0b001, 0b110}}));
}

TEST(RuleConditionTest, WhatImpliesAnotherAndWhatCannotBeIsLeftOut) {
  EXPECT_EQ(read("a and b or a", {"a", "b"}).alternatives, (List{{0b01, 0}}));
  EXPECT_EQ(read("a or a and b", {"a", "b"}).alternatives, (List{{0b01, 0}}));
  EXPECT_EQ(read("a and not a or b", {"a", "b"}).alternatives, (List{{0b10, 0}}));
}

TEST(RuleConditionTest, RefusesWhatItCannotMean) {
  const auto code = [](const std::string& condition) {
    const Read r = read(condition, {"a", "b"});
    return r.errors.size() == 1 ? r.errors[0].code : "no error, or several";
  };
  EXPECT_EQ(code("a and c"), "rules-34");
  EXPECT_EQ(code("a AND b"), "rules-31");
  EXPECT_EQ(code("1 of a"), "rules-33");
  EXPECT_EQ(code("(a or b"), "rules-32");
  EXPECT_EQ(code("a and"), "rules-31");
  EXPECT_EQ(code("a | count() > 5"), "rules-31");
  EXPECT_EQ(code("a"), "rules-49");                  // b is listed
  EXPECT_EQ(code("a and b and not a"), "rules-49");  // never
  EXPECT_EQ(code("a or not b"), "rules-49");         // silence
}

TEST(RuleConditionTest, BoundsTheAlternatives) {
  std::vector<std::string> names;
  std::string condition;
  for (int i = 0; i < 14; ++i) names.push_back("r" + std::to_string(i));
  for (int i = 0; i < 14; i += 2) {
    condition += (i == 0 ? "(" : " and (") + names[static_cast<std::size_t>(i)] + " or " +
                 names[static_cast<std::size_t>(i) + 1] + ")";
  }
  EXPECT_EQ(read(condition, names).errors.at(0).code, "rules-49");
  condition = condition.substr(0, condition.rfind(" and "));
  names.resize(12);
  EXPECT_EQ(read(condition, names).alternatives.size(), 64U);
}

}  // namespace
}  // namespace tocsin::rules
