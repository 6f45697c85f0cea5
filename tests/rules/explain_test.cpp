#include "rules/explain.hpp"

#include <gtest/gtest.h>

#include "rules/rule_set.hpp"

namespace tocsin::rules {
namespace {

using Kind = Explained::Kind;
using Values = std::vector<std::pair<std::string, std::string>>;

constexpr const char* id = "11111111-2222-4333-8444-555555555555";

// One rule and events made by hand.
class Fixture {
 public:
  explicit Fixture(const std::string& detection, const std::string& more = {}) {
    source_ = {"r.yml", "title: t\nid: " + std::string(id) +
                            "\nlogsource: {product: p}\ndetection:\n" + detection + more};
    const auto loaded = RuleSet::load({&source_, 1}, fields_);
    for (const base::Error& error : loaded.errors) ADD_FAILURE() << base::to_string(error);
    explainer_ = std::make_unique<Explainer>(std::span(&source_, 1), fields_);
  }

  Explanation explain(const Values& values, std::string_view raw = "") {
    batch_.clear();
    batch_.add_frame(raw, event::SourceId(0), base::ReceivedTime(0));
    event::Event event;
    event.field_count = static_cast<std::uint16_t>(values.size());
    for (const auto& [name, value] : values) batch_.fields.emplace_back(fields_.find(name), value);
    Explanation out = explainer_->explain(id, {}, batch_, event, batch_.raw(0));
    EXPECT_EQ(out.met, out.tree.met) << "the tree says otherwise than the engine";
    EXPECT_EQ(out.differing == 0, out.met);
    return out;
  }
  Explainer& explainer() { return *explainer_; }

 private:
  base::SourceText source_;
  event::FieldTable fields_;
  std::unique_ptr<Explainer> explainer_;
  event::Batch batch_;
};

using Leaves = std::vector<std::string>;

TEST(ExplainTest, TheTreeIsTheConditionWithTheEventsValues) {
  Fixture f(
      "  img: {Image|endswith: '\\A.exe'}\n  cli: {Cmd|contains|all: [x, Y]}\n"
      "  filter: {User: root}\n  condition: img and cli and not filter\n");
  const Explanation met = f.explain({{"Image", "C:\\a.EXE"}, {"Cmd", "xy"}, {"User", "bob"}});
  EXPECT_TRUE(met.met);
  ASSERT_EQ(met.tree.children.size(), 3U);
  EXPECT_EQ(met.tree.kind, Kind::all_of);
  const Explained& img = met.tree.children[0];
  EXPECT_EQ(img.kind, Kind::selection);
  EXPECT_EQ(img.text, "img");
  ASSERT_EQ(img.children.size(), 1U);
  EXPECT_EQ(img.children[0].text, "Image ends with");
  EXPECT_EQ(img.children[0].children[0].text, "'\\A.exe'");
  EXPECT_EQ(img.children[0].had, Leaves{"C:\\a.EXE"});
  const Explained& negation = met.tree.children[2];
  EXPECT_EQ(negation.kind, Kind::negation);
  EXPECT_TRUE(negation.met);
  EXPECT_FALSE(negation.children[0].met);

  const Explanation no = f.explain({{"Image", "C:\\a.exe"}, {"Cmd", "x"}, {"User", "bob"}});
  EXPECT_FALSE(no.met);
  EXPECT_EQ(differing_leaves(no), Leaves{"Cmd contains 'Y'"});
  EXPECT_FALSE(no.others);
  const Explained& cli = no.tree.children[1].children[0];
  EXPECT_TRUE(cli.children[0].met);
  EXPECT_FALSE(cli.children[1].met);
  EXPECT_TRUE(cli.children[1].differs);
}

TEST(ExplainTest, WhatAFilterTakesOutIsTheLeafThatDiffers) {
  Fixture f("  sel: {a: x}\n  filter: {User: root}\n  condition: sel and not filter\n");
  EXPECT_EQ(differing_leaves(f.explain({{"a", "x"}, {"User", "root"}})), Leaves{"User is 'root'"});
  EXPECT_EQ(differing_leaves(f.explain({{"a", "y"}, {"User", "root"}})),
            (Leaves{"a is 'x'", "User is 'root'"}));
}

TEST(ExplainTest, TheFewestLeavesAreNamedAndWhetherOthersWouldDo) {
  Fixture f("  one: {a: x, b: x}\n  two: {c: x}\n  condition: one or two\n");
  const Explanation both = f.explain({{"a", "x"}, {"b", "y"}, {"c", "y"}});
  EXPECT_EQ(differing_leaves(both), Leaves{"b is 'x'"});
  EXPECT_TRUE(both.others) << "two would do as well";
  const Explanation second = f.explain({{"c", "y"}});
  EXPECT_EQ(differing_leaves(second), Leaves{"c is 'x'"});
  EXPECT_FALSE(second.others);
  EXPECT_FALSE(second.tree.children[0].children[0].is_there);
}

TEST(ExplainTest, AListIsOneLeafWhereOneOfItsValuesIsEnough) {
  Fixture f("  sel:\n    a: [x, 5, null]\n  condition: sel\n");
  const Explanation no = f.explain({{"a", "y"}});
  const Explained& item = no.tree.children[0];
  EXPECT_EQ(differing_leaves(no), Leaves{"a one of 3 values"});
  EXPECT_EQ(item.children[0].text, "is 'x'");
  EXPECT_EQ(item.children[1].text, "is 5");
  EXPECT_EQ(item.children[2].text, "is missing or null");
  const Explanation yes = f.explain({});
  EXPECT_TRUE(yes.met);
  EXPECT_FALSE(yes.tree.children[0].children[0].met);
  EXPECT_TRUE(yes.tree.children[0].children[2].met);
}

TEST(ExplainTest, KeywordsNegatedItemsAndSpellingsAreSaidAsTheyAre) {
  Fixture f(
      "  words: [Boom]\n  sel:\n    a|neq: x\n    b|windash|contains: ' -f '\n    c|exists: false\n"
      "  maps:\n    - d: 1\n    - e: 2\n  condition: words and sel and 1 of map*\n");
  const Explanation yes = f.explain({{"a", "y"}, {"b", "rm /f z"}, {"e", "2"}}, "here is a bOOm");
  EXPECT_TRUE(yes.met);
  EXPECT_EQ(yes.tree.children[0].children[0].text, "any text of the event contains");
  const Explained& sel = yes.tree.children[1];
  EXPECT_EQ(sel.children[0].text, "a not: is");
  EXPECT_EQ(sel.children[1].children[0].text, "' -f ' in one of 5 forms");
  EXPECT_EQ(sel.children[2].text, "c is not there");
  const Explained& maps = yes.tree.children[2];
  EXPECT_TRUE(maps.any);
  EXPECT_FALSE(maps.children[0].met);
  EXPECT_TRUE(maps.children[1].met);
  EXPECT_EQ(differing_leaves(f.explain({{"a", "x"}, {"b", "rm -f z"}, {"e", "2"}}, "boom")),
            Leaves{"a not: is 'x'"});
}

TEST(ExplainTest, FiltersOfTheRuleAreAPartOfTheTree) {
  Fixture f("  sel: {a: x}\n  condition: sel\n",
            "---\ntitle: f\nlogsource: {product: p}\nfilter:\n  rules: any\n"
            "  out: {b: y}\n  condition: not out\n");
  EXPECT_TRUE(f.explain({{"a", "x"}}).met);
  const Explanation no = f.explain({{"a", "x"}, {"b", "y"}});
  EXPECT_FALSE(no.met);
  EXPECT_EQ(differing_leaves(no), Leaves{"b is 'y'"});
}

TEST(ExplainTest, SeveralValuesOfAFieldAreAllShown) {
  Fixture f("  sel: {a: x}\n  condition: sel\n");
  const Explanation yes = f.explain({{"a", "y"}, {"a", "x"}});
  EXPECT_TRUE(yes.met);
  EXPECT_EQ(yes.tree.children[0].had, (Leaves{"y", "x"}));
}

TEST(ExplainTest, KnowsDetectionRulesByTheirId) {
  Fixture f("  sel: {a: x}\n  condition: sel\n");
  EXPECT_TRUE(f.explainer().knows(id));
  EXPECT_FALSE(f.explainer().knows("11111111-2222-4333-8444-555555555556"));
}

}  // namespace
}  // namespace tocsin::rules
