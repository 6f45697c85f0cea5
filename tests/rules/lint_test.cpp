#include "rules/lint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>

namespace tocsin::rules {
namespace {

constexpr const char* head =
    "title: t\nid: 11111111-2222-4333-8444-555555555555\nstatus: test\ndescription: d\n"
    "author: a\ndate: 2026-01-01\nlevel: low\nlogsource: {product: p}\n";

// "LINE code: sentence" of each warning; lines count from `detection:`.
std::vector<std::string> warnings(const std::string& detection) {
  const base::SourceText source{"r.yml", head + ("detection:\n" + detection)};
  const Documents documents = read_documents({&source, 1});
  for (const base::Error& error : documents.errors) ADD_FAILURE() << base::to_string(error);
  std::vector<std::string> out;
  for (const base::Error& warning : lint(documents)) {
    out.push_back(std::to_string(warning.origin.line - 8) + " " + warning.code + ": " +
                  warning.sentence);
  }
  return out;
}

using Told = std::vector<std::string>;

TEST(LintTest, WhatCanNeverBeMetIsToldWithTheReason) {
  EXPECT_EQ(warnings("  sel:\n    a|endswith: [x, y]\n    a|contains|all: [qqq, rrr]\n"
                     "  condition: sel\n"),
            Told());
  EXPECT_EQ(warnings("  sel:\n    a: xxx\n    a|endswith: y\n  condition: sel\n"),
            Told{"2 rules-100: `sel` can never be met: `a` has to meet both, ends with 'y' and is "
                 "'xxx'"});
  EXPECT_EQ(warnings("  s1: {a: xxx}\n  s2: {a: yyy}\n  condition: 1 of s* and not 1 of s*\n"),
            Told{"4 rules-100: the condition can never be met: that `a` is 'xxx' is both asked and "
                 "excluded"});
}

TEST(LintTest, WhatIsAlwaysMetIsTold) {
  EXPECT_EQ(warnings("  sel: {a: xxx}\n  condition: sel or not sel\n")[0],
            "3 rules-101: the condition is met by every event of the log source");
  EXPECT_EQ(warnings("  sel: {b: yyy}\n  any:\n    - a: null\n    - a: '*'\n"
                     "  condition: sel and any\n"),
            Told{"3 rules-101: `any` is met by every event"});
}

TEST(LintTest, SelectionsThatDoNothingAreTold) {
  EXPECT_EQ(warnings("  sel: {a: xxx}\n  left: {b: yyy}\n  condition: sel\n"),
            Told{"3 rules-102: the condition does not use `left`"});
  EXPECT_EQ(
      warnings("  sel: {a|endswith: '\\a.exe'}\n  filter: {a|endswith: '\\b.exe'}\n"
               "  condition: sel and not filter\n"),
      Told{"3 rules-102: `filter` changes nothing: no event that comes to it can meet it: `a` has "
           "to meet both, ends with '\\a.exe' and ends with '\\b.exe'"});
  EXPECT_EQ(warnings("  sel: {a|endswith: '\\a.exe'}\n  wide: {a|endswith: '.exe'}\n"
                     "  condition: sel and wide\n"),
            Told{"3 rules-102: `wide` changes nothing: every event that comes to it meets it"});
  EXPECT_EQ(warnings("  sel: {a|endswith: '.exe'}\n  filter: {a|endswith: '\\a.exe'}\n"
                     "  condition: sel and not filter\n"),
            Told());
}

TEST(LintTest, RulesThatAreLookedAtForEveryEventAreTold) {
  const auto is_dear = [](const std::string& detection) {
    const Told told = warnings(detection);
    return std::ranges::any_of(
        told, [](const std::string& one) { return one.find("rules-105") != std::string::npos; });
  };
  EXPECT_TRUE(is_dear("  sel: {a: xxx}\n  condition: not sel\n"));
  EXPECT_TRUE(is_dear("  sel: {a: null}\n  condition: sel\n"));
  EXPECT_TRUE(is_dear("  sel: {a|contains: ab}\n  condition: sel\n"));
  EXPECT_TRUE(is_dear("  sel: {a|re: 'x+'}\n  condition: sel\n"));
  EXPECT_FALSE(is_dear("  sel: {a|re: 'x+', b: yyy}\n  condition: sel\n"));
  EXPECT_FALSE(is_dear("  sel: {a|contains: abc}\n  condition: sel\n"));
}

TEST(LintTest, WordsThatAreMissingAreOneWarningARule) {
  const base::SourceText source{
      "r.yml",
      "title: One\nlogsource: {product: p}\nlevel: low\n"
      "detection: {sel: {a: xxx}, condition: sel}\n"
      "---\ntitle: Two\nname: two\nlogsource: {product: p}\n"
      "detection: {sel: {a: xxx}, condition: sel}\n"
      "---\ntitle: Three\nid: 11111111-2222-4333-8444-555555555555\nstatus: test\n"
      "description: d\nauthor: a\ndate: 2026-01-01\nlevel: low\n"
      "correlation: {type: event_count, rules: [two], timespan: 5m, condition: {gte: 2}}\n"};
  const base::Errors told = lint(read_documents({&source, 1}));
  ASSERT_EQ(told.size(), 1U) << "what only serves a correlation needs none";
  EXPECT_EQ(told[0].code, "rules-103");
  EXPECT_EQ(told[0].sentence,
            "the rule says no id, status, description, author, date; who reads its alerts will ask "
            "for it");
}

TEST(LintTest, AFilterIsLookedAtLikeARule) {
  const base::SourceText source{"f.yml",
                                "title: f\nlogsource: {product: p}\nfilter:\n  rules: any\n"
                                "  out: {a: xxx}\n  more: {b: yyy}\n  condition: not out\n"};
  const base::Errors told = lint(read_documents({&source, 1}));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].sentence, "the condition does not use `more`");
}

TEST(LintTest, AllOfSigmaHqIsLookedThroughAndFewRulesAreBlamed) {
  const char* data = std::getenv("TOCSIN_DATA");
  if (data == nullptr) GTEST_SKIP() << "TOCSIN_DATA is not set";
  std::vector<base::SourceText> sources;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(data) / "sigma" / "rules")) {
    if (entry.path().extension() != ".yml") continue;
    auto source = base::read_source(entry.path().string());
    ASSERT_TRUE(source) << entry.path();
    sources.push_back(*std::move(source));
  }
  const Documents documents = read_documents(sources);
  const auto start = std::chrono::steady_clock::now();
  const base::Errors told = lint(documents);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::map<std::string, int> codes;
  for (const base::Error& warning : told) ++codes[warning.code];
  for (const auto& [code, count] : codes) std::printf("  %s: %d\n", code.c_str(), count);
  std::printf("%zu warnings in %.2f s\n", told.size(), took.count());
  EXPECT_LT(told.size() * 20, documents.rules.size());
}

}  // namespace
}  // namespace tocsin::rules
