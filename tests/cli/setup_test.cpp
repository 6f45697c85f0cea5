#include "cli/setup.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/temporary_folder.hpp"

namespace tocsin::cli {
namespace {

// A share folder with one decoder and one rule.
class SetupTest : public testing::Test {
 protected:
  SetupTest() {
    write("decoders/a.yaml",
          "name: a\ndescription: A.\napplies:\n  program: a\nlogsource: {product: linux, service: "
          "a}\npatterns:\n"
          "  - name: x\n    match: 'did <event.action:word>'\n    examples:\n      - {body: did "
          "it, fields: {event.action: it}}\n");
    write("rules/r.yml",
          "title: It was done\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: "
          "linux, service: a}\n"
          "detection:\n  selection:\n    event.action: it\n  condition: selection\nlevel: high\n");
    ::setenv("TOCSIN_SHARE", share_.path().c_str(), 1);
  }
  ~SetupTest() override { ::unsetenv("TOCSIN_SHARE"); }
  void write(const std::string& name, const std::string& text) { share_.write(name, text); }
  const TemporaryFolder share_;
};

TEST_F(SetupTest, AFileThatIsNamedTwiceCountsOnceByItsLastName) {
  const std::string other = share_ / "rules/../rules/r.yml";
  const LoadedSetup loaded = load_setup(
      {.rules = {other}, .decoders = {}, .lists = {}, .mappings = {}, .default_rules = true}, {});
  ASSERT_TRUE(loaded.setup.pipeline);
  EXPECT_TRUE(loaded.errors.empty()) << to_string(loaded.errors.front());
  ASSERT_EQ(loaded.setup.pipeline->rules->size(), 1U);
  EXPECT_EQ(loaded.setup.pipeline->rules->rules()[0].origin.name, other);
}

TEST_F(SetupTest, DefaultsAndNamedPacksAreLoadedTogether) {
  write("extra.yml",
        "title: Another\nid: 22222222-2222-4222-8222-222222222222\nlogsource: {product: linux}\n"
        "detection:\n  selection:\n    user.name: bob\n  condition: selection\nlevel: low\n");
  const LoadedSetup loaded = load_setup({.rules = {share_ / "extra.yml"},
                                         .decoders = {},
                                         .lists = {},
                                         .mappings = {},
                                         .default_rules = true},
                                        {});
  ASSERT_TRUE(loaded.setup.pipeline);
  EXPECT_TRUE(loaded.errors.empty()) << to_string(loaded.errors.front());
  EXPECT_EQ(loaded.setup.pipeline->rules->size(), 2U);
  EXPECT_EQ(
      load_setup({.rules = {}, .decoders = {}, .lists = {}, .mappings = {}, .default_rules = false},
                 {})
          .setup.pipeline->rules->size(),
      0U);
}

TEST_F(SetupTest, ARuleWithAPlaceholderNeedsItsValueList) {
  write("expand.yml",
        "title: Known\nlogsource: {product: linux}\ndetection:\n  selection:\n"
        "    user.name|expand: '%Administrators%'\n  condition: selection\nlevel: low\n");
  write("lists/ours.yml", "lists: {Administrators: [root]}\n");
  PackArguments packs{.rules = {share_ / "expand.yml"},
                      .decoders = {},
                      .lists = {},
                      .mappings = {},
                      .default_rules = false};
  const LoadedSetup without = load_setup(packs, {});
  EXPECT_EQ(without.setup.pipeline->rules->size(), 0U);
  ASSERT_EQ(without.errors.size(), 1U);
  EXPECT_EQ(without.errors[0].code, "rules-24");
  packs.lists = {share_ / "lists"};
  const LoadedSetup with = load_setup(packs, {});
  EXPECT_TRUE(with.errors.empty()) << to_string(with.errors.front());
  EXPECT_EQ(with.setup.pipeline->rules->size(), 1U);
  EXPECT_EQ(with.setup.packs.lists.size(), 1U);
}

TEST_F(SetupTest, ABadRuleIsNamedAndTheOthersWork) {
  write("rules/bad.yml",
        "title: Bad\nlogsource: {product: linux}\ndetection:\n  selection:\n    a: b\n  condition: "
        "selektion\n");
  const LoadedSetup loaded = load_setup({}, {});
  ASSERT_TRUE(loaded.setup.pipeline);
  EXPECT_EQ(loaded.setup.pipeline->rules->size(), 1U);
  ASSERT_FALSE(loaded.errors.empty());
  EXPECT_TRUE(loaded.errors.front().origin.name.ends_with("bad.yml"));
}

}  // namespace
}  // namespace tocsin::cli
