#include "rules/metadata.hpp"

#include <gtest/gtest.h>

#include "rules/diagnostics.hpp"

namespace tocsin::rules {
namespace {

struct Read {
  Metadata metadata;
  event::Logsource logsource;
  std::vector<std::string> errors;  // "line:column code"
  std::vector<std::string> warnings;
};

Read read(const std::string& yaml) {
  const base::SourceText source{"m.yml", yaml};
  const auto documents = base::parse_yaml(source);
  EXPECT_TRUE(documents) << yaml;
  Diagnostics out(source);
  Read result{read_metadata(documents->at(0), out), read_logsource(documents->at(0), out), {}, {}};
  const auto shown = [](const base::Error& error) {
    return std::to_string(error.origin.line) + ":" + std::to_string(error.origin.column) + " " +
           error.code;
  };
  for (const base::Error& error : out.errors) result.errors.push_back(shown(error));
  for (const base::Error& error : out.warnings) result.warnings.push_back(shown(error));
  return result;
}
using Places = std::vector<std::string>;

const std::string least = "title: t\nlogsource: {product: p}\n";

TEST(MetadataTest, C1ReadsWhatIsThere) {
  const Read r = read(
      "title: A rule\n"
      "id: 5013198D-6AD9-4C4B-8A2B-6A2C3C7D1F00\n"
      "name: a_rule\n"
      "status: test\n"
      "level: high\n"
      "description: words\n"
      "author: somebody\n"
      "date: 2026-01-31\n"
      "modified: 2026/2/1\n"
      "references: [a, b]\n"
      "falsepositives: [c]\n"
      "tags: [attack.t1110, attack.credential-access]\n"
      "related: [{id: 5013198d-6ad9-4c4b-8a2b-6a2c3c7d1f01, type: derived}]\n"
      "license: MIT\n"
      "custom: {any: thing}\n"
      "logsource: {category: c, product: p, service: s, definition: x}\n");
  EXPECT_EQ(r.errors, Places{});
  EXPECT_EQ(r.warnings, Places{});
  EXPECT_EQ(r.metadata.title, "A rule");
  EXPECT_EQ(r.metadata.id, "5013198d-6ad9-4c4b-8a2b-6a2c3c7d1f00") << "lower case";
  EXPECT_EQ(r.metadata.level, Level::high);
  EXPECT_EQ(name_of(*r.metadata.level), "high");
  EXPECT_EQ(r.metadata.references.size(), 2U);
  EXPECT_EQ(r.metadata.tags.size(), 2U);
  EXPECT_EQ(r.logsource, (event::Logsource{"c", "p", "s"}));
}

TEST(MetadataTest, C1NeedsATitleAndALogsource) {
  EXPECT_EQ(read("logsource: {product: p}\n").errors, Places{"1:1 rules-10"});
  EXPECT_EQ(read("title: t\n").errors, Places{"1:1 rules-18"});
  EXPECT_EQ(read("title: t\nlogsource: {definition: x}\n").errors, Places{"2:12 rules-18"});
  EXPECT_EQ(read("title: t\nlogsource: x\n").errors, Places{"2:12 rules-18"});
  EXPECT_EQ(read("title: t\nlogsource: {product: [p]}\n").errors,
            (Places{"2:22 rules-3", "2:12 rules-18"}));
  EXPECT_EQ(read(least + "description: " + std::string(70'000, 'x')).errors,
            Places{"3:14 rules-11"});
  EXPECT_EQ(read("title: " + std::string(257, 'x') + "\nlogsource: {product: p}\n").errors,
            Places{"1:8 rules-11"});
}

TEST(MetadataTest, C1RefusesBadValuesAtTheirPlace) {
  EXPECT_EQ(read(least + "id: 1234\n").errors, Places{"3:5 rules-12"});
  EXPECT_EQ(read(least + "id: 5013198d-6ad9-4c4b-8a2b-6a2c3c7d1f0g\n").errors,
            Places{"3:5 rules-12"});
  EXPECT_EQ(read(least + "level: severe\n").errors, Places{"3:8 rules-13"});
  EXPECT_EQ(read(least + "status: new\n").errors, Places{"3:9 rules-14"});
  for (const char* bad : {"31.1.2026", "2026-1-1", "2026-13-01", "2026-01-00", "2026-01", "today"})
    EXPECT_EQ(read(least + "date: " + bad + "\n").errors, Places{"3:7 rules-15"}) << bad;
  EXPECT_EQ(read(least + "author: [a]\n").errors, Places{"3:9 rules-3"});
  EXPECT_EQ(read(least + "related: x\n").errors, Places{"3:10 rules-17"});
  EXPECT_EQ(read(least + "related: [{id: x, type: derived}]\n").errors, Places{"3:11 rules-17"});
  EXPECT_EQ(
      read(least + "related: [{id: 5013198d-6ad9-4c4b-8a2b-6a2c3c7d1f01, type: child}]\n").errors,
      Places{"3:60 rules-17"});
  EXPECT_EQ(read(least + "taxonomy: ecs\n").warnings, Places{"3:11 rules-75"});
  EXPECT_EQ(read(least + "references: one\n").warnings, Places{"3:13 rules-74"});
}

TEST(MetadataTest, C2KnowsTheNamespacesOfTags) {
  for (const char* good :
       {"attack.t1059.001", "attack.g0032", "attack.s0154", "attack.ds0017", "attack.execution",
        "car.2016-04-005", "cve.2021-44228", "d3fend.d3-fapa", "detection.dfir",
        "detection.emerging-threats", "stp.5", "stp.4a", "tlp.red", "tlp.amber-strict"}) {
    EXPECT_EQ(read(least + "tags: [" + good + "]\n").warnings, Places{}) << good;
    EXPECT_EQ(read(least + "tags: [" + good + "]\n").errors, Places{}) << good;
  }
  for (const char* odd : {"attack.x1059", "attack.tactic", "tlp.white", "stp.x", "stp.4b",
                          "detection.hunting", "mine.own"}) {
    EXPECT_EQ(read(least + "tags: [" + odd + "]\n").warnings, Places{"3:8 rules-73"}) << odd;
  }
  for (const char* bad : {"Attack.t1059", "attack", "attack.", ".t1059", "'attack.t 1'"})
    EXPECT_EQ(read(least + "tags: [tlp.red, " + bad + "]\n").errors, Places{"3:17 rules-16"})
        << bad;
}

}  // namespace
}  // namespace tocsin::rules
