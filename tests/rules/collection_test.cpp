#include "rules/collection.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tocsin::rules {
namespace {

class CollectionTest : public ::testing::Test {
 protected:
  void load(const std::string& text) {
    const base::SourceText source{"c.yml", text};
    documents_ = read_documents({&source, 1});
    collection_ = collect(documents_, 15);
  }
  static std::string rule(const std::string& name, const std::string& more = "") {
    return "---\ntitle: " + name + "\nname: " + name +
           "\nlogsource: {product: p}\ndetection: {a: {f: " + name + "}, condition: a}\n" + more;
  }
  static std::string correlation(const std::string& name, const std::string& rules,
                                 const std::string& more = "") {
    return "---\ntitle: " + name + "\nname: " + name + "\ncorrelation: {type: temporal, rules: [" +
           rules + "], timespan: 1m" + more + "}\n";
  }
  std::size_t place(const std::string& name) {
    const auto found = std::ranges::find(collection_.rules, name, [](const CollectedRule& rule) {
      return rule.document->metadata.name;
    });
    EXPECT_NE(found, collection_.rules.end()) << name;
    return static_cast<std::size_t>(found - collection_.rules.begin());
  }
  std::string content(const std::string& name) {
    const base::Sha256& hash = collection_.rules[place(name)].content;
    return base::to_hex(hash.data(), hash.size());
  }

  Documents documents_;
  Collection collection_;
};

TEST_F(CollectionTest, SortsByIdAndMakesStableOnes) {
  load(rule("a") + rule("b") + rule("c"));
  ASSERT_EQ(collection_.rules.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(collection_.rules, {}, &CollectedRule::id));
  const std::string id = collection_.rules[place("b")].id;
  EXPECT_EQ(id.size(), 36U);
  load(rule("b"));
  EXPECT_EQ(collection_.rules[0].id, id);
}

TEST_F(CollectionTest, RefusesTheSameRuleTwice) {
  load(
      "title: t\nlogsource: {product: p}\ndetection: {a: {f: x}, condition: a}\n---\n"
      "title: t\nlogsource: {product: p}\ndetection: {a: {f: x}, condition: a}\n");
  EXPECT_EQ(collection_.rules.size(), 1U);
  ASSERT_EQ(documents_.errors.size(), 1U);
  EXPECT_EQ(documents_.errors[0].code, "rules-80");
}

TEST_F(CollectionTest, PutsInnerCorrelationsFirst) {
  load(correlation("outer", "middle, base") + correlation("middle", "inner") +
       correlation("inner", "base") + rule("base"));
  EXPECT_TRUE(documents_.errors.empty());
  EXPECT_EQ(collection_.correlations,
            (std::vector<std::size_t>{place("inner"), place("middle"), place("outer")}));
}

TEST_F(CollectionTest, RefusesDeepNesting) {
  std::string text = rule("r0");
  for (int i = 1; i <= 10; ++i)
    text += correlation("r" + std::to_string(i), "r" + std::to_string(i - 1));
  load(text);
  ASSERT_EQ(documents_.errors.size(), 2U);
  EXPECT_EQ(documents_.errors[0].code, "rules-53");
  EXPECT_EQ(collection_.correlations.size(), most_correlation_levels);
}

TEST_F(CollectionTest, ContentFollowsAllThatARuleRefersTo) {
  const std::string filter =
      "---\ntitle: f\nlogsource: {product: p}\nfilter: {rules: [base], a: {g: x}, condition: not "
      "a}\n";
  load(rule("base") + correlation("outer", "base") + rule("other"));
  const std::string base = content("base"), outer = content("outer"), other = content("other");
  EXPECT_NE(base, other);
  load(rule("base") + correlation("outer", "base") + rule("other") + filter);
  EXPECT_NE(content("base"), base);
  EXPECT_NE(content("outer"), outer);
  EXPECT_EQ(content("other"), other);
  load(rule("base", "description: better words\n") + correlation("outer", "base"));
  EXPECT_EQ(content("base"), base);
  EXPECT_EQ(content("outer"), outer);
}

TEST_F(CollectionTest, R10FindsTheFieldBehindAnAlias) {
  load(rule("a") + rule("b") +
       correlation("c", "a, b", ", group-by: [who, host], aliases: {who: {a: user, b: target}}"));
  EXPECT_TRUE(documents_.errors.empty());
  const CollectedRule& c = collection_.rules[place("c")];
  EXPECT_EQ(collection_.field_behind(c, 0, "who"), "user");
  EXPECT_EQ(collection_.field_behind(c, 1, "who"), "target");
  EXPECT_EQ(collection_.field_behind(c, 1, "host"), "host");
}

TEST_F(CollectionTest, RefusesMoreFieldsThanFit) {
  std::string text = "title: many\nlogsource: {product: p}\ndetection:\n  a:\n";
  for (int i = 0; i < 33'000; ++i) text += "    f" + std::to_string(i) + ": x\n";
  load(text + "  condition: a\n" + rule("small"));
  ASSERT_EQ(documents_.errors.size(), 1U);
  EXPECT_EQ(documents_.errors[0].code, "rules-82");
  EXPECT_EQ(collection_.rules.size(), 1U);
}

// Whatever the rule set interns is counted, wherever a document names it.
TEST_F(CollectionTest, CountsFieldsOfExtensionsAndFilters) {
  std::string list, members;
  for (int i = 0; i < 33'000; ++i) {
    list += fmt::format("g{}, ", i);
    members += fmt::format("    g{}: x\n", i);
  }
  load(rule("grouped", "tocsin: {group: [" + list + "g]}\n") + rule("small"));
  ASSERT_EQ(documents_.errors.size(), 1U);
  EXPECT_EQ(documents_.errors[0].code, "rules-82");
  EXPECT_EQ(collection_.rules.size(), 1U);
  load(rule("small") + "---\ntitle: f\nlogsource: {product: p}\nfilter:\n  rules: any\n  a:\n" +
       members + "  condition: not a\n");
  ASSERT_EQ(documents_.errors.size(), 1U);
  EXPECT_EQ(documents_.errors[0].code, "rules-82");
  ASSERT_EQ(collection_.rules.size(), 1U);
  EXPECT_TRUE(collection_.rules[0].filters.empty());
}

}  // namespace
}  // namespace tocsin::rules
