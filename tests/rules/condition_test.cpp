#include "rules/condition.hpp"

#include <gtest/gtest.h>

#include "rules/diagnostics.hpp"

namespace tocsin::rules {
namespace {

const std::vector<std::string> names = {"a", "b", "sel_1", "sel_2", "_hidden", "with-dash"};

// The tree in brackets, or the errors.
std::string shown(const Condition& condition) {
  if (condition.kind == Condition::Kind::selection) return names[condition.selection];
  std::string out = condition.kind == Condition::Kind::all_of   ? "(and"
                    : condition.kind == Condition::Kind::any_of ? "(or"
                                                                : "(not";
  for (const Condition& child : condition.children) out += " " + shown(child);
  return out + ")";
}

std::string parsed(const std::string& text) {
  const base::SourceText source{"c.yml", "c: " + text + "\n"};
  const auto documents = base::parse_yaml(source);
  EXPECT_TRUE(documents) << text;
  Diagnostics out(source);
  const Condition condition = read_condition(*documents->at(0).find("c"), names, out);
  if (out.errors.empty()) return shown(condition);
  std::string errors;
  for (const base::Error& error : out.errors)
    errors += std::to_string(error.origin.column) + " " + error.code + " ";
  return errors;
}

TEST(ConditionTest, K1BindsOrLooserThanAndLooserThanNot) {
  EXPECT_EQ(parsed("a or b and not sel_1"), "(or a (and b (not sel_1)))");
  EXPECT_EQ(parsed("(a or b) and sel_1"), "(and (or a b) sel_1)");
  EXPECT_EQ(parsed("not a and b"), "(and (not a) b)");
  EXPECT_EQ(parsed("not 1 of sel_*"), "(not (or sel_1 sel_2))");
  EXPECT_EQ(parsed("a and b and sel_1"), "(and a b sel_1)");
  EXPECT_EQ(parsed("((a))"), "a");
}

TEST(ConditionTest, K2NamesAndPatterns) {
  EXPECT_EQ(parsed("with-dash"), "with-dash");
  EXPECT_EQ(parsed("1 of *_1"), "(or sel_1)");
  EXPECT_EQ(parsed("all of s*l*_*"), "(and sel_1 sel_2)");
  EXPECT_EQ(parsed("1 of sel_1"), "(or sel_1)") << "no star: an exact name";
}

TEST(ConditionTest, K3HidesUnderscoresFromThemAndPatterns) {
  EXPECT_EQ(parsed("1 of them"), "(or a b sel_1 sel_2 with-dash)");
  EXPECT_EQ(parsed("all of *"), "(and a b sel_1 sel_2 with-dash)");
  EXPECT_EQ(parsed("any of _*"), "(or _hidden)");
  EXPECT_EQ(parsed("3 of them"), "4 rules-33 ");
  EXPECT_EQ(parsed("1 of x*"), "9 rules-34 ");
}

TEST(ConditionTest, K4ListsAreOr) {
  EXPECT_EQ(parsed("[a, b and sel_1]"), "(or a (and b sel_1))");
  EXPECT_EQ(parsed("[a, nothing, b or]"), "8 rules-34 21 rules-31 ");
  EXPECT_EQ(parsed("[]"), "4 rules-30 ");
  EXPECT_EQ(parsed("{a: b}"), "4 rules-30 ");
  EXPECT_EQ(parsed("''"), "4 rules-30 ");
}

TEST(ConditionTest, K4PointsAtTheFault) {
  EXPECT_EQ(parsed("a and"), "9 rules-31 ");
  EXPECT_EQ(parsed("a b"), "6 rules-31 ");
  EXPECT_EQ(parsed("(a or b"), "11 rules-32 ");
  EXPECT_EQ(parsed("a or (b))"), "12 rules-31 ");
  EXPECT_EQ(parsed("a AND b"), "6 rules-31 ");
  EXPECT_EQ(parsed("a and nothing"), "10 rules-34 ");
  EXPECT_EQ(parsed("a | count() > 5"), "6 rules-31 ");
  EXPECT_EQ(parsed("1 of"), "8 rules-31 ");
  EXPECT_EQ(parsed("and"), "4 rules-31 ");
  EXPECT_EQ(parsed("a and \xC3\xA9"), "10 rules-31 ");
  EXPECT_EQ(parsed("'a and '"), "11 rules-31 ");
}

TEST(ConditionTest, CountsTheTermsOfAllTextsTogether) {
  std::string list = "[a";
  for (int i = 1; i < 2'500; ++i) list += ", all of them";
  EXPECT_NE(parsed(list + "]").find("rules-36"), std::string::npos);
}

TEST(ConditionTest, RefusesWhatWouldExhaustTheStack) {
  EXPECT_EQ(parsed(std::string(100, '(') + "a" + std::string(100, ')')), "69 rules-36 ");
  std::string nots;
  for (int i = 0; i < 100; ++i) nots += "not ";
  EXPECT_EQ(parsed(nots + "a"), "264 rules-36 ");
}

}  // namespace
}  // namespace tocsin::rules
