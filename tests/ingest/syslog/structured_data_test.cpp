#include "ingest/syslog/structured_data.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

namespace tocsin::ingest {
namespace {

std::vector<std::string> read(std::string_view text, std::size_t elements = 64,
                              std::size_t parameters = 256) {
  base::Arena arena;
  StructuredDataReader reader(text, elements, parameters);
  std::vector<std::string> out;
  for (StructuredDataParameter p; reader.next(arena, p);)
    out.push_back(std::string(p.id) + "." + std::string(p.name) + "=" + std::string(p.value));
  return out;
}
using Texts = std::vector<std::string>;

TEST(StructuredData, ElementsAndParameters) {
  constexpr std::string_view text = R"([a@1 x="1" y=""][origin][b z="two words"])";
  const StructuredDataCheck check = check_structured_data(text);
  EXPECT_EQ(check.size, text.size());
  EXPECT_EQ(check.elements, 3U);
  EXPECT_EQ(check.parameters, 3U);
  EXPECT_FALSE(check.faulty);
  EXPECT_EQ(read(text), (Texts{"a@1.x=1", "a@1.y=", "origin.=", "b.z=two words"}));
}

TEST(StructuredData, Escapes) {
  constexpr std::string_view text = R"([a q="x\"y" b="c\\d" r="e\]f" t="C:\Temp\n" e="\\"])";
  EXPECT_EQ(check_structured_data(text).size, text.size());
  EXPECT_FALSE(check_structured_data(text).faulty);
  EXPECT_EQ(read(text),
            (Texts{R"(a.q=x"y)", R"(a.b=c\d)", "a.r=e]f", R"(a.t=C:\Temp\n)", R"(a.e=\)"}));
}

TEST(StructuredData, EndsWhereTheElementsEnd) {
  EXPECT_EQ(check_structured_data(R"([a x="1"] message)").size, 9U);
  EXPECT_EQ(check_structured_data("[a]x").size, 3U);
}

TEST(StructuredData, WhatDoesNotFollowTheGrammar) {
  for (const char* text :
       {"[", "[]", "[ a]", "[a", "[a ", "[a x", "[a x=", "[a x=1]", "[a x=\"1", "[a x=\"1\"",
        "[a x=\"1\" ]", "[a  x=\"1\"]", "[a x= \"1\"]", "[a x=\"1\"y=\"2\"]", "[a][", "[a][b",
        "[a x=\"q\"uote\"]", "[a x=\"\\\"]", "[a=b]"})
    EXPECT_EQ(check_structured_data(text).size, 0U) << text;
}

TEST(StructuredData, ReadableFaults) {
  EXPECT_TRUE(check_structured_data("[a][b][a]").faulty);
  EXPECT_TRUE(check_structured_data(R"([a x="]"])").faulty);
  EXPECT_TRUE(check_structured_data("[" + std::string(33, 'a') + "]").faulty);
  EXPECT_EQ(read(R"([a x="]"][a x="2"])"), (Texts{"a.x=]", "a.x=2"}));
}

TEST(StructuredData, Limits) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "[e" + std::to_string(i) + R"( a="1" b="2"])";
  EXPECT_EQ(read(text).size(), 20U);
  EXPECT_EQ(read(text, 3).size(), 6U);
  EXPECT_EQ(read(text, 64, 5).size(), 5U);
}

TEST(StructuredData, TimeIsLinearInTheText) {
  const auto ticks = [](std::size_t parameters) {
    std::string text = "[a";
    for (std::size_t i = 0; i < parameters; ++i) text += " x=\"\\\"\\\"\"";
    text += "]";
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
      const std::clock_t start = std::clock();  // of this process, however busy the machine is
      EXPECT_EQ(check_structured_data(text).parameters, parameters);
      EXPECT_EQ(read(text, 64, parameters).size(), parameters);
      best = std::min(best, static_cast<double>(std::clock() - start));
    }
    return best;
  };
  EXPECT_LT(ticks(80'000) / ticks(20'000), 12.0);  // 4 when linear, 16 when quadratic
}

TEST(StructuredData, NothingToRead) {
  EXPECT_TRUE(read("").empty());
  EXPECT_TRUE(read("[").size() <= 1);
  EXPECT_TRUE(read("[a x").empty());
}

}  // namespace
}  // namespace tocsin::ingest
