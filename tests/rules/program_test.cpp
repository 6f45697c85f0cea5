#include "rules/program.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tocsin::rules {
namespace {

class ProgramTest : public ::testing::Test {
 protected:
  // Adds a rule; its gates are asked for after build().
  void add(const std::string& detection) {
    const base::SourceText source{"p.yml",
                                  "title: t\nlogsource: {product: p}\ndetection:\n" + detection};
    const Documents documents = read_documents({&source, 1});
    EXPECT_TRUE(documents.errors.empty()) << detection;
    formulas_.push_back(
        std::make_unique<Formula>(formula_of(*documents.rules.at(0).detection, pool_, fields_)));
  }
  void build(const FieldHints& hints = {}) {
    std::vector<Program::Source> sources;
    for (std::uint32_t i = 0; i < formulas_.size(); ++i)
      sources.push_back({event::RuleIndex(i), formulas_[i].get()});
    program_ = std::make_unique<Program>(sources, pool_, hints);
  }
  // Texts of the predicates that open a rule.
  std::vector<std::string> gates(std::uint32_t rule) {
    std::vector<std::string> out;
    for (const Program::Asked& asked : program_->asked()) {
      if (std::ranges::count(program_->opened_by(asked), rule) > 0)
        out.push_back(asked.predicate->text);
    }
    std::ranges::sort(out);
    return out;
  }

  PredicatePool pool_;
  event::FieldTable fields_;
  std::vector<std::unique_ptr<Formula>> formulas_;
  std::unique_ptr<Program> program_;
};
using Texts = std::vector<std::string>;

TEST_F(ProgramTest, ARareConditionIsTheGate) {
  for (const char* user : {"bob", "alice", "carol", "dave"})
    add("  a: {process: sshd, user: " + std::string(user) + "}\n  condition: a\n");
  build();
  EXPECT_EQ(gates(0), Texts{"bob"}) << "sshd is asked by all of them";
  EXPECT_EQ(gates(3), Texts{"dave"});
}

TEST_F(ProgramTest, WhatTheKindOfEventFixesIsTheLastResort) {
  add("  a: {event.action: requested, url|contains: [one, two, three, four]}\n  condition: a\n");
  add("  a: {event.action: requested, note: null}\n  condition: a\n");
  build();
  EXPECT_EQ(gates(0), Texts{"requested"});
  build({event::FieldTable::unknown, {fields_.find("event.action")}});
  EXPECT_EQ(gates(0), (Texts{"four", "one", "three", "two"}));
  EXPECT_EQ(gates(1), Texts{"requested"}) << "there is no other";
}

TEST_F(ProgramTest, AScanAnswersWhatIsNoGateToo) {
  add("  a: {f|contains: gate-of-a-rule}\n  condition: a\n");
  add("  a: {f|contains: answered, g: x}\n  condition: a\n");
  add("  a: {h|contains: never-scanned, g: y}\n  condition: a\n");
  build();
  EXPECT_EQ(gates(1), Texts{"x"});
  for (const Program::Asked& asked : program_->asked()) {
    const std::string& text = asked.predicate->text;
    EXPECT_EQ(asked.is_dear, text == "gate-of-a-rule" || text == "answered") << text;
  }
}

TEST_F(ProgramTest, AListIsAGateAsAWhole) {
  add("  a: {f: [x, y, z]}\n  b: {g|contains: q}\n  condition: a and not b\n");
  build();
  EXPECT_EQ(gates(0), (Texts{"x", "y", "z"}));
}

TEST_F(ProgramTest, MereNegationsAndNullsHaveNoGate) {
  add("  a: {f: x}\n  condition: not a\n");
  add("  a: {f: null}\n  condition: a\n");
  add("  a: {f: x, g: null}\n  condition: a\n");
  build();
  EXPECT_FALSE(program_->rules()[0].is_gated);
  EXPECT_FALSE(program_->rules()[1].is_gated);
  EXPECT_TRUE(program_->rules()[2].is_gated);
  EXPECT_EQ(gates(2), Texts{"x"});
}

TEST_F(ProgramTest, FieldsHaveSlotsAndKeywordsTheFirst) {
  add("  a: {f: x, g|contains: y}\n  condition: a\n");
  add("  a: [word]\n  condition: a\n");
  build();
  ASSERT_EQ(program_->slots().size(), 3U);
  EXPECT_TRUE(program_->slots()[0].scans_literals);
  EXPECT_EQ(fields_.name(program_->slots()[1].field), "f");
  EXPECT_FALSE(program_->slots()[1].exact.empty());
  EXPECT_NE(program_->slots()[0].literals, nullptr);
  EXPECT_EQ(program_->slots()[1].literals, nullptr);
  EXPECT_EQ(program_->slots()[2].literals, nullptr) << "no gate, so that nothing is scanned for it";
}

TEST_F(ProgramTest, OneLiteralServesSeveralPredicatesOfAField) {
  add("  a: {f|contains: secret}\n  condition: a\n");
  add("  a: {f|contains|cased: SECRET}\n  condition: a\n");
  build();
  EXPECT_EQ(program_->slots()[1].uses_of(0).size(), 2U);
}

TEST_F(ProgramTest, RulesThatAskTheSameAreOne) {
  add("  a: {f: x}\n  condition: a\n");
  add("  a: {f: y}\n  condition: a\n");
  add("  a: {f: X}\n  condition: a\n");
  build();
  ASSERT_EQ(program_->rules().size(), 2U);
  const auto indices = program_->indices(program_->rules()[0]);
  EXPECT_EQ(std::vector<event::RuleIndex>(indices.begin(), indices.end()),
            (std::vector<event::RuleIndex>{event::RuleIndex(0), event::RuleIndex(2)}));
}

TEST_F(ProgramTest, AListThatLookUpsAnswerIsMarked) {
  add("  a: {f: [a, b, c, d]}\n  b: {g|contains: [x, y]}\n  condition: a and not b\n");
  add("  a: {f: [a, e, i, o, u], h: 1}\n  b: {g|contains: z}\n  condition: not (not a or b)\n");
  add("  a: {f: [a, b], g: [k, l, m, n]}\n  condition: a\n");
  build();
  ASSERT_EQ(program_->lists().size(), 1U) << "not where few are, nor where they are no gates";
  EXPECT_EQ(fields_.name(program_->slots()[program_->lists()[0].slot].field), "f");
  EXPECT_FALSE(program_->lists()[0].has_dear);
  std::string members;
  for (const Program::Asked& asked : program_->asked()) {
    for (std::size_t i = 0; i < program_->lists_of(asked).size(); ++i)
      members += asked.predicate->text;
  }
  EXPECT_EQ(members, "abcd");
  for (std::size_t i = 0; i < program_->rules().size(); ++i) {
    const auto marked = program_->formula(program_->rules()[i]);
    EXPECT_EQ(marked[0].size(), marked.size());
    const std::vector<Known> open(program_->asked().size(), Known::open);
    EXPECT_EQ(simplified(marked, open).size(), formulas_[i]->size())
        << "but for its mark as it was";
  }
}

TEST_F(ProgramTest, AListThatAScanAnswersIsMarked) {
  add("  a: {f|contains: [one, two, three, four]}\n  condition: a\n");
  build();
  ASSERT_EQ(program_->lists().size(), 1U);
  EXPECT_TRUE(program_->lists()[0].has_dear);
}

TEST_F(ProgramTest, KnowsWhichKeywordsEscapesHide) {
  const auto outlast = [&](const char* keyword) {
    formulas_.clear();
    add("  a: ['" + std::string(keyword) + "']\n  condition: a\n");
    build();
    return program_->keywords_outlast_escapes();
  };
  EXPECT_TRUE(outlast("word and words"));
  EXPECT_TRUE(outlast("\\mimilib.dll")) << "an escape ends with what it stands for";
  EXPECT_TRUE(outlast("/x"));
  EXPECT_FALSE(outlast("a\\b"));
  EXPECT_FALSE(outlast("a/b"));
  EXPECT_FALSE(outlast("a\"b"));
  EXPECT_FALSE(outlast("two*parts"));
  formulas_.clear();
  add("  a: {f: x}\n  condition: a\n");
  add("  a:\n    '|re': 'x+'\n  condition: a\n");
  build();
  EXPECT_FALSE(program_->keywords_outlast_escapes());
}

TEST_F(ProgramTest, FindsTheSlotOfTheTime) {
  add("  a: {f: x, '@timestamp|hour': 5}\n  condition: a\n");
  std::vector<Program::Source> sources{{event::RuleIndex(0), formulas_[0].get()}};
  const Program program(sources, pool_, {fields_.find("@timestamp"), {}});
  EXPECT_EQ(program.slots()[program.time_slot()].field, fields_.find("@timestamp"));
  build();
  EXPECT_EQ(program_->time_slot(), 0U);
}

}  // namespace
}  // namespace tocsin::rules
