#include "base/scan_database.hpp"

#include <gtest/gtest.h>
#include <hs.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace tocsin::base {
namespace {

namespace fs = std::filesystem;

std::vector<unsigned> found(const ScanCompiler::Made& made, std::string_view text) {
  std::vector<unsigned> out;
  EXPECT_TRUE(made);
  if (!made) return out;
  hs_scratch_t* scratch = nullptr;
  EXPECT_EQ(hs_alloc_scratch(made->get(), &scratch), HS_SUCCESS);
  const auto on_match = [](unsigned id, unsigned long long, unsigned long long, unsigned,
                           void* context) {
    static_cast<std::vector<unsigned>*>(context)->push_back(id);
    return 0;
  };
  EXPECT_EQ(hs_scan(made->get(), text.data(), static_cast<unsigned>(text.size()), 0, scratch,
                    on_match, &out),
            HS_SUCCESS);
  hs_free_scratch(scratch);
  return out;
}

class ScanDatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/tocsin_scan_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::vector<fs::path> entries() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder_)) out.push_back(entry.path());
    return out;
  }

  std::string folder_;
  const std::vector<std::string_view> literals_{"abc", "x*"};
  const std::vector<ScanExpression> expressions_{{"a+b", HS_FLAG_CASELESS, 7}, {"c$", 0, 9}};
};

TEST_F(ScanDatabaseTest, FindsLiteralsAndExpressions) {
  ScanCompiler compiler;
  EXPECT_EQ(found(compiler.literals(literals_), "abc x* ABC xx"), (std::vector<unsigned>{0, 1}));
  EXPECT_EQ(found(compiler.expressions(expressions_), "AAB c"), (std::vector<unsigned>{7, 9}));
  const std::vector<ScanExpression> bad{{"(", 0, 0}};
  const auto refused = compiler.expressions(bad);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().empty());
}

TEST_F(ScanDatabaseTest, EqualOnesAreOneAsLongAsSomebodyHasIt) {
  ScanCompiler compiler;
  const auto first = compiler.literals(literals_);
  EXPECT_EQ(compiler.literals(literals_)->get(), first->get());
  EXPECT_NE(compiler.literals(std::vector<std::string_view>{"abc"})->get(), first->get());
  EXPECT_NE(compiler.literals(literals_, HS_FLAG_CASELESS)->get(), first->get());
  // The same text under another number, or with another flag, is another.
  const std::vector<ScanExpression> one{{"abc", 0, 0}}, numbered{{"abc", 0, 1}},
      flagged{{"abc", HS_FLAG_CASELESS, 0}};
  const auto expression = compiler.expressions(one);
  EXPECT_NE(expression->get(), first->get());
  EXPECT_NE(compiler.expressions(numbered)->get(), expression->get());
  EXPECT_NE(compiler.expressions(flagged)->get(), expression->get());
}

TEST_F(ScanDatabaseTest, TheNextProcessFindsThemOnDisk) {
  {
    ScanCompiler compiler(std::make_shared<DiskCache>(folder_));
    EXPECT_TRUE(compiler.literals(literals_));
    EXPECT_TRUE(compiler.expressions(expressions_));
  }
  const auto kept = entries();
  EXPECT_EQ(kept.size(), 2U);
  ScanCompiler compiler(std::make_shared<DiskCache>(folder_));
  EXPECT_EQ(found(compiler.literals(literals_), "abc x*"), (std::vector<unsigned>{0, 1}));
  EXPECT_EQ(found(compiler.expressions(expressions_), "AAB c"), (std::vector<unsigned>{7, 9}));
  EXPECT_EQ(entries().size(), 2U);
}

// What lies in the cache under the right name and whole, and is no database of this library.
TEST_F(ScanDatabaseTest, WhatIsNoDatabaseIsMadeAnew) {
  {
    ScanCompiler compiler(std::make_shared<DiskCache>(folder_));
    EXPECT_TRUE(compiler.literals(literals_));
  }
  ASSERT_EQ(entries().size(), 1U);
  const std::string hex = entries()[0].filename().string();
  Sha256 name;
  for (std::size_t i = 0; i < name.size(); ++i)
    name[i] = static_cast<std::uint8_t>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
  const auto cache = std::make_shared<DiskCache>(folder_);
  const std::string good = *cache->read(name);
  std::string damaged = good;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x10);
  for (const std::string& bad : {std::string(), std::string("no database"), damaged,
                                 good.substr(0, good.size() - 1), good.substr(0, 20)}) {
    cache->write(name, bad);
    ScanCompiler compiler(cache);
    EXPECT_EQ(found(compiler.literals(literals_), "abc x*"), (std::vector<unsigned>{0, 1}));
    EXPECT_EQ(cache->read(name), good);  // written again
  }
}

}  // namespace
}  // namespace tocsin::base
