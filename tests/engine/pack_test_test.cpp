#include "engine/pack_test.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

TEST(PackTestTest, EveryExampleOfTheDefaultPacksHolds) {
  const auto results = run_pack_tests(default_setup(), [](const rules::Rule&) { return true; });
  EXPECT_GT(results.size(), 20U);
  for (const PackTestResult& result : results) {
    for (const std::string& failure : result.failures)
      ADD_FAILURE() << result.title << ", " << result.name << ": " << failure;
  }
}

TEST(PackTestTest, AWrongExpectationIsAFailureWithItsPlace) {
  engine::Setup setup;
  setup.packs.decoders = default_setup().packs.decoders;
  setup.packs.rules.push_back({"wrong.yml", R"(title: A word
id: 11111111-2222-4333-8444-555555555555
logsource: {product: linux}
detection:
  selection:
    message|contains: Failed
  condition: selection
level: low
tocsin:
  tests:
    - name: right
      lines:
        - 'Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from 192.0.2.7 port 50022 ssh2'
      year: 2026
      matches: 1
    - name: wrong
      lines:
        - 'Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from 192.0.2.7 port 50022 ssh2'
      year: 2026
      matches: 2
      match: false
)"});
  BuiltPipeline built = build_pipeline(setup.packs);
  ASSERT_TRUE(built.errors.empty()) << base::to_string(built.errors.front());
  setup.pipeline = built.pipeline;
  const auto results = run_pack_tests(setup, [](const rules::Rule&) { return true; });
  ASSERT_EQ(results.size(), 2U);
  EXPECT_TRUE(results[0].failures.empty());
  EXPECT_EQ(results[1].failures,
            (std::vector<std::string>{"1 events met the rule", "2 matches expected, 1 counted"}));
  EXPECT_EQ(results[1].origin.name, "wrong.yml");
  EXPECT_TRUE(run_pack_tests(setup, [](const rules::Rule&) { return false; }).empty());
}

}  // namespace
}  // namespace tocsin::engine
