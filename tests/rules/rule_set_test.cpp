#include "rules/rule_set.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

class RuleSetTest : public ::testing::Test {
 protected:
  void load(const std::string& text) {
    const base::SourceText source{"r.yml", text};
    loaded_ = RuleSet::load({&source, 1}, fields_);
    for (const base::Error& error : loaded_.errors) ADD_FAILURE() << base::to_string(error);
  }
  const Rule& rule(const std::string& name) {
    const auto index = loaded_.rules->find(name);
    EXPECT_TRUE(index) << name;
    return (*loaded_.rules)[index.value()];
  }
  std::string name_of(event::FieldId id) { return std::string(fields_.name(id)); }
  static std::string detection(const std::string& name, const std::string& more = "") {
    return "---\ntitle: " + name + "\nname: " + name +
           "\nlogsource: {product: p}\ndetection: {a: {f: x}, condition: a}\n" + more;
  }

  event::FieldTable fields_;
  RuleSet::Loaded loaded_;
};

TEST_F(RuleSetTest, CountRangeHoldsItsEnds) {
  const CountRange range{3, 5};
  EXPECT_FALSE(range.holds(2));
  EXPECT_TRUE(range.holds(3));
  EXPECT_TRUE(range.holds(5));
  EXPECT_FALSE(range.holds(6));
}

TEST_F(RuleSetTest, FindsByIdAndByName) {
  load(detection("a", "id: 22222222-2222-2222-2222-222222222222\n") +
       detection("b", "id: 11111111-1111-1111-1111-111111111111\n"));
  EXPECT_EQ(loaded_.rules->find("b"), event::RuleIndex(0));
  EXPECT_EQ(loaded_.rules->find("22222222-2222-2222-2222-222222222222"), event::RuleIndex(1));
  EXPECT_FALSE(loaded_.rules->find(""));
  EXPECT_FALSE(loaded_.rules->find("c"));
}

TEST_F(RuleSetTest, OnlySomeOfTheRulesAct) {
  load(detection("a", "level: high\n") + detection("b", "level: high\n") +
       "---\ntitle: c\nname: c\nlevel: high\n"
       "correlation: {type: temporal, rules: [a], timespan: 1m, generate: true}\n");
  const auto index = [this](const char* name) { return loaded_.rules->find(name)->value; };
  std::vector<bool> kept(3, true);
  kept[index("b")] = kept[index("c")] = false;
  const auto only = loaded_.rules->only(kept);
  ASSERT_EQ(only->size(), 3U);
  EXPECT_EQ(only->find("b"), loaded_.rules->find("b")) << "under the same indexes";
  EXPECT_TRUE((*only)[*only->find("a")].alerts);
  EXPECT_FALSE((*only)[*only->find("b")].alerts);
  EXPECT_TRUE(only->correlations().empty());
  EXPECT_TRUE(only->referrers(*only->find("a")).empty());
  const auto asked = only->covering({"", "p", ""});
  EXPECT_TRUE(asked[index("a")]);
  EXPECT_FALSE(asked[index("b")]);
}

TEST_F(RuleSetTest, R11MediumAndAboveAlertByThemselves) {
  load(detection("none") + detection("low", "level: low\n") + detection("high", "level: high\n") +
       detection("muted", "level: high\ntocsin: {alert: false}\n") +
       detection("forced", "level: low\ntocsin: {alert: true}\n") +
       detection("counted", "level: high\n") + detection("both", "level: high\n") +
       "---\ntitle: c\nname: silent\ncorrelation: {type: temporal, rules: [counted, both], "
       "timespan: 1m}\n"
       "---\ntitle: d\nname: loud\nlevel: low\ncorrelation: {type: temporal, rules: [both], "
       "timespan: 1m, generate: true}\n"
       "---\ntitle: e\nname: outer\ncorrelation: {type: temporal, rules: silent, timespan: 1m}\n");
  EXPECT_TRUE(rule("none").alerts) << "no level: medium";
  EXPECT_FALSE(rule("low").alerts);
  EXPECT_TRUE(rule("high").alerts);
  EXPECT_FALSE(rule("muted").alerts);
  EXPECT_TRUE(rule("forced").alerts);
  EXPECT_FALSE(rule("counted").alerts);
  EXPECT_TRUE(rule("both").alerts) << "one of the two lets it";
  EXPECT_FALSE(rule("silent").alerts);
  EXPECT_TRUE(rule("loud").alerts) << "a correlation, whatever its level";
  EXPECT_TRUE(rule("outer").alerts);
}

TEST_F(RuleSetTest, ResolvesWhatCorrelationsAsk) {
  load(detection("a") + detection("b") +
       "---\ntitle: inner\nname: inner\ncorrelation:\n  type: value_count\n  rules: [a, b]\n"
       "  group-by: [who, host.name]\n  aliases: {who: {a: user.name, b: target}}\n"
       "  timespan: 5m\n  condition: {gte: 3, field: source.ip}\n"
       "---\ntitle: outer\nname: outer\ncorrelation:\n  type: event_count\n  rules: inner\n"
       "  group-by: who\n  timespan: 1h\n  condition: {gt: 1}\n");
  const Correlation& inner = *rule("inner").correlation;
  ASSERT_EQ(inner.inputs.size(), 2U);
  EXPECT_EQ((*loaded_.rules)[inner.inputs[1].rule].name, "b");
  EXPECT_EQ(name_of(inner.inputs[0].group[0]), "user.name");
  EXPECT_EQ(name_of(inner.inputs[1].group[0]), "target");
  EXPECT_EQ(name_of(inner.inputs[1].group[1]), "host.name");
  EXPECT_EQ(name_of(inner.inputs[0].values[0]), "source.ip");
  EXPECT_EQ(name_of(inner.group_ids[0]), "who");
  const Correlation& outer = *rule("outer").correlation;
  EXPECT_EQ(outer.inputs[0].group[0], inner.group_ids[0]);
  EXPECT_EQ(loaded_.rules->correlations().size(), 2U);
  EXPECT_EQ((*loaded_.rules)[loaded_.rules->correlations()[0]].name, "inner");
  EXPECT_EQ(loaded_.rules->referrers(inner.inputs[0].rule).size(), 1U);
  EXPECT_TRUE(loaded_.rules->referrers(*loaded_.rules->find("outer")).empty());
}

TEST_F(RuleSetTest, CarriesWhatAlertsShowAndActionsNeed) {
  load(detection("r",
                 "level: critical\nauthor: me\ntags: [attack.t1110]\nfalsepositives: [x]\n"
                 "tocsin: {actions: [lock_account], user: target, for: 1h, realert: 15m, "
                 "weight: log.repeat, group: [a.b], timespan: 10m}\n"));
  const Rule& r = rule("r");
  EXPECT_EQ(r.level, Level::critical);
  EXPECT_EQ(r.author, "me");
  EXPECT_EQ(r.tags, std::vector<std::string>{"attack.t1110"});
  EXPECT_EQ(r.origin, (base::Origin{"r.yml", 2, 1}));
  ASSERT_EQ(r.actions.size(), 1U);
  EXPECT_EQ(name_of(r.actions[0].user), "target");
  EXPECT_EQ(r.actions[0].host, event::FieldTable::unknown);
  EXPECT_EQ(r.actions[0].duration, std::chrono::hours(1));
  EXPECT_EQ(r.realert, std::chrono::minutes(15));
  EXPECT_EQ(name_of(*r.weight), "log.repeat");
  EXPECT_EQ(r.grouping.names, std::vector<std::string>{"a.b"});
  EXPECT_EQ(name_of(r.grouping.fields[0]), "a.b");
  EXPECT_EQ(r.grouping.timespan, std::chrono::minutes(10));
}

TEST_F(RuleSetTest, GroupsByEntityWhereARuleDoesNotSay) {
  load(detection("r"));
  EXPECT_EQ(rule("r").grouping.names,
            (std::vector<std::string>{"host.name", "user.name", "source.ip"}));
  EXPECT_FALSE(rule("r").grouping.timespan) << "the option alert_timespan says it";
}

TEST_F(RuleSetTest, C6ReportsErrorsInTheOrderOfFiles) {
  const base::SourceText sources[] = {
      {"z.yml", "title: c\ncorrelation: {type: temporal, rules: nothing, timespan: 1m}\n"},
      {"a.yml", "title: r\nlevel: x\nlogsource: {}\n"}};
  const auto loaded = RuleSet::load(sources, fields_);
  ASSERT_GE(loaded.errors.size(), 2U);
  EXPECT_EQ(loaded.errors[0].origin.name, "z.yml");
  EXPECT_EQ(loaded.errors[1].origin.name, "a.yml");
  EXPECT_EQ(loaded.rules->size(), 0U);
}

TEST_F(RuleSetTest, P1AListIsPartOfTheContentOfRulesThatUseItNotOfTheirIds) {
  const base::SourceText source{
      "r.yml",
      "title: uses\nlogsource: {product: p}\n"
      "detection: {a: {f|expand: '%Servers%'}, condition: a}\n---\n"
      "title: other\nlogsource: {product: p}\ndetection: {a: {f: x}, condition: a}\n"};
  const auto with = [&](const char* servers, const char* more) {
    const base::SourceText lists[] = {{"l.yml", servers}, {"m.yml", more}};
    return RuleSet::load({&source, 1}, fields_, {}, lists).rules;
  };
  const auto one = with("lists: {Servers: [a]}", "lists: {More: [x]}");
  const auto unused = with("lists: {Servers: [a]}", "lists: {More: [y, z]}");
  const auto changed = with("lists: {Servers: [a, b]}", "lists: {More: [x]}");
  ASSERT_EQ(one->size(), 2U);
  ASSERT_EQ(changed->size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const Rule& rule = one->rules()[i];
    EXPECT_EQ(unused->rules()[i].content, rule.content) << rule.title;
    EXPECT_EQ(changed->rules()[i].id, rule.id) << rule.title;
    EXPECT_EQ(changed->rules()[i].content == rule.content, rule.title == "other") << rule.title;
  }
}

TEST_F(RuleSetTest, LoadsNothingFromNothing) {
  const auto loaded = RuleSet::load({}, fields_);
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.rules->size(), 0U);
}

// What a detection is about: the rule says it, else a mapping pack for its log source.
TEST_F(RuleSetTest, AnEntityFollowsFromTheLogSource) {
  const std::vector<base::SourceText> sources = {
      {"r.yml",
       "title: a\nname: a\nlogsource: {product: windows}\n"
       "detection: {s: {x: y}, condition: s}\n"
       "---\ntitle: b\nname: b\nlogsource: {product: windows}\n"
       "detection: {s: {x: y}, condition: s}\ntocsin: {group: [g], timespan: 5m}\n"
       "---\ntitle: c\nname: c\nlogsource: {product: linux}\n"
       "detection: {s: {x: y}, condition: s}\n"}};
  const std::vector<base::SourceText> packs = {
      {"m.yaml",
       "name: m\nentity: [{logsource: {product: windows}, fields: [host.name, User], timespan: "
       "10m}]\n"}};
  const auto loaded = RuleSet::load(sources, fields_, {}, {}, nullptr, packs);
  ASSERT_TRUE(loaded.errors.empty()) << base::to_string(loaded.errors.front());
  const auto grouping = [&](const char* name) {
    return (*loaded.rules)[*loaded.rules->find(name)].grouping;
  };
  EXPECT_EQ(grouping("a").names, (std::vector<std::string>{"host.name", "User"}));
  EXPECT_EQ(grouping("a").fields.size(), 2U);
  EXPECT_EQ(grouping("a").timespan, std::chrono::minutes(10));
  EXPECT_EQ(grouping("b").names, std::vector<std::string>{"g"});
  EXPECT_EQ(grouping("b").timespan, std::chrono::minutes(5));
  EXPECT_EQ(grouping("c").names, (std::vector<std::string>{"host.name", "user.name", "source.ip"}));
  EXPECT_FALSE(grouping("c").timespan);
}

}  // namespace
}  // namespace tocsin::rules
