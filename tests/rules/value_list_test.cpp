#include "rules/value_list.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

struct Read {
  ValueLists lists;
  base::Errors errors;
};

Read read(std::initializer_list<std::string> texts) {
  std::vector<base::SourceText> sources;
  for (const std::string& text : texts)
    sources.push_back({"l" + std::to_string(sources.size()) + ".yml", text});
  Read out;
  out.lists = ValueLists::read(sources, out.errors);
  return out;
}

std::string fault(const std::string& text) {
  const Read r = read({text});
  return r.errors.empty() ? "" : base::to_string(r.errors[0]);
}

TEST(ValueListTest, SeveralListsAFileAndSeveralFiles) {
  const Read r = read({"description: ours\nlists:\n  A: [one, 'two*']\n  B: NO\n",
                       "lists: {C: []}\n---\nlists: {D: [5, 0x10]}\n"});
  EXPECT_TRUE(r.errors.empty());
  ASSERT_NE(r.lists.find("A"), nullptr);
  EXPECT_EQ(r.lists.find("A")->values.size(), 2U);
  EXPECT_EQ(to_string(r.lists.find("A")->values[1]), "two*");
  EXPECT_EQ(to_string(r.lists.find("B")->values[0]), "NO");
  EXPECT_TRUE(r.lists.find("C")->values.empty());
  EXPECT_EQ(to_string(r.lists.find("D")->values[1]), "0x10");
  EXPECT_EQ(r.lists.find("a"), nullptr);
  EXPECT_EQ(r.lists.names(), (std::vector<std::string_view>{"A", "B", "C", "D"}));
}

TEST(ValueListTest, WhatIsWrongIsToldWithItsPlace) {
  EXPECT_TRUE(fault("lists: [a]\n").starts_with("l0.yml:1:8: rules-27"));
  EXPECT_TRUE(fault("- a\n").starts_with("l0.yml:1:1: rules-27"));
  EXPECT_TRUE(fault("lists: {A: [null]}\n").starts_with("l0.yml:1:13: rules-27"));
  EXPECT_TRUE(fault("lists: {'%A%': [a]}\n").starts_with("l0.yml:1:9: rules-27"));
  EXPECT_TRUE(fault("lists: {A: {b: c}}\n").starts_with("l0.yml:1:12: rules-27"));
  EXPECT_TRUE(fault("lists: {A: b}\nvalues: c\n").starts_with("l0.yml:2:1: rules-4"));
  EXPECT_NE(fault("lists: {A: [}\n"), "");
}

TEST(ValueListTest, ANameGivenTwiceCannotBeUsedAndTheOthersCan) {
  const Read r = read({"lists: {A: [a], B: [b]}\n", "lists: {A: [c]}\n"});
  ASSERT_EQ(r.errors.size(), 1U);
  EXPECT_EQ(r.errors[0].code, "rules-28");
  EXPECT_EQ(r.errors[0].origin.name, "l1.yml");
  EXPECT_NE(r.errors[0].sentence.find("l0.yml:1"), std::string::npos);
  EXPECT_TRUE(r.lists.find("A")->is_broken);
  EXPECT_FALSE(r.lists.find("B")->is_broken);
}

TEST(ValueListTest, AUseKnowsWhatItTook) {
  const Read r = read({"lists: {A: [a], B: [b], Servers: [c]}\n"});
  ListUse none(r.lists, "T");
  EXPECT_EQ(none.canonical(), "");
  ListUse one(r.lists, "T"), same(r.lists, "other"), two(r.lists, "T");
  static_cast<void>(one.take("A"));
  static_cast<void>(one.take("nobody"));
  static_cast<void>(same.take("A"));
  static_cast<void>(same.take("A"));
  static_cast<void>(two.take("B"));
  EXPECT_EQ(one.canonical(), same.canonical());
  EXPECT_NE(one.canonical(), two.canonical());
  const Read other = read({"lists: {A: [a, x]}\n"});
  ListUse changed(other.lists, "T");
  static_cast<void>(changed.take("A"));
  EXPECT_NE(one.canonical(), changed.canonical());
  EXPECT_NE(one.refusal("Server").find("did you mean `Servers`"), std::string::npos);
  EXPECT_NE(one.refusal("Administrators").find("lists: {Administrators: [value, ...]}"),
            std::string::npos);
}

}  // namespace
}  // namespace tocsin::rules
