#include "rules/variant.hpp"

#include <gtest/gtest.h>

#include "event/field.hpp"
#include "rules/matcher.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::rules {
namespace {

constexpr const char* head =
    "title: r\nname: r\nlogsource: {category: c, product: p}\ndetection:\n";

// One rule and one pack, and events held against both.
class VariantTest : public ::testing::Test {
 protected:
  // `transformations`: entries of the list, each a line of its own.
  void load(const std::string& detection, const std::vector<std::string>& transformations,
            const std::string& more = "") {
    const base::SourceText rule{"r.yml", head + detection + more};
    std::string text = "name: n\ntransformations:\n";
    for (const std::string& one : transformations) text += "  - " + one + "\n";
    const base::SourceText pack{"m.yaml", text};
    loaded_ = RuleSet::load({&rule, 1}, fields_, {}, {}, nullptr, {&pack, 1});
    for (const base::Error& error : loaded_.errors) ADD_FAILURE() << base::to_string(error);
  }

  using Values = std::vector<std::pair<std::string, std::string>>;
  bool meets(const event::Logsource& logsource, const Values& values) {
    event::LogsourceTable logsources;
    event::Batch batch;
    event::Event event;
    event.logsource = logsources.intern({logsource});
    for (const auto& [name, value] : values)
      batch.fields.emplace_back(fields_.intern(name), batch.arena.copy(value));
    event.field_count = static_cast<std::uint16_t>(batch.fields.size());
    batch.events.push_back(event);
    Matcher(loaded_.rules, logsources, fields_).match(batch);
    EXPECT_LE(batch.detections.size(), 1U) << "a rule and its variant are one detection";
    return !batch.detections.empty();
  }

  const event::Logsource own_{"c", "p", ""}, other_{"", "p", "s"};
  const std::string to_other_ = "{type: change_logsource, product: p, service: s}";
  event::FieldTable fields_;
  RuleSet::Loaded loaded_;
};

TEST_F(VariantTest, ARuleIsMetUnderBothNamesEachInItsOwnLogSource) {
  load("  s: {a: x}\n  condition: s\n", {"{type: field_name_mapping, mapping: {a: b}}", to_other_});
  EXPECT_TRUE(meets(own_, {{"a", "x"}}));
  EXPECT_FALSE(meets(own_, {{"b", "x"}}));
  EXPECT_TRUE(meets(other_, {{"b", "x"}}));
  EXPECT_FALSE(meets(other_, {{"a", "x"}}));
}

TEST_F(VariantTest, WithoutAChangeOfLogSourceBothAreTriedAndCountOnce) {
  load("  s: {a: x}\n  condition: s\n", {"{type: field_name_mapping, mapping: {a: b}}"});
  EXPECT_TRUE(meets(own_, {{"a", "x"}}));
  EXPECT_TRUE(meets(own_, {{"b", "x"}}));
  EXPECT_TRUE(meets(own_, {{"a", "x"}, {"b", "x"}}));
}

TEST_F(VariantTest, ConditionsChooseTheRules) {
  load("  s: {a: x}\n  condition: s\n",
       {"{type: field_name_mapping, mapping: {a: b}, rule_conditions: [{type: logsource, product: "
        "q}]}",
        "{type: change_logsource, product: p, service: s, rule_conditions: [{type: logsource, "
        "product: q}]}"});
  EXPECT_FALSE(meets(other_, {{"b", "x"}}));
  load("  s: {a: x}\n  condition: s\n",
       {"{type: change_logsource, product: p, service: s, rule_cond_op: or, rule_conditions: "
        "[{type: logsource, product: q}, {type: contains_field, field: a}]}"});
  EXPECT_TRUE(meets(other_, {{"a", "x"}}));
}

TEST_F(VariantTest, SeveralNamesMeanAnyOfThem) {
  load("  s: {a|contains|all: [x, y]}\n  condition: s\n",
       {"{type: field_name_mapping, mapping: {a: [b, c]}}", to_other_});
  EXPECT_TRUE(meets(other_, {{"b", "xy"}}));
  EXPECT_TRUE(meets(other_, {{"c", "yx"}}));
  EXPECT_FALSE(meets(other_, {{"b", "x"}, {"c", "y"}}));
  load("  s: {a|neq: x, d: y}\n  condition: s\n",
       {"{type: field_name_mapping, mapping: {a: [b, c]}}", to_other_});
  EXPECT_TRUE(meets(other_, {{"b", "z"}, {"c", "z"}, {"d", "y"}}));
  EXPECT_FALSE(meets(other_, {{"b", "x"}, {"c", "z"}, {"d", "y"}}));
}

TEST_F(VariantTest, AConditionIsAdded) {
  load("  s: {a: x}\n  t: {a: y}\n  condition: s or t\n",
       {"{type: add_condition, conditions: {id: 5}}", to_other_});
  EXPECT_TRUE(meets(other_, {{"a", "x"}, {"id", "5"}}));
  EXPECT_FALSE(meets(other_, {{"a", "y"}, {"id", "6"}}));
  EXPECT_TRUE(meets(own_, {{"a", "y"}}));
  load("  s: {a: x}\n  condition: s\n",
       {"{type: add_condition, conditions: {id: 5}, negated: true}", to_other_});
  EXPECT_FALSE(meets(other_, {{"a", "x"}, {"id", "5"}}));
  EXPECT_TRUE(meets(other_, {{"a", "x"}, {"id", "6"}}));
}

TEST_F(VariantTest, ValuesAreMapped) {
  load("  s: {level: [High, Low]}\n  condition: s\n",
       {"{type: map_string, mapping: {High: [S-1, S-2]}, field_name_conditions: [{type: "
        "include_fields, fields: [level]}]}",
        to_other_});
  EXPECT_TRUE(meets(other_, {{"level", "S-2"}}));
  EXPECT_TRUE(meets(other_, {{"level", "Low"}}));
  EXPECT_FALSE(meets(other_, {{"level", "High"}}));
  load("  s: {key|startswith: 'HKLM\\x'}\n  condition: s\n",
       {R"({type: replace_string, regex: '^HKLM\\\\', replacement: '\\\\REGISTRY\\\\MACHINE\\\\'})",
        to_other_});
  EXPECT_TRUE(meets(other_, {{"key", "\\REGISTRY\\MACHINE\\x\\y"}}));
  EXPECT_FALSE(meets(other_, {{"key", "HKLM\\x\\y"}}));
}

TEST_F(VariantTest, PrefixesAndSuffixes) {
  load("  s: {win.a: x}\n  condition: s\n",
       {"{type: field_name_prefix_mapping, mapping: {win.: e.}}", to_other_});
  EXPECT_TRUE(meets(other_, {{"e.a", "x"}}));
  load("  s: {a: x}\n  condition: s\n", {"{type: field_name_prefix, prefix: e.}",
                                         "{type: field_name_suffix, suffix: .k}", to_other_});
  EXPECT_TRUE(meets(other_, {{"e.a.k", "x"}}));
}

TEST_F(VariantTest, APackMaySayThatItHasNothingForARule) {
  const std::string failure =
      "{type: detection_item_failure, field_name_conditions: [{type: include_fields, fields: "
      "[a]}]}";
  load("  s: {a: x}\n  condition: s\n", {failure, to_other_});
  EXPECT_FALSE(meets(other_, {{"a", "x"}}));
  EXPECT_TRUE(meets(own_, {{"a", "x"}}));
  load("  s: {b: x}\n  condition: s\n", {failure, to_other_});
  EXPECT_TRUE(meets(other_, {{"b", "x"}}));
  load("  s: {b: x}\n  condition: s\n", {"{type: rule_failure, message: no}", to_other_});
  EXPECT_FALSE(meets(other_, {{"b", "x"}}));
}

TEST_F(VariantTest, ItemsAreDroppedButNeverAWholeSelection) {
  const std::string drop =
      "{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [b]}]}";
  load("  s: {a: x, b: y}\n  condition: s\n", {drop, to_other_});
  EXPECT_TRUE(meets(other_, {{"a", "x"}}));
  load("  s: {a: x}\n  t: {b: y}\n  condition: s and not t\n", {drop, to_other_});
  EXPECT_FALSE(meets(other_, {{"a", "x"}}));
}

TEST_F(VariantTest, FiltersOfTheRuleGoWithIt) {
  load("  s: {a: x}\n  condition: s\n", {"{type: field_name_mapping, mapping: {u: v}}", to_other_},
       "---\ntitle: f\nlogsource: {product: p}\nfilter: {rules: [r], f: {u: admin}, condition: not "
       "f}\n");
  EXPECT_TRUE(meets(other_, {{"a", "x"}, {"v", "eve"}}));
  EXPECT_FALSE(meets(other_, {{"a", "x"}, {"v", "admin"}}));
}

TEST_F(VariantTest, WhatAMappingDoesToARuleIsPartOfItsContent) {
  const auto content = [&] { return loaded_.rules->rules()[0].content; };
  const std::string rule = "  s: {a: x}\n  condition: s\n";
  load(rule, {"{type: field_name_mapping, mapping: {z: b}}"});
  const auto alone = content();
  load(rule, {"{type: field_name_mapping, mapping: {z: c}}"});
  EXPECT_EQ(content(), alone) << "a pack that says nothing of it";
  load(rule, {"{type: field_name_mapping, mapping: {a: b}}"});
  const auto mapped = content();
  EXPECT_NE(mapped, alone);
  load(rule, {"{type: field_name_mapping, mapping: {a: c}}"});
  EXPECT_NE(content(), mapped);
}

}  // namespace
}  // namespace tocsin::rules
