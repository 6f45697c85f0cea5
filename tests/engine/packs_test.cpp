#include "engine/packs.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/temporary_folder.hpp"

namespace tocsin::engine {
namespace {

namespace fs = std::filesystem;

class PacksTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) { folder_.write(name, text); }
  const TemporaryFolder folder_;
};

TEST_F(PacksTest, FindsRuleFilesBelowAFolderSorted) {
  write("b/z.yml", "1");
  write("a.yaml", "2");
  write("notes.txt", "3");
  const auto files = find_files(folder_.path());
  ASSERT_TRUE(files);
  EXPECT_EQ(*files, (std::vector<std::string>{folder_ / "a.yaml", folder_ / "b/z.yml"}));
}

TEST_F(PacksTest, GivesAllErrorsAndAllReadableTexts) {
  write("a.yml", "text");
  fs::create_directories(folder_ / "empty");
  std::vector<base::SourceText> texts;
  const auto errors = read_texts({folder_ / "a.yml", folder_ / "absent", folder_ / "empty"}, texts);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].code, "engine-1");
  EXPECT_EQ(errors[1].code, "engine-2");
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].text, "text");
}

TEST_F(PacksTest, TheHashNamesContentNotPlace) {
  PackTexts one{{{"d", "x"}}, {{"r", "y"}}, {}, {}};
  PackTexts moved{{{"elsewhere/d", "x"}}, {{"r", "y"}}, {}, {}};
  PackTexts other{{{"d", ""}}, {{"r", "xy"}}, {}, {}};
  PackTexts listed{{{"d", "x"}}, {{"r", "y"}}, {{"l", "z"}}, {}};
  PackTexts mapped{{{"d", "x"}}, {{"r", "y"}}, {}, {{"m", "z"}}};
  EXPECT_EQ(content_hash(one, "o"), content_hash(moved, "o"));
  EXPECT_NE(content_hash(one, "o"), content_hash(other, "o"));
  EXPECT_NE(content_hash(one, "o"), content_hash(one, "p"));
  for (const PackTexts& more : {listed, mapped}) {
    EXPECT_NE(content_hash(one, "o"), content_hash(more, "o"));
    EXPECT_FALSE(one == more);
  }
}

TEST_F(PacksTest, ALinkBackIsNotFollowedRoundAndRound) {
  write("a/r.yml", "1");
  fs::create_directory_symlink("..", folder_ / "a/up");
  fs::create_directory_symlink("a", folder_ / "other");
  const auto files = find_files(folder_.path());
  ASSERT_TRUE(files) << to_string(files.error());
  EXPECT_EQ(*files, (std::vector<std::string>{folder_ / "a/r.yml", folder_ / "other/r.yml"}));
}

TEST_F(PacksTest, TheShareFolderCanBeChosen) {
  fs::create_directories(folder_ / "decoders");
  ::setenv("TOCSIN_SHARE", folder_.path().c_str(), 1);
  EXPECT_EQ(share_folder(), folder_.path());
  ::unsetenv("TOCSIN_SHARE");
}

}  // namespace
}  // namespace tocsin::engine
