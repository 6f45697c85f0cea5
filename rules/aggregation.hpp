// The aggregations of Sigma's first version, `| count(a) by b > 5` and `| near`: what to write now.
// Path:      the text behind `|` in a condition -> a sentence for the person who wrote it
// Threads:   pure function
// Errors:    none: what is no aggregation gets a general answer
// Source:    Sigma 1.0 "Aggregation expression"; SIGMA K4, K5 and section 6
// Tested by: tests/rules/aggregation_test.cpp
#pragma once

#include <string>
#include <string_view>

namespace tocsin::rules {

// What a rule has besides: all that a correlation rule in the aggregation's place must know.
struct OldRule {
  std::string condition;  // before the aggregation
  std::string timeframe;  // empty: there is none
  std::string reference;  // the rule's name, else its id; empty: it has neither
};

// `text`: behind the `|`.
[[nodiscard]] std::string correlation_instead(std::string_view text, const OldRule& rule);

}  // namespace tocsin::rules
