// All of SigmaHQ loads, but for what is refused with a reason; nothing in it makes us fall.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <set>

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
  RuleSet::Loaded load(const char* folder, const char* lists = nullptr) {
    const auto sources = read_tree(root_ / folder);
    event::FieldTable fields;
    const auto start = std::chrono::steady_clock::now();
    const base::SourceText given{"lists.yml", lists == nullptr ? "" : lists};
    auto loaded = RuleSet::load(sources, fields, {}, std::span(&given, lists == nullptr ? 0U : 1U));
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

TEST_F(SigmaHqTest, AllRulesLoadWithValueLists) {
  const auto loaded = load("rules", "lists: {known_cdcs: [dc01.example.org]}");
  EXPECT_EQ(loaded.rules->size(), 3754U);
  EXPECT_TRUE(loaded.errors.empty()) << base::to_string(loaded.errors.front());
}

// The only two of all.
TEST_F(SigmaHqTest, RulesWithPlaceholdersAreRefusedByNameWithoutTheirLists) {
  const auto loaded = load("rules/rules-emerging-threats/2026/Exploits/CVE-2026-54121");
  ASSERT_EQ(loaded.errors.size(), 2U);
  for (const base::Error& error : loaded.errors) {
    EXPECT_EQ(error.code, "rules-24") << base::to_string(error);
    EXPECT_NE(error.sentence.find("`ADCS - Certighost C"), std::string::npos)
        << base::to_string(error);
    EXPECT_NE(error.sentence.find("`known_cdcs`"), std::string::npos) << base::to_string(error);
  }
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
        std::printf("no gate: %s\n", (*loaded.rules)[program->indices(rule).front()].title.c_str());
    }
  }
  std::printf("%zu of %zu rules (with repeats) have no gate\n", ungated, rules);
  EXPECT_LT(ungated * 50, rules);
}

constexpr const char* value_lists = R"(
lists:
  Administrators: [Administrator, 'adm-*']
  Admins_Workstations: [10.1.1.*]
  ApprovedUserUpn: [bob@example.org]
  Approved_Inviters: [bob]
  DC-MACHINE-NAME: [DC01$]
  HomeTenantID: [11111111-1111-4111-8111-111111111111]
  Important_AppIds: [22222222-2222-4222-8222-222222222222]
  KNOWN_LOCATION: [DE]
  Known_Location: [DE]
  Legitimate_Countries: [DE, NO]
  Legitimate_IP_Ranges: [192.0.2.*]
  UnApprovedDevice: []
  UnApprovedIp: []
  UnLegitCountries: []
  ServerSystems: ['SRV*']
  DomainControllers: [dc01]
  Workstations: ['WS-*']
  dc_ip_addresses: [192.0.2.1, 192.0.2.2]
  dc_machine_accounts: [DC01$, DC02$]
  domain_controller_hostnames: [dc01, dc02]
  internal_domains: ['*.example.org']
  legit_ips: [192.0.2.7]
  legtimate_identifiers: ['@example.org']
  userdomain: [EXAMPLE]
)";

TEST_F(SigmaHqTest, RulesWithPlaceholdersLoadWithTheirLists) {
  const auto without = load("extra/rules-placeholder");
  EXPECT_EQ(without.rules->size(), 0U);
  for (const base::Error& error : without.errors)
    EXPECT_EQ(error.code, "rules-24") << base::to_string(error);
  const auto with = load("extra/rules-placeholder", value_lists);
  EXPECT_EQ(with.rules->size(), 23U);
  EXPECT_TRUE(with.errors.empty()) << base::to_string(with.errors.front());
}

// Each file by what it is written with: the codes that refuse it, none where it loads.
TEST_F(SigmaHqTest, OldSyntaxIsRefusedWithWhatToWriteInstead) {
  const auto has = [](const base::SourceText& source, const char* expression) {
    return std::regex_search(source.text, std::regex(expression));
  };
  std::map<std::string, int> classes;
  for (const base::SourceText& source : read_tree(root_ / "extra/unsupported")) {
    std::set<std::string> expected, found;
    if (has(source, "\\n +timeframe:")) expected.insert("rules-35");
    if (has(source, "\\n +condition:[^#\\n]*(\\| *(count|sum|near)|count\\()"))
      expected.insert("rules-31");
    if (has(source, "\\n +condition: write ")) expected.insert("rules-34");
    event::FieldTable fields;
    const auto loaded = RuleSet::load({&source, 1}, fields);
    for (const base::Error& error : loaded.errors) {
      found.insert(error.code);
      const char* const said = error.code == "rules-31"   ? "`correlation: {type: "
                               : error.code == "rules-35" ? "timespan: "
                                                          : "correlation rule";
      EXPECT_NE(error.sentence.find(said), std::string::npos) << base::to_string(error);
    }
    EXPECT_EQ(found, expected) << source.name;
    EXPECT_EQ(loaded.rules->size() > 0, expected.empty()) << source.name;
    std::string name;
    for (const std::string& code : expected) name += code + " ";
    ++classes[name.empty() ? "loads" : name];
  }
  for (const auto& [name, count] : classes) std::printf("  %s: %d\n", name.c_str(), count);
}

TEST_F(SigmaHqTest, RealCorrelationsLoad) {
  const auto loaded = load("correlation");
  std::size_t correlations = 0;
  for (const Rule& rule : loaded.rules->rules()) correlations += rule.is_correlation() ? 1 : 0;
  std::printf("%zu correlations\n", correlations);
  EXPECT_EQ(correlations, 17U);
  // The older twins of three of them.
  for (const base::Error& error : loaded.errors)
    EXPECT_NE(error.origin.name.find("Deprecated"), std::string::npos) << base::to_string(error);
}

}  // namespace
}  // namespace tocsin::rules
