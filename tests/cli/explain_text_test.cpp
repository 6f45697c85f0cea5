#include "cli/explain_text.hpp"

#include <gtest/gtest.h>

namespace tocsin::cli {
namespace {

using rules::Explained;
using Kind = Explained::Kind;

Explained value(std::string text, bool met) {
  Explained out;
  out.kind = Kind::value;
  out.text = std::move(text);
  out.met = met;
  return out;
}

Explained item(bool any, std::vector<Explained> values, std::vector<std::string> had) {
  Explained out;
  out.kind = Kind::item;
  out.any = any;
  out.text = "Image ends with";
  out.field = "Image";
  out.is_there = !had.empty();
  out.had = std::move(had);
  out.children = std::move(values);
  for (const Explained& one : out.children) out.met = out.met || one.met;
  return out;
}

TEST(ExplainTextTest, OfALongListOnlyWhatMattersIsShown) {
  std::vector<Explained> values;
  for (int i = 0; i < 9; ++i) values.push_back(value("'" + std::to_string(i) + "'", i == 7));
  const Explained tree = item(true, values, {"7"});
  EXPECT_EQ(tree_text(tree, {}),
            "yes  Image ends with one of 9\n       it is '7'\nno     '0'\nno     '1'\nno     '2'\n"
            "yes    '7'\n       and 5 more that are not met\n");
  EXPECT_NE(tree_text(tree, {.all = true}).find("no     '8'"), std::string::npos);
}

TEST(ExplainTextTest, AValueOfTheEventIsMadeHarmlessAndCut) {
  const Explained tree = item(true, {value("'x'", false)}, {"a\x1b[31m" + std::string(300, 'b')});
  const std::string text = tree_text(tree, {.width = 10});
  EXPECT_EQ(text, "no   Image ends with 'x'\n       it is 'a\\x1b[31mbbbb'…\n");
  EXPECT_EQ(tree_text(item(true, {value("'x'", false)}, {}), {}),
            "no   Image ends with 'x'\n       the event has no Image\n");
}

TEST(ExplainTextTest, ColourIsThereWhereItIsWanted) {
  EXPECT_EQ(tree_line(true, 1, "a", {}), "yes    a");
  EXPECT_EQ(tree_line(false, 0, "a", {.colour = true}), "\x1b[31mno \x1b[0m  a");
}

TEST(ExplainTextTest, TheVerdictNamesWhatDiffers) {
  rules::Explanation explanation;
  explanation.met = explanation.fits = true;
  EXPECT_EQ(verdict_text(explanation), "met");
  explanation.fits = false;
  EXPECT_EQ(verdict_text(explanation), "not met: the log source differs");
  explanation.met = false;
  explanation.fits = true;
  explanation.tree.children = {item(true, {value("'x'", false)}, {"y"})};
  explanation.tree.children[0].differs = true;
  explanation.others = true;
  EXPECT_EQ(verdict_text(explanation),
            "not met: one leaf differs: Image ends with 'x', or as few others");
}

TEST(ExplainTextTest, TheTreeAsJson) {
  std::string text;
  base::JsonWriter out(text);
  write_tree(item(false, {value("'x'", true), value("'y'", false)}, {"z"}), out);
  EXPECT_EQ(text,
            R"({"kind":"item","met":true,"text":"Image ends with","needs":"all","field":"Image",)"
            R"("event":["z"],"parts":[{"kind":"value","met":true,"text":"'x'"},)"
            R"({"kind":"value","met":false,"text":"'y'"}]})");
}

}  // namespace
}  // namespace tocsin::cli
