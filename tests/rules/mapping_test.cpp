#include "rules/mapping.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tocsin::rules {
namespace {

class MappingTest : public ::testing::Test {
 protected:
  void read(const std::string& text) {
    errors_.clear();
    const base::SourceText source{"m.yaml", text};
    mappings_ = read_mappings({&source, 1}, errors_);
  }
  // The one error of a pack with this transformation.
  std::string fault_of(const std::string& transformation) {
    read("name: n\ntransformations:\n  - " + transformation + "\n");
    EXPECT_EQ(errors_.size(), 1U) << transformation;
    EXPECT_TRUE(mappings_.packs.empty());
    if (errors_.empty()) return "";
    return errors_[0].code + " " + std::to_string(errors_[0].origin.line) + ":" +
           std::to_string(errors_[0].origin.column);
  }

  Mappings mappings_;
  base::Errors errors_;
};

TEST_F(MappingTest, ReadsAPipelineOfPySigma) {
  read(R"(
name: audit
priority: 20
transformations:
  - id: fields
    type: field_name_mapping
    mapping:
      Image: NewProcessName
      User: [SubjectUserName, TargetUserName]
    rule_conditions:
      - {type: logsource, category: process_creation, product: windows}
    field_name_conditions:
      - {type: exclude_fields, fields: [Hashes]}
  - {id: source, type: change_logsource, product: windows, service: security}
  - {id: id, type: add_condition, conditions: {EventID: 4688}, negated: true}
  - {type: replace_string, regex: '^HKLM', replacement: '\\1'}
  - {type: set_state, key: a, val: b}
entity:
  - {logsource: {product: windows}, fields: [host.name, User], timespan: 10m}
tests:
  - {name: t, rule: 'title: x', lines: [a, b], match: false}
)");
  ASSERT_TRUE(errors_.empty()) << base::to_string(errors_[0]);
  ASSERT_EQ(mappings_.packs.size(), 1U);
  const MappingPack& pack = mappings_.packs[0];
  EXPECT_EQ(pack.name, "audit");
  EXPECT_EQ(pack.priority, 20);
  ASSERT_EQ(pack.transformations.size(), 5U);
  const Transformation& fields = pack.transformations[0];
  EXPECT_EQ(fields.map[1].second, (std::vector<std::string>{"SubjectUserName", "TargetUserName"}));
  EXPECT_EQ(fields.rule_conditions[0].logsource.category, "process_creation");
  EXPECT_TRUE(fields.field_conditions[0].excludes);
  EXPECT_EQ(pack.transformations[1].logsource.service, "security");
  EXPECT_TRUE(pack.transformations[2].negated);
  EXPECT_EQ(pack.transformations[2].addition.items.size(), 1U);
  EXPECT_EQ(pack.entities[0].timespan, std::chrono::minutes(10));
  EXPECT_FALSE(pack.tests[0].match);
  EXPECT_EQ(pack.tests[0].lines.size(), 2U);
}

TEST_F(MappingTest, SaysWhatItCannotReadAndWhere) {
  EXPECT_EQ(fault_of("{type: field_name_maping, mapping: {a: b}}"), "rules-91 3:12");
  EXPECT_NE(errors_[0].sentence.find("did you mean `field_name_mapping`"), std::string::npos);
  EXPECT_EQ(fault_of("{type: field_name_mapping}"), "rules-90 3:5");
  EXPECT_EQ(fault_of("{type: field_name_mapping, mapping: {}}"), "rules-93 3:41");
  EXPECT_EQ(fault_of("{type: field_name_mapping, mapping: {a: b}, maping: 1}"), "rules-4 3:49");
  EXPECT_EQ(fault_of("{type: change_logsource}"), "rules-90 3:5");
  EXPECT_EQ(fault_of("{type: replace_string, regex: '(', replacement: ''}"), "rules-93 3:35");
  EXPECT_EQ(fault_of("{type: rule_failure, rule_conditions: [{type: moon}]}"), "rules-92 3:51");
  EXPECT_EQ(fault_of("{type: add_condition, conditions: 5}"), "rules-93 3:39");
  read("- a\n");
  EXPECT_EQ(errors_.at(0).code, "rules-90");
  read("name: [\n");
  EXPECT_EQ(errors_.at(0).code, "base-1");
}

TEST_F(MappingTest, OnePackWithAMistakeDoesNotTakeTheOthersWithIt) {
  read("name: bad\nnonsense: 1\n---\nname: good\n");
  EXPECT_EQ(errors_.size(), 1U);
  ASSERT_EQ(mappings_.packs.size(), 1U);
  EXPECT_EQ(mappings_.packs[0].name, "good");
}

TEST_F(MappingTest, PacksComeByPriority) {
  read("name: b\npriority: 2\n---\nname: a\npriority: 1\n---\nname: c\npriority: 2\n");
  ASSERT_EQ(mappings_.packs.size(), 3U);
  EXPECT_EQ(mappings_.packs[0].name, "a");
  EXPECT_EQ(mappings_.packs[1].name, "b");
}

TEST_F(MappingTest, TheEntityThatStatesMostOfALogSourceCounts) {
  read(R"(name: e
entity:
  - {fields: [any]}
  - {logsource: {product: windows}, fields: [w]}
  - {logsource: {product: windows, service: security}, fields: [s]}
)");
  EXPECT_EQ(mappings_.entity_of({"", "windows", "security"})->fields[0], "s");
  EXPECT_EQ(mappings_.entity_of({"process_creation", "windows", ""})->fields[0], "w");
  EXPECT_EQ(mappings_.entity_of({"webserver", "", ""})->fields[0], "any");
  EXPECT_EQ(Mappings().entity_of({"webserver", "", ""}), nullptr);
}

}  // namespace
}  // namespace tocsin::rules
