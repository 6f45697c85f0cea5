#include "rules/compiled.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/portions.hpp"

namespace tocsin::rules {
namespace {

class CompiledTest : public ::testing::Test {
 protected:
  void add(std::uint32_t rule, const event::Logsource& logsource) {
    Predicate predicate;
    predicate.field = event::FieldId(0);
    predicate.test = rules::Test::equal;
    predicate.text = "x";
    compiled_.add(event::RuleIndex(rule), logsource,
                  {{Node::Kind::predicate, compiled_.pool.add(predicate)}});
  }
  std::vector<std::uint32_t> rules_of(const std::vector<event::Logsource>& logsources) {
    std::vector<std::uint32_t> out;
    const auto program = compiled_.program_for(logsources);
    for (const Program::Rule& rule : program->rules()) {
      for (const event::RuleIndex index : program->indices(rule)) out.push_back(index.value);
    }
    std::ranges::sort(out);
    return out;
  }
  Compiled compiled_;
};
using Rules = std::vector<std::uint32_t>;

TEST_F(CompiledTest, C3TakesTheRulesThatCoverOneOfTheLogsources) {
  add(0, {"", "linux", ""});
  add(1, {"", "linux", "sshd"});
  add(2, {"process_creation", "", ""});
  add(3, {"process_creation", "linux", ""});
  EXPECT_EQ(rules_of({{"", "linux", "sshd"}}), (Rules{0, 1}));
  EXPECT_EQ(rules_of({{"", "linux", "cron"}}), (Rules{0}));
  EXPECT_EQ(rules_of({{"process_creation", "linux", ""}}), (Rules{0, 2, 3}));
  EXPECT_EQ(rules_of({{"process_creation", "windows", ""}, {"", "linux", "sshd"}}),
            (Rules{0, 1, 2}));
  EXPECT_EQ(rules_of({}), Rules{});
}

TEST_F(CompiledTest, TellsWhichRulesCoverALogsource) {
  add(0, {"", "linux", ""});
  add(1, {"", "windows", ""});
  add(1, {"", "linux", "sshd"});
  EXPECT_EQ(compiled_.covering({"", "linux", "sshd"}, 3), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(compiled_.covering({"", "linux", "cron"}, 3), (std::vector<bool>{true, false, false}));
}

TEST_F(CompiledTest, EqualKindsShareAProgram) {
  add(0, {"", "linux", ""});
  const event::Logsource sshd{"", "linux", "sshd"}, cron{"", "linux", "cron"}, other{"", "q", ""};
  EXPECT_EQ(compiled_.program_for({&sshd, 1}), compiled_.program_for({&cron, 1}));
  EXPECT_NE(compiled_.program_for({&sshd, 1}), compiled_.program_for({&other, 1}));
}

TEST_F(CompiledTest, ManyThreadsGetTheSameProgram) {
  add(0, {"", "linux", ""});
  add(1, {"", "q", ""});
  const event::Logsource linux{"", "linux", ""}, other{"", "q", ""};
  std::vector<const Program*> got(200);
  base::for_portions(got.size(), 1, [&](std::size_t first, std::size_t) {
    got[first] = compiled_.program_for({first % 2 == 0 ? &linux : &other, 1}).get();
  });
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], got[i % 2]);
  EXPECT_NE(got[0], got[1]);
}

}  // namespace
}  // namespace tocsin::rules
