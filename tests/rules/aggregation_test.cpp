#include "rules/aggregation.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

const OldRule rule{"selection and not filter", "5m", "logons"};

std::string shown(std::string_view text, const OldRule& of = rule) {
  const std::string sentence = correlation_instead(text, of);
  const std::size_t start = sentence.find("`correlation: ");
  if (start == std::string::npos) return sentence;
  return sentence.substr(start + 14, sentence.find('`', start + 1) - start - 14);
}

TEST(AggregationTest, CountsBecomeCorrelations) {
  EXPECT_EQ(shown(" count() by src_ip > 50"),
            "{type: event_count, rules: [logons], group-by: [src_ip], timespan: 5m, "
            "condition: {gt: 50}}");
  EXPECT_EQ(shown("count() >= 6"),
            "{type: event_count, rules: [logons], timespan: 5m, condition: {gte: 6}}");
  EXPECT_EQ(shown(" count(TargetUserName) by IpAddress, Computer > 10"),
            "{type: value_count, rules: [logons], group-by: [IpAddress, Computer], timespan: 5m, "
            "condition: {field: TargetUserName, gt: 10}}");
  EXPECT_EQ(shown(" count() by TaskName < 5"),
            "{type: event_count, rules: [logons], group-by: [TaskName], timespan: 5m, "
            "condition: {lt: 5}}");
  EXPECT_EQ(shown(" sum(size) by src_ip > 300000"),
            "{type: value_sum, rules: [logons], group-by: [src_ip], timespan: 5m, "
            "condition: {field: size, gt: 300000}}");
  EXPECT_EQ(shown("count(a) per b per c > 2"),
            "{type: value_count, rules: [logons], group-by: [b, c], timespan: 5m, "
            "condition: {field: a, gt: 2}}");
  EXPECT_NE(correlation_instead("count() > 5", rule).find("`condition: selection and not filter`"),
            std::string::npos);
}

TEST(AggregationTest, WhatIsMissingIsSaid) {
  const std::string sentence = correlation_instead("count() > 5", {"selection", "", ""});
  EXPECT_NE(sentence.find("give the rule a `name`"), std::string::npos);
  EXPECT_NE(sentence.find("rules: [NAME], timespan: HOW LONG"), std::string::npos);
}

TEST(AggregationTest, NearBecomesTemporal) {
  EXPECT_EQ(shown("near b and c", {"a", "30s", ""}),
            "{type: temporal, rules: [a, b, c], group-by: [FIELD], timespan: 30s}");
  const std::string excluding = correlation_instead("near b and not c", {"a", "30s", ""});
  EXPECT_NE(excluding.find("rules: [a, b]"), std::string::npos);
  EXPECT_NE(excluding.find("behind `not`"), std::string::npos);
}

TEST(AggregationTest, OtherThingsGetAGeneralAnswer) {
  for (const char* text :
       {"", "max(a) > 5", "count", "count() by", "nonsense", "near", "count() ! 5"}) {
    EXPECT_NE(correlation_instead(text, rule).find("write a correlation rule"), std::string::npos)
        << text;
  }
}

}  // namespace
}  // namespace tocsin::rules
