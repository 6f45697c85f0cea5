#include "base/yaml_forest.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace tocsin::base {
namespace {

namespace fs = std::filesystem;

// Everything that a tree says, its places too.
std::string told(const YamlNode& node) {
  std::string out = std::to_string(static_cast<int>(node.kind)) + (node.quoted ? "q" : "") + "@" +
                    std::to_string(node.line) + ":" + std::to_string(node.column) + "<" +
                    node.text + ">";
  for (const YamlNode& item : node.items) out += "[" + told(item) + "]";
  for (const YamlNode::Member& member : node.members) {
    out += "{" + member.key + (member.key_quoted ? "q" : "") + "@" + std::to_string(member.line) +
           ":" + std::to_string(member.column) + "=" + told(member.value) + "}";
  }
  return out;
}

std::string told(const Result<std::vector<YamlNode>>& documents) {
  if (!documents) return to_string(documents.error());
  std::string out = std::to_string(documents->size());
  for (const YamlNode& document : *documents) out += "\n" + told(document);
  return out;
}

class YamlForestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/tocsin_forest_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    cache_ = std::make_shared<DiskCache>(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::vector<fs::path> entries() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder_)) out.push_back(entry.path());
    return out;
  }
  void expect_as_parsed() {
    YamlForest forest(sources_, limits_, cache_);
    for (std::size_t i = 0; i < sources_.size(); ++i)
      EXPECT_EQ(told(forest.take(i)), told(parse_yaml(sources_[i], limits_))) << i;
    forest.keep();
  }

  std::string folder_;
  std::shared_ptr<DiskCache> cache_;
  YamlLimits limits_;
  std::vector<SourceText> sources_{
      {"a.yml", "title: 'a: b'\n\"k\":\n  - 1\n  - ~\n  - [x, {y: z}]\nnone:\ne: ''\n"},
      {"broken.yml", "a: b: c\n"},
      {"twice.yml", "a: 1\na: 2\n"},
      {"many.yml", "a: 1\n---\n---\n|\n  text\n  more\n"},
      {"empty.yml", ""},
      {"long.yml", "a: " + std::string(300, 'x') + "\n"},
  };
};

TEST_F(YamlForestTest, GivesWhatTheParserGives) {
  expect_as_parsed();  // makes them
  ASSERT_EQ(entries().size(), 1U);
  expect_as_parsed();  // from the cache
  EXPECT_EQ(entries().size(), 1U);
  cache_ = nullptr;
  expect_as_parsed();
}

TEST_F(YamlForestTest, TreesFromTheCacheAreNotParsed) {
  expect_as_parsed();
  YamlForest forest(sources_, limits_, cache_);
  const std::string before = told(forest.take(0));
  sources_[0].text = "changed: behind its back\n";
  EXPECT_EQ(told(forest.take(0)), before);
}

TEST_F(YamlForestTest, AnyChangeOfATextOrALimitIsAnotherForest) {
  expect_as_parsed();
  sources_[3].text += "# more\n";
  expect_as_parsed();
  EXPECT_EQ(entries().size(), 2U);
  limits_.depth = 2;  // refuses what it took before
  expect_as_parsed();
  EXPECT_EQ(entries().size(), 3U);
  std::swap(sources_[0].text, sources_[5].text);
  expect_as_parsed();
  EXPECT_EQ(entries().size(), 4U);
}

TEST_F(YamlForestTest, TheNameOfAFileIsNoPartOfATree) {
  expect_as_parsed();
  for (SourceText& source : sources_) source.name = "elsewhere/" + source.name;
  expect_as_parsed();
  EXPECT_EQ(entries().size(), 1U);
}

// Whole by its sum, and wrong all the same: whatever stands there, nothing but the parser's answer
// comes out, or a tree that somebody wrote on purpose; never a crash.
TEST_F(YamlForestTest, WhatDoesNotReadAsTreesIsParsed) {
  expect_as_parsed();
  const std::string hex = entries()[0].filename().string();
  Sha256 name;
  for (std::size_t i = 0; i < name.size(); ++i)
    name[i] = static_cast<std::uint8_t>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
  const std::string good = *cache_->read(name);
  for (std::size_t size = 0; size < good.size(); size += 7) {
    cache_->write(name, good.substr(0, size));
    expect_as_parsed();
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(0xFF);
    cache_->write(name, bad);
    YamlForest forest(sources_, limits_, cache_);
    for (std::size_t i = 0; i < sources_.size(); ++i) static_cast<void>(forest.take(i));
  }
}

}  // namespace
}  // namespace tocsin::base
