#include "rules/diagnostics.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

// Where the word `needle` of the value of `k` stands, as "line:column".
std::string place_of(const std::string& yaml, const std::string& needle) {
  const base::SourceText source{"f.yml", yaml};
  const auto documents = base::parse_yaml(source);
  EXPECT_TRUE(documents) << (documents ? "" : base::to_string(documents.error()));
  const base::YamlNode& value = *documents->at(0).find("k");
  const Diagnostics out(source);
  const base::Origin origin = out.inside(value, value.text.find(needle));
  return std::to_string(origin.line) + ":" + std::to_string(origin.column);
}

TEST(DiagnosticsTest, FindsAPlaceInsideAPlainScalar) {
  EXPECT_EQ(place_of("k: one two three\n", "three"), "1:12");
  EXPECT_EQ(place_of("k: one two\n   three\n", "three"), "2:4");
}

TEST(DiagnosticsTest, FindsAPlaceInsideQuotesAndBlocks) {
  EXPECT_EQ(place_of("k: 'one two'\n", "two"), "1:9");
  EXPECT_EQ(place_of("a: 1\nk: |\n  one\n  two three\n", "three"), "4:7");
  EXPECT_EQ(place_of("k: >-\n  one\n  two\n", "two"), "3:3");
}

TEST(DiagnosticsTest, CountsColumnsInCharacters) {
  EXPECT_EQ(place_of("k: \xC3\xA9t\xC3\xA9 two\n", "two"), "1:8");
}

TEST(DiagnosticsTest, FallsBackToTheScalarWhereEscapesHideThePlace) {
  EXPECT_EQ(place_of("k: \"\\x41 two\"\n", "two"), "1:4");
}

TEST(DiagnosticsTest, ReadsOneTextOrAList) {
  const base::SourceText source{"f.yml", "a: x\nb: [x, y]\nc: [x, [y]]\nd:\n"};
  const auto documents = base::parse_yaml(source);
  Diagnostics out(source);
  const base::YamlNode& map = documents->at(0);
  EXPECT_EQ(out.texts(*map.find("a"), "a"), (std::vector<std::string>{"x"}));
  EXPECT_EQ(out.texts(*map.find("b"), "b"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(out.texts(*map.find("d"), "d"), (std::vector<std::string>{}));
  EXPECT_TRUE(out.errors.empty());
  EXPECT_FALSE(out.texts(*map.find("c"), "c"));
  ASSERT_EQ(out.errors.size(), 1U);
  EXPECT_EQ(base::to_string(out.errors[0]),
            "f.yml:3:4: rules-3: `c` must be a text or a list of texts");
}

TEST(DiagnosticsTest, SuggestsTheNearestKey) {
  const base::SourceText source{"f.yml", "weigth: x\n"};
  const auto documents = base::parse_yaml(source);
  Diagnostics out(source);
  out.unknown_key(documents->at(0).members[0], "`tocsin`", {"weight", "realert"});
  EXPECT_EQ(base::to_string(out.errors[0]),
            "f.yml:1:1: rules-4: `weigth` is not known in `tocsin`; did you mean `weight`?");
}

}  // namespace
}  // namespace tocsin::rules
