#include "store/scratch.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/temporary_folder.hpp"

namespace tocsin::store {
namespace {

class ScratchTest : public testing::Test {
 protected:
  ScratchTest() { ::setenv("TMPDIR", (folder_ / "").c_str(), 1); }
  ~ScratchTest() override { ::unsetenv("TMPDIR"); }
  [[nodiscard]] std::string text(const Scratch& scratch, std::string_view begin = {},
                                 std::string_view end = {}, std::size_t limit = 100) const {
    std::string out;
    const auto read = scratch.scan(begin, end, limit, [&](auto key, auto value) {
      out.append(key).append("=").append(value).append(" ");
      return base::Result<void>();
    });
    EXPECT_TRUE(read);
    return out;
  }
  const TemporaryFolder folder_;
};

TEST_F(ScratchTest, GivesBackWhatWasPut) {
  auto opened = Scratch::open();
  ASSERT_TRUE(opened) << to_string(opened.error());
  Scratch& scratch = **opened;
  scratch.put("a", "1");
  scratch.put("b", "2");
  scratch.put("b", "3");
  scratch.put("c", "4");
  scratch.put("c", "");
  scratch.put("x1", "5");
  scratch.put("x2", "6");
  scratch.remove_prefix("x");
  scratch.put("x2", "7");
  scratch.put("y", "8");
  scratch.remove("y");
  ASSERT_TRUE(scratch.flush());
  EXPECT_EQ(text(scratch), "a=1 b=3 x2=7 ");
  EXPECT_EQ(text(scratch, "b", "x2"), "b=3 ");
  EXPECT_EQ(text(scratch, "", "", 1), "a=1 ");
  EXPECT_EQ(*scratch.get("b"), "3");
  EXPECT_EQ(*scratch.get("x1"), std::nullopt);
  const auto many = scratch.get_many({"x2", "none", "a"});
  ASSERT_TRUE(many);
  EXPECT_EQ(*many, (std::vector<std::optional<std::string>>{"7", std::nullopt, "1"}));
}

TEST_F(ScratchTest, IsPrivateAndGoneAtTheEnd) {
  std::string path;
  {
    const auto opened = Scratch::open();
    ASSERT_TRUE(opened) << to_string(opened.error());
    path = (*opened)->folder();
    EXPECT_TRUE(path.starts_with(std::string(folder_ / ""))) << path;
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
    for (int i = 0; i < 3000; ++i) (*opened)->put(std::to_string(i), std::string(1000, 'x'));
    EXPECT_TRUE((*opened)->flush());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ScratchTest, AFolderThatCannotBeMadeIsAnError) {
  ::setenv("TMPDIR", (folder_ / "nowhere").c_str(), 1);
  const auto opened = Scratch::open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "store-12");
}

}  // namespace
}  // namespace tocsin::store
