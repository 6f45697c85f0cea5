#include "rules/correlation.hpp"

#include <gtest/gtest.h>

#include "rules/diagnostics.hpp"

namespace tocsin::rules {
namespace {

struct Read {
  Correlation correlation;
  base::Errors errors;
};

Read read(const std::string& body) {
  const base::SourceText source{"c.yml", "title: t\ncorrelation:\n" + body};
  const auto documents = base::parse_yaml(source);
  EXPECT_TRUE(documents) << (documents ? "" : base::to_string(documents.error()));
  Diagnostics out(source);
  Correlation correlation = read_correlation(documents->at(0), out);
  return {std::move(correlation), std::move(out.errors)};
}

// The errors as "line:column code", which is what a person looks for.
std::vector<std::string> places(const Read& read) {
  std::vector<std::string> out;
  for (const base::Error& error : read.errors) {
    out.push_back(std::to_string(error.origin.line) + ":" + std::to_string(error.origin.column) +
                  " " + error.code);
  }
  return out;
}

using Places = std::vector<std::string>;

TEST(CorrelationTest, R1ReadsAllFieldsOfAnEventCount) {
  const Read r = read(
      "  type: event_count\n"
      "  rules: [a, b]\n"
      "  group-by: [user.name, host.name]\n"
      "  timespan: 10m\n"
      "  condition: {gte: 5}\n"
      "  generate: true\n"
      "  aliases:\n"
      "    who: {a: user.name, b: target.user}\n");
  EXPECT_EQ(places(r), Places{});
  EXPECT_EQ(r.correlation.type, CorrelationType::event_count);
  EXPECT_EQ(r.correlation.rules, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(r.correlation.group_by, (std::vector<std::string>{"user.name", "host.name"}));
  EXPECT_EQ(r.correlation.timespan, std::chrono::minutes(10));
  EXPECT_EQ(r.correlation.condition, (CountRange{5, CountRange{}.at_most}));
  EXPECT_TRUE(r.correlation.generate);
  ASSERT_EQ(r.correlation.aliases.size(), 1U);
  EXPECT_EQ(r.correlation.aliases[0].fields[1],
            (std::pair<std::string, std::string>{"b", "target.user"}));
}

TEST(CorrelationTest, R1RefusesOtherTypesByName) {
  EXPECT_EQ(places(read("  type: value_mean\n  rules: a\n  timespan: 1m\n")),
            (Places{"3:9 rules-41"}));
  EXPECT_EQ(places(read("  type: event_cuont\n  rules: a\n  timespan: 1m\n")),
            (Places{"3:9 rules-41"}));
  EXPECT_EQ(places(read("  rules: a\n  timespan: 1m\n")), (Places{"3:3 rules-41"}));
}

TEST(CorrelationTest, R2TakesOneRuleAsText) {
  EXPECT_EQ(read("  type: temporal\n  rules: a\n  timespan: 1m\n").correlation.rules,
            std::vector<std::string>{"a"});
  EXPECT_EQ(places(read("  type: temporal\n  rules: {a: b}\n  timespan: 1m\n")),
            (Places{"4:10 rules-3"}));
  EXPECT_EQ(places(read("  type: temporal\n  timespan: 1m\n")), (Places{"3:3 rules-43"}));
  EXPECT_EQ(places(read("  type: temporal\n  rules: [a, a]\n  timespan: 1m\n")),
            (Places{"4:14 rules-43"}));
}

TEST(CorrelationTest, R3HasOneGlobalGroupWithoutGroupBy) {
  EXPECT_TRUE(read("  type: temporal\n  rules: a\n  timespan: 1m\n").correlation.group_by.empty());
  EXPECT_EQ(places(read("  type: temporal\n  rules: a\n  timespan: 1m\n  group-by: {a: b}\n")),
            (Places{"6:13 rules-3"}));
}

TEST(CorrelationTest, R4ReadsEveryUnitAndRefusesABareNumber) {
  const std::pair<const char*, std::int64_t> units[] = {
      {"90s", 90},    {"2m", 120},     {"1h", 3600},    {"7d", 604800},
      {"1w", 604800}, {"1M", 2629746}, {"1y", 31556952}};
  for (const auto& [text, seconds] : units) {
    const Read r = read("  type: temporal\n  rules: a\n  timespan: " + std::string(text) + "\n");
    EXPECT_EQ(r.correlation.timespan, std::chrono::seconds(seconds)) << text;
  }
  for (const char* bad : {"10", "m", "0m", "-1m", "1H", "1.5h", "10 m", "99999999999y"}) {
    EXPECT_EQ(places(read("  type: temporal\n  rules: a\n  timespan: " + std::string(bad) + "\n")),
              (Places{"5:13 rules-45"}))
        << bad;
  }
}

Read with_condition(const std::string& condition) {
  return read("  type: event_count\n  rules: a\n  timespan: 1m\n  condition: " + condition + "\n");
}

TEST(CorrelationTest, R5ReadsOperatorsAndRanges) {
  EXPECT_EQ(with_condition("{gt: 4}").correlation.condition.at_least, 5U);
  EXPECT_EQ(with_condition("{gte: 5.0}").correlation.condition.at_least, 5U);
  EXPECT_EQ(with_condition("{gt: 100, lte: 200}").correlation.condition, (CountRange{101, 200}));
  EXPECT_EQ(with_condition("{lt: 200, gte: 100}").correlation.condition, (CountRange{100, 199}));
  EXPECT_EQ(with_condition("{gt: 4, gte: 3}").correlation.condition.at_least, 5U);
  for (const char* bad : {"{gte: five}", "{gte: 1.5}", "{gte: -1}"}) {
    EXPECT_EQ(places(with_condition(bad)), (Places{"6:20 rules-48"})) << bad;
  }
  EXPECT_EQ(places(with_condition("{more: 5}")), (Places{"6:15 rules-4"}));
  EXPECT_EQ(places(with_condition("{gte: 5, lt: 5}")), (Places{"6:14 rules-48"}));
  EXPECT_EQ(places(with_condition("a and b")), (Places{"6:14 rules-49"}));
}

TEST(CorrelationTest, R5NeedsAConditionExceptWhereItHasADefault) {
  EXPECT_EQ(places(read("  type: event_count\n  rules: a\n  timespan: 1m\n")),
            (Places{"3:3 rules-48"}));
  EXPECT_EQ(
      read("  type: temporal\n  rules: [a, b, c]\n  timespan: 1m\n").correlation.condition.at_least,
      3U);
}

TEST(CorrelationTest, R6ReadsTheFieldInsideOrBesideTheCondition) {
  const std::string head = "  type: value_count\n  rules: a\n  timespan: 1m\n";
  EXPECT_EQ(read(head + "  condition: {gte: 2, field: user}\n").correlation.fields,
            std::vector<std::string>{"user"});
  EXPECT_EQ(read(head + "  condition: {gte: 2}\n  field: [user, host]\n").correlation.fields,
            (std::vector<std::string>{"user", "host"}));
  EXPECT_EQ(places(read(head + "  condition: {gte: 2}\n")), (Places{"6:14 rules-47"}));
  EXPECT_EQ(places(with_condition("{gte: 2, field: user}")), (Places{"6:30 rules-47"}));
}

TEST(CorrelationTest, R9TakesAllOrAnyOfTheRulesForACount) {
  const std::string head = "  type: temporal\n  rules: [a, b]\n  timespan: 1m\n  condition: ";
  const Correlation all = read(head + "(a) and b and a\n").correlation;
  EXPECT_EQ(all.condition.at_least, 2U);
  EXPECT_TRUE(all.alternatives.empty());
  const Correlation any = read(head + "b or a or (a and b)\n").correlation;
  EXPECT_EQ(any.condition.at_least, 1U);
  EXPECT_TRUE(any.alternatives.empty());
}

TEST(CorrelationTest, R9KeepsOtherConditionsAsAlternatives) {
  const Read r = read(
      "  type: temporal_ordered\n  timespan: 1m\n  condition: one and (two or third-1) or "
      "third-1\n");
  EXPECT_EQ(places(r), Places{});
  EXPECT_EQ(r.correlation.rules, (std::vector<std::string>{"one", "two", "third-1"}));
  EXPECT_EQ(r.correlation.rule_origins.at(2).column, 30U);
  EXPECT_EQ(r.correlation.alternatives, (std::vector<Alternative>{{0b011, 0}, {0b100, 0}}));
}

TEST(CorrelationTest, R9RefusesARuleTwice) {
  EXPECT_EQ(places(read("  type: temporal_ordered\n  rules: [a, b, a]\n  timespan: 1m\n"
                        "  condition: a or b\n")),
            (Places{"4:17 rules-43"}));
}

TEST(CorrelationTest, R10RefusesAliasesThatAreNoMap) {
  const std::string head = "  type: temporal\n  rules: [a, b]\n  timespan: 1m\n";
  EXPECT_EQ(places(read(head + "  aliases: [x]\n")), (Places{"6:12 rules-46"}));
  EXPECT_EQ(places(read(head + "  aliases: {x: y}\n")), (Places{"6:13 rules-46"}));
}

TEST(CorrelationTest, R11ReadsGenerateAtBothPlaces) {
  const base::SourceText source{
      "c.yml", "generate: true\ncorrelation: {type: temporal, rules: a, timespan: 1m}\n"};
  Diagnostics out(source);
  EXPECT_TRUE(read_correlation(base::parse_yaml(source)->at(0), out).generate);
  EXPECT_EQ(places(read("  type: temporal\n  rules: a\n  timespan: 1m\n  generate: perhaps\n")),
            (Places{"6:13 rules-3"}));
}

TEST(CorrelationTest, R12ReadsWhatSilenceSatisfies) {
  const auto range = [](const std::string& condition) {
    const Read r = with_condition(condition);
    EXPECT_TRUE(r.errors.empty()) << condition;
    return r.correlation.condition;
  };
  constexpr std::uint64_t most = CountRange{}.at_most;
  EXPECT_EQ(range("{lt: 5}"), (CountRange{0, 4, {}, true}));
  EXPECT_EQ(range("{lte: 5}"), (CountRange{0, 5, {}, true}));
  EXPECT_EQ(range("{eq: 5}"), (CountRange{5, 5, {}, true}));
  EXPECT_EQ(range("{eq: 0}"), (CountRange{0, 0, {}, true}));
  EXPECT_EQ(range("{neq: 5}"), (CountRange{0, most, 5, true}));
  EXPECT_EQ(range("{gte: 0}"), (CountRange{0, most, {}, true}));
  EXPECT_EQ(range("{gte: 0, lt: 3}"), (CountRange{0, 2, {}, true}));
  EXPECT_EQ(range("{gte: 2, neq: 5}"), (CountRange{2, most, 5, true}));
  EXPECT_EQ(range("{gt: 0, lt: 3}"), (CountRange{1, 2, {}, false}));
}

TEST(CorrelationTest, R12RefusesWhatNothingSatisfies) {
  for (const char* none : {"{lt: 0}", "{eq: 2, neq: 2}", "{eq: 2, gt: 2}", "{lte: 0, neq: 0}"})
    EXPECT_EQ(places(with_condition(none)), (Places{"6:14 rules-48"})) << none;
}

}  // namespace
}  // namespace tocsin::rules
