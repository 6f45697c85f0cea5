#include "cli/rule_choice.hpp"

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* pack =
    "title: Logs in\nid: AAAAAAAA-1111-4111-8111-111111111111\nname: logs_in\n"
    "logsource: {product: linux}\ndetection: {sel: {a: x}, condition: sel}\n"
    "---\n"
    "title: Logs in often\nid: bbbbbbbb-1111-4111-8111-111111111111\nname: logs_in_often\n"
    "correlation: {type: event_count, rules: [logs_in], timespan: 1m, condition: {gte: 2}}\n";

class RuleChoiceTest : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> meant(const std::string& word) const {
    std::vector<std::string> names;
    for (const event::RuleIndex rule : rules_meant(*rules_, word))
      names.push_back((*rules_)[rule].name);
    return names;
  }
  event::FieldTable fields_;
  std::shared_ptr<const rules::RuleSet> rules_ =
      rules::RuleSet::load(std::vector<base::SourceText>{{"pack.yml", pack}}, fields_).rules;
};

using Names = std::vector<std::string>;

TEST_F(RuleChoiceTest, ByIdInAnyCaseOrByName) {
  EXPECT_EQ(meant("logs_in"), Names{"logs_in"});
  EXPECT_EQ(meant("bbbbbbbb-1111-4111-8111-111111111111"), Names{"logs_in_often"});
  EXPECT_EQ(meant("BBBBBBBB-1111-4111-8111-111111111111"), Names{"logs_in_often"});
  EXPECT_EQ(meant("nobody"), Names{});
}

TEST_F(RuleChoiceTest, AFileMeansItsOutermostRules) {
  EXPECT_TRUE(names_a_file("pack.yml"));
  EXPECT_FALSE(names_a_file("logs_in"));
  EXPECT_EQ(meant("pack.yml"), Names{"logs_in_often"});
  EXPECT_EQ(meant("other.yml"), Names{});
}

TEST_F(RuleChoiceTest, AWordThatIsNearlyANameIsGuessed) {
  EXPECT_EQ(no_such_rule(*rules_, "logs_ni_often"),
            "no rule has the id or name `logs_ni_often`; did you mean logs_in_often?");
  EXPECT_EQ(no_such_rule(*rules_, "\x1b[31m"), "no rule has the id or name `\\x1b[31m`");
}

}  // namespace
}  // namespace tocsin::cli
