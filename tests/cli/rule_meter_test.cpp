#include "cli/rule_meter.hpp"

#include "cli/setup.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* log =
    "Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2\n"
    "Nov 20 22:40:02 web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2\n"
    "Nov 20 22:40:03 web01 sshd[811]: Accepted password for bob from 203.0.113.7 port 50022 ssh2\n";

TEST(RuleMeterTest, CountsHitsOfWholeFilesAndTimesEachRuleFile) {
  const OwnPacks packs;
  const TemporaryFolder folder;
  const LoadedSetup loaded = load_setup({}, {});
  ASSERT_TRUE(loaded.setup.pipeline);
  const rules::RuleSet& rules = *loaded.setup.pipeline->rules;
  const event::RuleIndex failed = rules.find("ssh_failed_password").value();
  engine::FileFeedOptions options;
  options.paths = {folder.write("auth.log", log)};
  options.year = 2026;
  options.sequential = true;
  const std::vector<std::string> files{rules[failed].origin.name};
  const Measured measured = measure_rules(loaded.setup, options, files);
  EXPECT_EQ(measured.events, 3U);
  EXPECT_EQ(measured.sample, 3U);
  ASSERT_EQ(measured.hits.size(), rules.size());
  EXPECT_EQ(measured.hits[failed.value], 2U);
  // What a pattern's constants decide needs no condition, and a rule of Windows is never asked.
  ASSERT_EQ(measured.evaluations.size(), rules.size());
  EXPECT_LE(measured.evaluations[failed.value], 3U);
  std::uint64_t evaluated = 0;
  for (const rules::Rule& rule : rules.rules()) {
    const std::uint64_t count =
        measured.evaluations[static_cast<std::size_t>(&rule - rules.rules().data())];
    evaluated += count;
    if (rule.logsource.product == "windows") {
      EXPECT_EQ(count, 0U) << rule.title;
    }
  }
  EXPECT_GT(evaluated, 0U);
  ASSERT_EQ(measured.ns_per_event.size(), 1U);
  EXPECT_GT(measured.ns_per_event.begin()->second, 0);
  EXPECT_TRUE(measured.errors.empty());
}

TEST(RuleMeterTest, AFileThatIsNotThereIsAnError) {
  const OwnPacks packs;
  const LoadedSetup loaded = load_setup({}, {});
  engine::FileFeedOptions options;
  options.paths = {"/nowhere/none.log"};
  options.sequential = true;
  const Measured measured = measure_rules(loaded.setup, options, {});
  EXPECT_EQ(measured.errors.size(), 1U);
  EXPECT_EQ(measured.events, 0U);
}

}  // namespace
}  // namespace tocsin::cli
