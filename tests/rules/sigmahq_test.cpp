// All of SigmaHQ loads, but for what is refused with a reason; nothing in it makes us fall.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "rules/compiled.hpp"
#include "rules/matcher.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::rules {
namespace {

std::vector<base::SourceText> read_tree(const std::filesystem::path& root) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".yml" || extension == ".yaml"))
      paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  std::vector<base::SourceText> out;
  for (const std::string& path : paths) {
    auto source = base::read_source(path);
    EXPECT_TRUE(source) << path;
    if (source) out.push_back(std::move(*source));
  }
  return out;
}

class SigmaHqTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("TOCSIN_DATA");
    if (data == nullptr) GTEST_SKIP() << "TOCSIN_DATA is not set";
    root_ = std::filesystem::path(data) / "sigma";
  }

  // Loads a tree; prints what was refused, by code, and every refusal when TOCSIN_VERBOSE is set.
  RuleSet::Loaded load(const char* folder) {
    const auto sources = read_tree(root_ / folder);
    event::FieldTable fields;
    const auto start = std::chrono::steady_clock::now();
    auto loaded = RuleSet::load(sources, fields);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::map<std::string, int> codes;
    for (const base::Error& error : loaded.errors) {
      ++codes[error.code];
      EXPECT_FALSE(error.sentence.empty());
      EXPECT_GT(error.origin.line, 0U) << base::to_string(error);
      EXPECT_GT(error.origin.column, 0U) << base::to_string(error);
      if (std::getenv("TOCSIN_VERBOSE") != nullptr)
        std::printf("%s\n", base::to_string(error).c_str());
    }
    std::printf("%s: %zu files, %zu rules in %.2f s, %zu errors, %zu warnings\n", folder,
                sources.size(), loaded.rules->size(), took.count(), loaded.errors.size(),
                loaded.warnings.size());
    for (const auto& [code, count] : codes) std::printf("  %s: %d\n", code.c_str(), count);
    return loaded;
  }

  std::filesystem::path root_;
};

TEST_F(SigmaHqTest, AllRulesLoadButForModifiersOfLaterVersions) {
  const auto loaded = load("rules");
  for (const base::Error& error : loaded.errors)
    EXPECT_EQ(error.code, "rules-24") << base::to_string(error);
  EXPECT_EQ(loaded.rules->size() + loaded.errors.size(), 3754U);
  EXPECT_LE(loaded.errors.size(), 7U);
}

TEST_F(SigmaHqTest, ProgramsOfAllLogsourcesAreBuilt) {
  const auto sources = read_tree(root_ / "rules");
  event::FieldTable fields;
  const auto loaded = RuleSet::load(sources, fields);
  event::LogsourceTable logsources;
  for (const Rule& rule : loaded.rules->rules()) logsources.intern({rule.logsource});
  const auto start = std::chrono::steady_clock::now();
  Matcher matcher(loaded.rules, logsources, fields);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%zu log sources: programs built in %.2f s\n", logsources.size(), took.count());
  std::size_t ungated = 0, rules = 0;
  for (std::uint16_t i = 0; i < logsources.size(); ++i) {
    const auto program = loaded.rules->compiled().program_for(logsources[event::LogsourceId(i)]);
    for (const Program::Rule& rule : program->rules()) {
      ++rules;
      if (rule.is_gated) continue;
      ++ungated;
      if (std::getenv("TOCSIN_VERBOSE") != nullptr)
        std::printf("no gate: %s\n", (*loaded.rules)[rule.index].title.c_str());
    }
  }
  std::printf("%zu of %zu rules (with repeats) have no gate\n", ungated, rules);
  EXPECT_LT(ungated * 50, rules);
}

TEST_F(SigmaHqTest, PlaceholdersAndOldSyntaxAreRefusedWithAReason) {
  const auto placeholders = load("extra/rules-placeholder");
  for (const base::Error& error : placeholders.errors)
    EXPECT_EQ(error.code, "rules-24") << base::to_string(error);
  EXPECT_EQ(placeholders.rules->size(), 0U);
  const auto unsupported = load("extra/unsupported");
  EXPECT_GT(unsupported.errors.size(), 50U);
}

TEST_F(SigmaHqTest, RealCorrelationsLoad) {
  const auto loaded = load("correlation");
  std::size_t correlations = 0;
  for (const Rule& rule : loaded.rules->rules()) correlations += rule.is_correlation() ? 1 : 0;
  std::printf("%zu correlations\n", correlations);
  EXPECT_GE(correlations, 3U);
}

}  // namespace
}  // namespace tocsin::rules
