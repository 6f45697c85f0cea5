#include "rules/plan.hpp"

#include <gtest/gtest.h>

#include "rules/compiled.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::rules {
namespace {

class PlanTest : public ::testing::Test {
 protected:
  // Rules by their detection, and the plan for a shape with these constants.
  Plan plan(std::initializer_list<const char*> detections,
            std::vector<std::pair<const char*, const char*>> constants) {
    base::SourceText source{"p.yml", ""};
    int number = 0;
    for (const char* detection : detections) {
      source.text += "---\ntitle: t" + std::to_string(number++) +
                     "\nlogsource: {product: p}\ndetection:\n" + detection;
    }
    const std::size_t sources = detections.size() == 0 ? 0 : 1;
    loaded_ = RuleSet::load({&source, sources}, fields_);
    EXPECT_TRUE(loaded_.errors.empty());
    for (const auto& [name, value] : constants)
      constants_.emplace_back(fields_.intern(name), value);
    const event::Logsource logsource{"", "p", ""};
    const auto program = loaded_.rules->compiled().program_for({&logsource, 1});
    return shape_plan(program, fields_.size(), event::LogsourceId(1), constants_);
  }

  event::FieldTable fields_;
  RuleSet::Loaded loaded_;
  std::vector<event::Field> constants_;
};

const char* const failed_login =
    "  a: {action: login, outcome: failure, message|startswith: Failed}\n  condition: a\n";

TEST_F(PlanTest, ConstantsThatContradictMakeAShapeCostNothing) {
  const Plan p = plan({failed_login}, {{"action", "logout"}});
  EXPECT_EQ(p.fate[0], Plan::Fate::dead);
  EXPECT_TRUE(p.residents.empty());
  EXPECT_FALSE(p.any_live_gates);
  EXPECT_EQ(p.slot_of[fields_.find("message").value], 0) << "nobody asks any more";
}

TEST_F(PlanTest, WhatConstantsDecideIsNotAskedAgain) {
  const Plan p = plan({"  a: {action: login, rare: x}\n  b: {repeat|exists: true}\n"
                       "  condition: a and not b\n"},
                      {{"action", "LOGIN"}, {"rare", "x"}});
  ASSERT_EQ(p.residents.size(), 1U);
  EXPECT_EQ(p.residents[0].formula.size(), 2U) << "not repeat";
  EXPECT_NE(p.slot_of[fields_.find("repeat").value], 0);
}

TEST_F(PlanTest, AKeywordInAConstantIsInEveryEvent) {
  const Plan p =
      plan({"  a: [login]\n  b: [other]\n  condition: a and not b\n"}, {{"action", "user-LOGIN"}});
  ASSERT_EQ(p.residents.size(), 1U);
  EXPECT_EQ(p.residents[0].formula.size(), 2U) << "not other, which the event may hold";
}

TEST_F(PlanTest, ARuleThatConstantsMeetIsMetByEveryEvent) {
  const Plan p = plan({"  a: {action: login}\n  condition: a\n"}, {{"action", "login"}});
  ASSERT_EQ(p.residents.size(), 1U);
  EXPECT_EQ(p.residents[0].formula, (Formula{{Node::Kind::truth, 1}}));
}

TEST_F(PlanTest, AValueBesideAConstantIsAClash) {
  const Plan p = plan({failed_login}, {{"action", "logout"}});
  EXPECT_EQ(p.slot_of[fields_.find("action").value], Plan::clash);
  EXPECT_TRUE(p.any_clash);
  EXPECT_FALSE(p.is_idle()) << "own fields must be looked over for a clash";
}

TEST_F(PlanTest, AShapeThatNoRuleAsksAboutIsIdle) {
  EXPECT_TRUE(plan({failed_login}, {}).any_live_gates);
  EXPECT_TRUE(plan({}, {{"action", "login"}}).is_idle());
}

TEST_F(PlanTest, ScansWaitForWhatAllTheirRulesShare) {
  const Plan p = plan({"  a: {process: sshd, m|contains: aaaaaaaa}\n  condition: a\n",
                       "  a: {process: sshd, m|contains: bbbbbbbb}\n  condition: a\n",
                       "  a: {process: sshd, m|contains: cccccccc}\n  condition: a\n",
                       "  a: {process: sshd, m|contains: dddddddd}\n  condition: a\n",
                       "  a: {process: sshd, m|contains: eeeeeeee}\n  condition: a\n",
                       "  a: {process: sshd, m|contains: ffffffff}\n  condition: a\n"},
                      {});
  const std::uint16_t slot = p.slot_of[fields_.find("m").value];
  ASSERT_EQ(p.guards[slot].size(), 1U);
  EXPECT_EQ(p.program->asked()[p.guards[slot][0]].predicate->text, "sshd");
}

TEST_F(PlanTest, NullAndRegexConstantsAreDecided) {
  const Plan p =
      plan({"  a: {action|re: '^log.n$'}\n  b: {action: null}\n  condition: a and not b\n"},
           {{"action", "login"}});
  ASSERT_EQ(p.residents.size(), 1U);
  EXPECT_EQ(p.residents[0].formula, (Formula{{Node::Kind::truth, 1}}));
}

}  // namespace
}  // namespace tocsin::rules
