#include "correlate/plan.hpp"

#include <gtest/gtest.h>

#include "correlate/options.hpp"

namespace tocsin::correlate {
namespace {

constexpr const char* rules_text = R"(
title: Failed
id: a0000000-0000-4000-8000-000000000000
name: a-failed
logsource: {product: linux}
level: low
detection: {selection: {x: failed}, condition: selection}
---
title: Root
id: b0000000-0000-4000-8000-000000000000
name: b-root
author: somebody
tags: [attack.t1110]
logsource: {product: linux}
level: high
detection: {selection: {x: root}, condition: selection}
---
title: Burst
id: c0000000-0000-4000-8000-000000000000
name: c-burst
level: medium
correlation:
  type: event_count
  rules: a-failed
  group-by: [user.name, host.name]
  timespan: 10m
  condition: {gte: 5, lt: 9}
---
title: Burst then root
id: d0000000-0000-4000-8000-000000000000
name: d-both
level: critical
correlation:
  type: temporal_ordered
  rules: [c-burst, a-failed]
  group-by: [who]
  aliases: {who: {c-burst: host.name, a-failed: source.ip}}
  timespan: 1h
)";

TEST(PlanTest, CorrelationsAndRulesThatAlertBecomeSpecs) {
  event::FieldTable fields;
  const std::vector<base::SourceText> sources = {{"rules.yml", rules_text}};
  const auto loaded = rules::RuleSet::load(sources, fields);
  for (const base::Error& error : loaded.errors) ADD_FAILURE() << base::to_string(error);
  const auto specs = plan(*loaded.rules);
  ASSERT_TRUE(specs) << base::to_string(specs.error());
  ASSERT_EQ(specs->size(), 3U);

  const CorrelationSpec& root = (*specs)[0];
  EXPECT_EQ(root.id, "b0000000-0000-4000-8000-000000000000");
  EXPECT_EQ(root.level, "high");
  EXPECT_EQ(root.author, "somebody");
  EXPECT_TRUE(root.group_optional);
  EXPECT_EQ(root.at_least, 1U);
  EXPECT_EQ(root.judging, Judging::last_n);
  EXPECT_EQ(root.timespan, Options().alert_timespan.count());
  EXPECT_TRUE(root.timespan_by_option);
  EXPECT_EQ(root.group_names, (std::vector<std::string>{"host.name", "user.name", "source.ip"}));

  const CorrelationSpec& burst = (*specs)[1];
  EXPECT_EQ(burst.id, "c0000000-0000-4000-8000-000000000000");
  EXPECT_FALSE(burst.alerts);  // referred to without generate
  EXPECT_EQ(burst.at_least, 5U);
  EXPECT_EQ(burst.at_most, 8U);
  EXPECT_TRUE(burst.deferred);
  EXPECT_EQ(burst.inputs.at(0).group,
            (std::vector{event::field::user_name, event::field::host_name}));

  const CorrelationSpec& both = (*specs)[2];
  EXPECT_EQ(both.type, CorrelationType::temporal_ordered);
  EXPECT_TRUE(both.alerts);
  ASSERT_EQ(both.inputs.size(), 2U);
  EXPECT_EQ(both.inputs[0].inner, 1U);
  EXPECT_EQ(both.inputs[0].inner_group, (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(both.inputs[1].group, std::vector{event::field::source_ip});
  EXPECT_NE(both.content, burst.content);
}

}  // namespace
}  // namespace tocsin::correlate
