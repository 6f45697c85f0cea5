#include "engine/warming_rules.hpp"

#include <gtest/gtest.h>

#include "correlate/watermark.hpp"
#include "tests/event/state_map.hpp"

namespace tocsin::engine {
namespace {

correlate::CorrelationSpec counting(std::uint32_t rule, std::uint64_t at_least,
                                    std::int64_t timespan) {
  correlate::CorrelationSpec spec;
  spec.rule = event::RuleIndex(rule);
  spec.content = base::sha256(std::to_string(rule));
  spec.at_least = at_least;
  spec.timespan = timespan;
  spec.inputs.emplace_back();
  return spec;
}

std::vector<std::uint32_t> rules_of(const WarmingRules& warming) {
  std::vector<std::uint32_t> rules;
  for (const WarmingRules::Row& row : warming.rows()) rules.push_back(row.rule.value);
  return rules;
}

using Rules = std::vector<std::uint32_t>;
const std::vector<correlate::CorrelationSpec> specs = {counting(4, 5, 100), counting(2, 2, 1000),
                                                       counting(3, 1, 5000)};

TEST(WarmingRules, ANewLogIsTooShortForAllThatLookBack) {
  WarmingRules warming(specs);
  EXPECT_TRUE(warming.rows().empty());
  warming.begin_log();
  EXPECT_EQ(rules_of(warming), (Rules{2, 4}));
  warming.advance(correlate::Watermark::never);
  EXPECT_FALSE(warming.rows()[0].until);
  warming.advance(50);
  EXPECT_EQ(warming.rows()[0].until, 1050);
  warming.advance(149);
  EXPECT_EQ(rules_of(warming), (Rules{2, 4}));
  warming.advance(150);
  EXPECT_EQ(rules_of(warming), Rules{2});
  warming.advance(1050);
  EXPECT_TRUE(warming.rows().empty());
}

TEST(WarmingRules, ItGoesOnBehindACheckpoint) {
  event::StateMap state;
  WarmingRules before(specs);
  before.begin_log();
  before.advance(50);
  before.save_changes(state);
  EXPECT_EQ(state.values.size(), 2U);
  before.advance(150);
  before.save_changes(state);
  EXPECT_EQ(state.values.size(), 1U);
  WarmingRules::put(specs[0].content, 300, 100, state);
  WarmingRules::put(base::sha256("gone"), std::nullopt, 100, state);
  WarmingRules behind(specs);
  for (const auto& [key, value] : state.values) ASSERT_TRUE(behind.load(key, value));
  EXPECT_EQ(rules_of(behind), (Rules{2, 4}));
  EXPECT_EQ(behind.rows()[1].until, 400);
  behind.save_changes(state);
  EXPECT_EQ(state.values.size(), 2U) << "what nobody knows is removed";
  EXPECT_FALSE(behind.load(state.values.begin()->first, "soon"));
}

}  // namespace
}  // namespace tocsin::engine
