#include "rules/placeholder.hpp"

#include <gtest/gtest.h>

#include "base/yaml.hpp"

namespace tocsin::rules {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  for (const Placeholder& place : split_at_placeholders(text)) {
    out.push_back(place.before);
    if (!place.name.empty()) out.push_back("<" + place.name + ">");
  }
  return out;
}

using Texts = std::vector<std::string>;

// As pySigma's expression (?<!\\)%[^%]+% finds them.
TEST(PlaceholderTest, AreFoundBetweenPercentSigns) {
  EXPECT_EQ(split("plain"), (Texts{"plain"}));
  EXPECT_EQ(split("%a%"), (Texts{"", "<a>", ""}));
  EXPECT_EQ(split("x%a%y%b%z"), (Texts{"x", "<a>", "y", "<b>", "z"}));
  EXPECT_EQ(split("100%"), (Texts{"100%"}));
  EXPECT_EQ(split("%%a%"), (Texts{"%", "<a>", ""}));
  EXPECT_EQ(split(R"(\%a\%)"), (Texts{"%a%"}));
  EXPECT_EQ(split(R"(\%a%b%)"), (Texts{"%a", "<b>", ""}));
  EXPECT_EQ(split(R"(%a\%)"), (Texts{"", R"(<a\>)", ""}));
  EXPECT_EQ(split(""), (Texts{""}));
}

ValueLists lists() {
  const base::SourceText source{
      "l.yml", "lists: {A: [a1, 'a*'], B: [b1, b2, 'b?'], dots: ['a.b', '(x', '\\*'], none: []}"};
  base::Errors errors;
  return ValueLists::read({&source, 1}, errors);
}

Texts expand(std::string_view text) {
  const ValueLists known = lists();
  ListUse use(known, "t");
  const Expanded made = expanded(parse_pattern(text), use);
  Texts out;
  for (const Pattern& pattern : made.patterns) out.push_back(to_string(pattern));
  if (!made.missing.empty()) out = {"missing " + made.missing};
  return out;
}

TEST(PlaceholderTest, EveryValueOfOneListMeetsEveryValueOfTheOther) {
  EXPECT_EQ(expand("x%A%y"), (Texts{"xa1y", "xa*y"}));
  EXPECT_EQ(expand("*%A%*"), (Texts{"*a1*", "*a*"}));
  EXPECT_EQ(expand("%A%-%B%"), (Texts{"a1-b1", "a1-b2", "a1-b?", "a*-b1", "a*-b2", "a*-b?"}));
  EXPECT_EQ(expand("%none%"), Texts{});
  EXPECT_EQ(expand("%a*b%"), (Texts{"%a*b%"}));
  EXPECT_EQ(expand("%A% %C%"), (Texts{"missing C"}));
}

TEST(PlaceholderTest, TooMuchIsRefused) {
  std::string text = "lists: {A: [x";
  for (int i = 0; i < 999; ++i) text += ", x" + std::to_string(i);
  const base::SourceText source{"l.yml", text + "]}"};
  base::Errors errors;
  const ValueLists known = ValueLists::read({&source, 1}, errors);
  ListUse use(known, "t");
  EXPECT_EQ(expanded(parse_pattern("%A%"), use).patterns.size(), 1000U);
  EXPECT_TRUE(expanded(parse_pattern("%A%%A%"), use).is_too_much);
}

std::string expand_regex(std::string_view text) {
  const ValueLists known = lists();
  ListUse use(known, "t");
  const ExpandedRegex made = expanded_regex(text, use);
  return made.missing.empty() ? made.text : "missing " + made.missing;
}

TEST(PlaceholderTest, InARegularExpressionAValueStandsForItself) {
  EXPECT_EQ(expand_regex("^%dots%$"), R"(^(?:a\.b|\(x|\*)$)");
  EXPECT_EQ(expand_regex("%A%"), "(?:a1|a(?s:.*))");
  EXPECT_EQ(expand_regex(R"(\d+\%)"), R"(\d+%)");
  EXPECT_EQ(expand_regex("x%none%"), R"(x(?:[^\s\S]))");
  EXPECT_EQ(expand_regex("%C%"), "missing C");
}

}  // namespace
}  // namespace tocsin::rules
