#include "rules/document.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include <algorithm>

namespace tocsin::rules {
namespace {

Documents read(const std::string& text) {
  const base::SourceText source{"d.yml", text};
  return read_documents({&source, 1});
}

const std::string body = "logsource: {product: p}\ndetection: {a: {f: x}, condition: a}\n";

TEST(DocumentTest, ReadsAllThreeKindsOfAllFiles) {
  const base::SourceText sources[] = {
      {"a.yml", "title: rule\n" + body},
      {"b.yml",
       "title: c\ncorrelation: {type: temporal, rules: rule, timespan: 1m}\n---\ntitle: f\n"
       "logsource: {product: p}\nfilter: {rules: any, a: {f: y}, condition: not a}\n"}};
  const Documents documents = read_documents(sources);
  EXPECT_TRUE(documents.errors.empty());
  ASSERT_EQ(documents.rules.size(), 2U);
  EXPECT_TRUE(documents.rules[0].detection);
  EXPECT_TRUE(documents.rules[1].correlation);
  ASSERT_EQ(documents.filters.size(), 1U);
  EXPECT_TRUE(documents.filters[0].every_rule);
}

// More files than one thread takes at a time, good and bad ones, with and without a cache.
TEST(DocumentTest, WhatIsFoundStandsInTheOrderOfTheFiles) {
  std::vector<base::SourceText> sources;
  for (int i = 0; i < 300; ++i) {
    const std::string title = fmt::format("title: rule {}\n", i);
    const char* const ends[] = {"x: [\n", "level: none\n", "tags: odd\n"};
    sources.push_back({fmt::format("{:03}.yml", i), title + body + (i % 7 < 3 ? ends[i % 7] : "")});
  }
  std::string folder = ::testing::TempDir() + "/tocsin_document_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto told = [&](const std::shared_ptr<base::DiskCache>& cache) {
    const Documents documents = read_documents(sources, {}, cache);
    std::string out;
    for (const RuleDocument& rule : documents.rules)
      out += rule.metadata.origin.name + rule.metadata.title + rule.canonical + "\n";
    for (const base::Error& error : documents.errors) out += base::to_string(error) + "\n";
    for (const base::Error& warning : documents.warnings) out += base::to_string(warning) + "\n";
    EXPECT_EQ(documents.errors.size(), 129U);
    EXPECT_TRUE(std::ranges::is_sorted(documents.errors, {},
                                       [](const base::Error& error) { return error.origin.name; }));
    EXPECT_TRUE(std::ranges::is_sorted(
        documents.rules, {}, [](const RuleDocument& rule) { return rule.metadata.origin.name; }));
    return out;
  };
  const std::string plain = told(nullptr);
  EXPECT_EQ(told(std::make_shared<base::DiskCache>(folder)), plain);  // makes the entry
  EXPECT_EQ(told(std::make_shared<base::DiskCache>(folder)), plain);  // reads it
  std::filesystem::remove_all(folder);
}

TEST(DocumentTest, RefusesAConditionThatStandsForTooMuch) {
  const auto detection = [](std::size_t values, std::size_t times) {
    std::string text = "title: t\nlogsource: {product: p}\ndetection:\n  a:\n    f: [v";
    for (std::size_t i = 1; i < values; ++i) text += fmt::format(", v{}", i);
    text += "]\n  condition: a";
    for (std::size_t i = 1; i < times; ++i) text += " or a";
    return text + "\n";
  };
  EXPECT_TRUE(read(detection(100, 10'000)).errors.empty());
  const Documents documents = read(detection(101, 10'000));
  ASSERT_EQ(documents.errors.size(), 1U);
  EXPECT_EQ(documents.errors[0].code, "rules-36");
  EXPECT_EQ(documents.errors[0].origin.line, 6U);
}

// Else a pack passes the check and stops the daemon's start.
TEST(DocumentTest, RefusesWhatTheCorrelatorCannotJudge) {
  const auto faults = [](const std::string& correlation, const std::string& more = "") {
    std::string out;
    for (const base::Error& error :
         read("title: c\ncorrelation: {timespan: 1m, " + correlation + "}\n" + more).errors)
      out += fmt::format("{}:{} {} ", error.origin.line, error.origin.column, error.code);
    return out;
  };
  EXPECT_EQ(faults("type: event_count, rules: a, condition: {gte: 1000000000}"), "");
  EXPECT_EQ(faults("type: event_count, rules: a, condition: {gte: 1000000001}"), "2:69 rules-48 ");
  EXPECT_EQ(faults("type: event_count, rules: a, condition: {gte: 1, lt: 2000000000}"),
            "2:69 rules-48 ");
  EXPECT_EQ(faults("type: event_count, rules: a, condition: {gte: 2000000000}",
                   "tocsin: {weight: bytes}\n"),
            "");
  EXPECT_EQ(faults("type: temporal, rules: [a, b], condition: {gte: 2}"), "");
  EXPECT_EQ(faults("type: temporal, rules: [a, b], condition: {gte: 3}"), "2:71 rules-48 ");
  std::string many = "r0";
  for (int i = 1; i < 33; ++i) many += fmt::format(", r{}", i);
  EXPECT_NE(faults("type: temporal_ordered, rules: [" + many + "]").find("rules-43"),
            std::string::npos);
}

TEST(DocumentTest, C6GoesOnAfterAnError) {
  const base::SourceText sources[] = {{"bad.yml", "title: [unclosed\n"},
                                      {"empty.yml", "# nothing\n"},
                                      {"good.yml", "title: rule\n" + body}};
  const Documents documents = read_documents(sources);
  ASSERT_EQ(documents.errors.size(), 2U);
  EXPECT_EQ(documents.errors[0].origin.name, "bad.yml");
  EXPECT_EQ(base::to_string(documents.errors[1]), "empty.yml:1:1: rules-1: the file is empty");
  EXPECT_EQ(documents.rules.size(), 1U);
}

TEST(DocumentTest, C6GoesOnAfterADocumentThatIsNoYaml) {
  const Documents documents = read("title: one\n" + body + "---\ntitle: [unclosed\n---\ntitle: " +
                                   "two\nlogsource: {product: p}\ndetection: {a: {f|x: y}, "
                                   "condition: a}\n");
  ASSERT_EQ(documents.rules.size(), 1U);
  ASSERT_EQ(documents.errors.size(), 2U);
  EXPECT_EQ(documents.errors[0].code, "base-1");
  EXPECT_GE(documents.errors[0].origin.line, 5U);
  EXPECT_EQ(documents.errors[1].origin, (base::Origin{"d.yml", 9, 19}));
}

TEST(DocumentTest, ReportsTheErrorsOfADocumentByPlace) {
  const Documents documents =
      read("title: t\nlogsource: {}\nlevel: x\ndetection: {a: {f|y: z}, condition: b}\nid: 5\n");
  std::vector<std::uint32_t> lines;
  for (const base::Error& error : documents.errors) lines.push_back(error.origin.line);
  EXPECT_EQ(lines, (std::vector<std::uint32_t>{2, 3, 4, 4, 5}));
}

TEST(DocumentTest, CanonicalTextIsAboutMeaningOnly) {
  const auto canonical = [](const std::string& text) {
    const Documents documents = read(text);
    EXPECT_EQ(documents.rules.size(), 1U) << text;
    return documents.rules.at(0).canonical;
  };
  const std::string one = canonical("title: one\n" + body);
  EXPECT_EQ(one, canonical("title: two\ndescription: other\n" + body));
  EXPECT_EQ(one, canonical("detection: {condition: a, a: {f: x}}\ntitle: one\n"
                           "logsource: {product: p}  # comment\n"));
  EXPECT_EQ(one, canonical("title: one\n" + body + "tocsin: {actions: lock_account}\n"));
  EXPECT_NE(one, canonical("title: one\n" + body + "tocsin: {group: [a]}\n"));
  EXPECT_NE(
      canonical("title: t\nlogsource: {product: p}\ndetection: {a: {f: 5}, condition: a}\n"),
      canonical("title: t\nlogsource: {product: p}\ndetection: {a: {f: '5'}, condition: a}\n"));
}

TEST(DocumentTest, KnowsWhichRulesAreBroken) {
  const Documents documents = read("title: t\nname: this\nlevel: x\n" + body);
  EXPECT_TRUE(documents.rules.empty());
  EXPECT_NE(std::ranges::find(documents.broken, "this"), documents.broken.end());
}

}  // namespace
}  // namespace tocsin::rules
