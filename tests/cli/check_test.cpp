#include "cli/check.hpp"

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* good_rule =
    "title: Good\nid: 44444444-4444-4444-8444-444444444444\nlogsource: {product: linux}\n"
    "detection: {selection: {user.name: root}, condition: selection}\nlevel: low\n";

class CheckTest : public testing::Test {
 protected:
  OwnPacks packs_;
  TemporaryFolder folder_;
};

TEST_F(CheckTest, EachFileIsTakenForWhatItSaysItIs) {
  const Checked checked =
      check_paths({folder_.write("rule.yml", good_rule),
                   folder_.write("tocsin.yaml", "store: {sync: always}\n"),
                   folder_.write("d.yaml",
                                 "name: d\ndescription: D.\napplies: {program: d}\n"
                                 "logsource: {product: linux}\npatterns:\n  - name: x\n"
                                 "    match: 'did <event.action:word>'\n    examples:\n"
                                 "      - {body: did it, fields: {event.action: it}}\n")});
  EXPECT_TRUE(checked.errors.empty()) << to_string(checked.errors.front());
  EXPECT_EQ(checked.rules, 1U);
  EXPECT_EQ(checked.configurations, 1U);
  EXPECT_EQ(checked.decoders, 1U);
}

TEST_F(CheckTest, ARuleMayReferToTheDefaultPacks) {
  const std::string rule =
      folder_.write("rule.yml",
                    "title: More\nid: 55555555-5555-4555-8555-555555555555\ncorrelation:\n"
                    "  type: event_count\n  rules: [58d413bc-f31c-5391-934c-ddde1f5624cc]\n"
                    "  group-by: [user.name]\n  timespan: 1h\n  condition: {gte: 2}\nlevel: low\n");
  const Checked checked = check_paths({rule});
  EXPECT_TRUE(checked.errors.empty()) << to_string(checked.errors.front());
}

TEST_F(CheckTest, ValueListsAreGivenAmongTheFilesOrApart) {
  const std::string rule = folder_.write(
      "rule.yml",
      "title: Known\nid: 55555555-5555-4555-8555-555555555556\nlogsource: {product: linux}\n"
      "detection: {a: {user.name|expand: '%Administrators%'}, condition: a}\nlevel: low\n");
  const std::string lists = folder_.write("lists.yml", "lists: {Administrators: [root]}\n");
  EXPECT_TRUE(check_paths({rule, lists}).errors.empty());
  EXPECT_TRUE(check_paths({rule}, {lists}).errors.empty());
  const Checked without = check_paths({rule});
  ASSERT_EQ(without.errors.size(), 1U);
  EXPECT_EQ(without.errors[0].code, "rules-24");
  EXPECT_EQ(without.errors[0].origin.column, 36U);
  const std::string bad = folder_.write("bad.yml", "lists: [root]\n");
  EXPECT_EQ(check_paths({bad}).errors.size(), 1U);
}

TEST_F(CheckTest, MistakesAreLinesInTheOrderOfTheirPlaces) {
  const std::string rule =
      folder_.write("rule.yml",
                    "title: Bad\nlogsource: {product: linux}\ndetection:\n  selection:\n"
                    "    a|nosuch: b\n  condition: selektion\nlevel: loud\n");
  Captured text, json;
  EXPECT_EQ(run_check({{rule}, {}, false}, text.streams()), exit_code::invalid);
  std::size_t at = 0;
  for (const char* place : {":5:7: rules-20: ", ":6:14: rules-34: ", ":7:8: rules-13: "}) {
    const std::size_t found = text.out().find(rule + place, at);
    ASSERT_NE(found, std::string::npos) << place << "\n" << text.out();
    at = found;
  }
  EXPECT_EQ(text.err(), "1 rule file, 0 decoders, 0 configurations: 3 errors, 0 warnings\n");
  EXPECT_EQ(run_check({{rule}, {}, true}, json.streams()), exit_code::invalid);
  EXPECT_NE(json.out().find("\"line\":7,\"column\":8,\"code\":\"rules-13\""), std::string::npos);
}

TEST_F(CheckTest, AWarningIsNoMistake) {
  const std::string rule =
      folder_.write("rule.yml", std::string(good_rule) + "tags: [attack.t1110, nosuch.tag]\n");
  Captured captured;
  EXPECT_EQ(run_check({{rule}, {}, false}, captured.streams()), exit_code::ok) << captured.out();
  EXPECT_NE(captured.out().find("(warning)"), std::string::npos) << captured.out();
}

TEST_F(CheckTest, WhatIsNoYamlIsToldToo) {
  for (const auto& [text, code] : {std::pair<std::string, std::string>{"", ":1:1: rules-1: "},
                                   {"\xff\xff", ":1:1: base-4: "},
                                   {"a: [", ":1:1: base-1: "},
                                   {"- a\n", ":1:1: rules-1: "},
                                   {"a: 1\na: 2\n", ":2:1: base-3: "}}) {
    Captured captured;
    EXPECT_EQ(run_check({{folder_.write("x.yml", text)}, {}, false}, captured.streams()),
              exit_code::invalid);
    EXPECT_NE(captured.out().find("x.yml" + code), std::string::npos) << captured.out();
  }
  Captured missing;
  EXPECT_EQ(run_check({{folder_.path("none")}, {}, false}, missing.streams()), exit_code::invalid);
  EXPECT_NE(missing.out().find("engine-1"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::cli
