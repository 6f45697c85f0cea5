#include "rules/evaluator.hpp"

#include <gtest/gtest.h>

#include "rules/compiled.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::rules {
namespace {

class EvaluatorTest : public ::testing::Test {
 protected:
  void load(std::initializer_list<const char*> detections) {
    base::SourceText source{"e.yml", ""};
    int number = 0;
    for (const char* detection : detections) {
      source.text += "---\ntitle: t\nid: 00000000-0000-0000-0000-00000000000" +
                     std::to_string(number++) + "\nlogsource: {product: p}\ndetection:\n" +
                     detection;
    }
    auto loaded = RuleSet::load({&source, 1}, fields_);
    EXPECT_TRUE(loaded.errors.empty());
    rules_ = loaded.rules;
    const event::Logsource logsource{"", "p", ""};
    plan_ = general_plan(rules_->compiled().program_for({&logsource, 1}), fields_.size());
    evaluator_.prepare(*plan_.program);
  }
  std::vector<std::uint32_t> met(std::vector<std::pair<const char*, std::string_view>> values,
                                 std::string_view raw = "",
                                 std::optional<base::EventTime> time = std::nullopt) {
    std::vector<event::Field> own;
    for (const auto& [name, value] : values) own.emplace_back(fields_.find(name), value);
    std::vector<event::RuleIndex> out;
    EXPECT_TRUE(evaluator_.evaluate(plan_, 0, {own, {}, raw, time}, out));
    std::vector<std::uint32_t> rules;
    for (const event::RuleIndex rule : out) rules.push_back(rule.value);
    return rules;
  }

  event::FieldTable fields_;
  std::shared_ptr<const RuleSet> rules_;
  Plan plan_;
  Evaluator evaluator_;
};
using Rules = std::vector<std::uint32_t>;

TEST_F(EvaluatorTest, OpensRulesByLookUpsAndEvaluatesThem) {
  load({"  a: {f: x, g: y}\n  condition: a\n", "  a: {f|startswith: x}\n  condition: a\n",
        "  a: {f|contains: q, g|re: '^y+$'}\n  condition: a\n"});
  EXPECT_EQ(met({{"f", "x"}, {"g", "y"}}), (Rules{0, 1}));
  EXPECT_EQ(met({{"f", "xq"}, {"g", "yyy"}}), (Rules{1, 2}));
  EXPECT_EQ(met({{"g", "y"}}), Rules{});
}

TEST_F(EvaluatorTest, AnswersTheSameFromTheCache) {
  load({"  a: {f|contains: needle}\n  condition: a\n", "  a: {f|re: n.*l}\n  condition: a\n"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(met({{"f", "a needle"}}), (Rules{0, 1}));
    EXPECT_EQ(met({{"f", "a nail"}}), (Rules{1}));
    EXPECT_EQ(met({{"f", "hay"}}), Rules{});
  }
}

TEST_F(EvaluatorTest, HitsCountInTheirOwnFieldOnly) {
  load({"  a: {f|contains: ab}\n  condition: a\n", "  a: {g|contains: ab}\n  condition: a\n"});
  EXPECT_EQ(met({{"f", "a"}, {"g", "b"}}), Rules{}) << "not across the border of two values";
  EXPECT_EQ(met({{"f", "x"}, {"g", "ab"}}), Rules{1});
  EXPECT_EQ(met({{"f", "a"}, {"f", "b"}, {"f", "ab"}, {"g", "AB"}}), (Rules{0, 1}));
}

TEST_F(EvaluatorTest, ManyHitsInOneValueAreNotRemembered) {
  base::SourceText source{"m.yml", ""};
  for (int i = 0; i < 12; ++i) {
    source.text += "---\ntitle: t" + std::to_string(i) +
                   "\nlogsource: {product: p}\ndetection:\n  a: {f|contains: word" +
                   std::to_string(i) + "x}\n  condition: a\n";
  }
  rules_ = RuleSet::load({&source, 1}, fields_).rules;
  const event::Logsource logsource{"", "p", ""};
  plan_ = general_plan(rules_->compiled().program_for({&logsource, 1}), fields_.size());
  evaluator_.prepare(*plan_.program);
  std::string all;
  for (int i = 0; i < 12; ++i) all += "word" + std::to_string(i) + "x";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(met({{"f", all}}).size(), 12U);
}

TEST_F(EvaluatorTest, AListHoldsWhereOneOfItDoes) {
  load({"  a: {f|endswith: [one, two, three, four]}\n  b: {g: x}\n  condition: a and not b\n",
        "  a: {f|contains: [eno, owt, eerht, ruof]}\n  b: {g: x}\n  condition: a and not b\n",
        "  a: {h: y}\n  b: {f|endswith: [one, two, three, four]}\n  condition: a and not b\n"});
  EXPECT_EQ(met({{"f", "twenty-three"}}), Rules{0});
  EXPECT_EQ(met({{"f", "no"}, {"f", "FOUR"}}), Rules{0}) << "of any value";
  EXPECT_EQ(met({{"f", "four"}, {"g", "x"}}), Rules{});
  EXPECT_EQ(met({{"f", "ruof eno"}}), Rules{1});
  EXPECT_EQ(met({{"h", "y"}}), Rules{2}) << "no value, so that nothing was looked up";
  EXPECT_EQ(met({{"h", "y"}, {"f", "five"}}), Rules{2});
  EXPECT_EQ(met({{"h", "y"}, {"f", "ruof-four"}}), (Rules{0, 1}));
}

TEST_F(EvaluatorTest, AListBehindAGuardIsAskedWhereItWasNotScanned) {
  load({"  a: {f|contains: [one, two, three, four], g|exists: true}\n  condition: a\n",
        "  a: {h: y}\n  b: {f|contains: [one, two, three, four]}\n  condition: a and b\n"});
  EXPECT_EQ(met({{"f", "-two-"}, {"h", "y"}}), Rules{1});
  EXPECT_EQ(met({{"f", "-two-"}, {"g", "key"}, {"h", "y"}}), (Rules{0, 1}));
  EXPECT_EQ(met({{"f", "-five-"}, {"g", "key"}, {"h", "y"}}), Rules{});
}

TEST_F(EvaluatorTest, KeywordsAreSoughtInTheFrameWhereItHoldsTheValues) {
  const auto keywords_met = [&](std::string_view value, std::string_view raw, bool in_frame,
                                bool raw_is_frame) {
    std::vector<event::Field> own{event::Field(fields_.find("f"), value)};
    own[0].in_frame = in_frame;
    std::vector<event::RuleIndex> out;
    EXPECT_TRUE(evaluator_.evaluate(plan_, 0, {own, {}, raw, std::nullopt, raw_is_frame}, out));
    return out.size();
  };
  load({"  a: [word, '\\leaf']\n  condition: a\n", "  a: {f: never}\n  condition: a\n"});
  EXPECT_EQ(keywords_met("a word", "", false, true), 1U);
  EXPECT_EQ(keywords_met("a word", "\"a word\"", true, true), 1U);
  EXPECT_EQ(keywords_met("c:\\leaf", "\"c:\\\\leaf\"", true, true), 1U);
  EXPECT_EQ(keywords_met("a word", "", true, false), 1U) << "another text than the frame";
  EXPECT_EQ(keywords_met("a word", "", true, true), 0U) << "the value is not looked at";
  load({"  a: [word, 'c:\\leaf']\n  condition: a\n", "  a: {f: never}\n  condition: a\n"});
  EXPECT_EQ(keywords_met("c:\\leaf", "\"c:\\\\leaf\"", true, true), 1U)
      << "an escape within hides the keyword in the frame";
}

TEST_F(EvaluatorTest, ShowsTheTimeOfTheEvent) {
  load({"  a: {'@timestamp|hour|gte': 22}\n  condition: a\n",
        "  a: {'@timestamp|startswith': '2026-11-22T23'}\n  condition: a\n"});
  const base::EventTime late(base::days_from_civil(2026, 11, 22) * 86'400 * base::ns_per_second +
                             23 * 3600 * base::ns_per_second);
  EXPECT_EQ(met({}, "", late), (Rules{0, 1}));
  EXPECT_EQ(met({}, "", base::EventTime(-1)), Rules{0}) << "1969-12-31T23:59:59.999999999Z";
  EXPECT_EQ(met({}, "", base::EventTime(0)), Rules{});
  EXPECT_EQ(met({}), Rules{}) << "a time that is not known yet";
  EXPECT_EQ(met({{"@timestamp", "2026-11-22 10:00"}}, "", late), Rules{})
      << "a field of that name goes before";
}

TEST_F(EvaluatorTest, SurvivesLongValues) {
  load({"  a: {f|contains: needle}\n  condition: a\n", "  a: {f|endswith: z}\n  condition: a\n"});
  const std::string hay(1 << 20, 'n');
  EXPECT_EQ(met({{"f", hay}}), Rules{});
  EXPECT_EQ(met({{"f", hay + "needlez"}}), (Rules{0, 1}));
}

}  // namespace
}  // namespace tocsin::rules
