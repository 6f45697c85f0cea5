#include "rules/field_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "rules/folding.hpp"

namespace tocsin::rules {
namespace {

using Hits = std::vector<std::uint32_t>;

Hits sorted(Hits hits) {
  std::ranges::sort(hits);
  return hits;
}

TEST(FieldIndexTest, ExactFindsAllPredicatesOfAValue) {
  ExactIndex index;
  index.build({{"bob", 1, false}, {"alice", 2, false}, {"bob", 3, true}, {"", 4, false}});
  const auto find = [&](std::string_view value) {
    Hits hits;
    if (index.may_be(value))
      index.look_up(folded(value),
                    [&](std::uint32_t p, bool verify) { hits.push_back(verify ? p + 100 : p); });
    return sorted(hits);
  };
  EXPECT_EQ(find("bob"), (Hits{1, 103}));
  EXPECT_EQ(find("BOB"), (Hits{1, 103}));
  EXPECT_EQ(find("alice"), (Hits{2}));
  EXPECT_EQ(find(""), (Hits{4}));
  EXPECT_EQ(find("bo"), Hits{});
  EXPECT_EQ(find("carol"), Hits{});
  EXPECT_EQ(find("tom"), Hits{});
  EXPECT_EQ(find("Bob "), Hits{});
}

TEST(FieldIndexTest, ExactRefusesNothingThatFoldsToAKey) {
  ExactIndex index;
  index.build({{"k", 1, false}, {"ask", 2, false}});
  EXPECT_TRUE(index.may_be("K"));
  EXPECT_TRUE(index.may_be("\xE2\x84\xAA")) << "the Kelvin sign";
  EXPECT_TRUE(index.may_be("A\xC5\xBFK")) << "a long s";
  EXPECT_FALSE(index.may_be("as"));
  EXPECT_FALSE(index.may_be("bsk"));
  EXPECT_FALSE(index.may_be("ask and much more"));
}

TEST(FieldIndexTest, ExactHoldsThousands) {
  std::vector<IndexEntry> entries;
  for (std::uint32_t i = 0; i < 5000; ++i) entries.push_back({std::to_string(i), i, false});
  ExactIndex index;
  index.build(entries);
  for (std::uint32_t i = 0; i < 6000; ++i) {
    Hits hits;
    index.look_up(std::to_string(i), [&](std::uint32_t p, bool) { hits.push_back(p); });
    ASSERT_EQ(hits, i < 5000 ? Hits{i} : Hits{}) << i;
  }
}

Hits edges(const PrefixIndex& index, const std::string& value) {
  Hits hits;
  if (index.may_fit(value)) {
    const std::string text = folded(value);
    index.look_up(
        value, [&] { return std::string_view(text); },
        [&](std::uint32_t p, bool) { hits.push_back(p); });
  }
  return sorted(hits);
}

TEST(FieldIndexTest, PrefixesHangOnEachOther) {
  PrefixIndex index(false);
  index.build({{"a", 1, false},
               {"ab", 2, false},
               {"abc", 3, false},
               {"abd", 4, false},
               {"b", 5, false},
               {"ab", 6, false},
               {"\xC3\xA9t", 7, false}});
  EXPECT_EQ(edges(index, "abcd"), (Hits{1, 2, 3, 6}));
  EXPECT_EQ(edges(index, "ABE"), (Hits{1, 2, 6}));
  EXPECT_EQ(edges(index, "ac"), (Hits{1}));
  EXPECT_EQ(edges(index, "b"), (Hits{5}));
  EXPECT_EQ(edges(index, "\xC3\x89t\xC3\x89"), (Hits{7}));
  EXPECT_EQ(edges(index, ""), Hits{});
  EXPECT_EQ(edges(index, "c"), Hits{});
}

TEST(FieldIndexTest, SuffixesAreReadBackwards) {
  PrefixIndex index(true);
  index.build(
      {{"\\cmd.exe", 1, false}, {".exe", 2, false}, {"\xC3\xA9", 3, false}, {"k", 4, false}});
  EXPECT_EQ(edges(index, "C:\\Windows\\CMD.EXE"), (Hits{1, 2}));
  EXPECT_EQ(edges(index, "cmd.exe"), (Hits{2}));
  EXPECT_EQ(edges(index, "caf\xC3\x89"), (Hits{3}));
  EXPECT_EQ(edges(index, "\xE2\x84\xAA"), (Hits{4})) << "Kelvin folds to k";
  EXPECT_EQ(edges(index, "exe"), Hits{});
}

TEST(FieldIndexTest, PrefixesLongerThanTheStackBuffer) {
  const std::string key(1000, 'a');
  PrefixIndex index(false);
  index.build({{key, 1, false}, {"a", 2, false}});
  EXPECT_EQ(edges(index, std::string(1000, 'A')), (Hits{1, 2}));
  EXPECT_EQ(edges(index, std::string(999, 'A')), (Hits{2}));
}

TEST(FieldIndexTest, LongTextsAreFoundAsThoughComparedWithEach) {
  // Few letters, so that keys share heads, begin with each other, and differ behind eight bytes.
  const char* const parts[] = {"a", "b", "A",        "@",        "[",
                               "`", "{", "aaaaaaaa", "abababab", "\xC3\xA9"};
  std::uint32_t state = 1;
  const auto text = [&](std::uint32_t most) {
    std::string out;
    state = state * 1664525 + 1013904223;
    for (std::uint32_t left = state >> 24U; left % (most + 1) != 0; --left) {
      state = state * 1664525 + 1013904223;
      out += parts[(state >> 20U) % std::size(parts)];
    }
    return out;
  };
  for (const bool backwards : {false, true}) {
    std::vector<IndexEntry> entries;
    for (std::uint32_t i = 0; i < 400; ++i) {
      const std::string key = folded(text(4));
      if (!key.empty()) entries.push_back({key, i, false});
    }
    PrefixIndex index(backwards);
    index.build(entries);
    std::size_t found = 0;
    for (int i = 0; i < 20'000; ++i) {
      const std::string value = text(7), plain = folded(value);
      Hits wanted;
      for (const IndexEntry& entry : entries) {
        if (backwards ? plain.ends_with(entry.key) : plain.starts_with(entry.key))
          wanted.push_back(entry.predicate);
      }
      found += wanted.size();
      ASSERT_EQ(edges(index, value), wanted) << value;
    }
    EXPECT_GT(found, 10'000U);
  }
}

Predicate number(rules::Test test, double value, Comparison comparison = Comparison::lt) {
  Predicate out;
  out.test = test;
  out.comparison = comparison;
  out.number = {false, 0, value};
  return out;
}

TEST(FieldIndexTest, NumbersAreFoundOnBothSides) {
  NumberIndex index;
  index.add(number(rules::Test::number, 5), 1);
  index.add(number(rules::Test::comparison, 5, Comparison::lt), 2);
  index.add(number(rules::Test::comparison, 5, Comparison::lte), 3);
  index.add(number(rules::Test::comparison, 5, Comparison::gt), 4);
  index.add(number(rules::Test::comparison, 5, Comparison::gte), 5);
  index.add(number(rules::Test::comparison, -1, Comparison::gt), 6);
  index.build();
  const auto find = [&](std::string_view value) {
    Hits hits;
    index.look_up(value, [&](std::uint32_t p, bool) { hits.push_back(p); });
    return sorted(hits);
  };
  EXPECT_EQ(find("5"), (Hits{1, 3, 5, 6}));
  EXPECT_EQ(find("4.9"), (Hits{2, 3, 6}));
  EXPECT_EQ(find("6"), (Hits{4, 5, 6}));
  EXPECT_EQ(find("-1"), (Hits{2, 3}));
  EXPECT_EQ(find("five"), Hits{});
}

TEST(FieldIndexTest, NetworksOfAllLengths) {
  NetworkIndex index;
  const char* const networks[] = {"10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16", "0.0.0.0/0", "::/0"};
  for (std::uint32_t i = 0; i < 5; ++i) index.add(*parse_network(networks[i]), i);
  index.build();
  const auto find = [&](std::string_view value) {
    Hits hits;
    index.look_up(value, [&](std::uint32_t p, bool) { hits.push_back(p); });
    return sorted(hits);
  };
  EXPECT_EQ(find("10.1.2.3"), (Hits{0, 1, 2, 3}));
  EXPECT_EQ(find("10.2.2.3"), (Hits{0, 3}));
  EXPECT_EQ(find("::1"), (Hits{4}));
  EXPECT_EQ(find("host"), Hits{});
}

}  // namespace
}  // namespace tocsin::rules
