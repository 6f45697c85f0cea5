#include "base/disk_cache.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace tocsin::base {
namespace {

namespace fs = std::filesystem;

class DiskCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/tocsin_cache_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  [[nodiscard]] std::string folder() const { return root_ + "/cache"; }
  [[nodiscard]] std::string file_of(const Sha256& name) const {
    return folder() + "/" + to_hex(name.data(), name.size());
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder()))
      out.push_back(entry.path().filename().string());
    return out;
  }
  static std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void put(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  static unsigned mode_of(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }
  // As if it had been used that many seconds ago.
  static void age(const std::string& path, std::time_t seconds) {
    const timespec then{std::time(nullptr) - seconds, 0};
    const timespec times[] = {then, then};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }

  std::string root_;
  const Sha256 name_ = sha256("a");
  const Sha256 other_ = sha256("b");
};

TEST_F(DiskCacheTest, GivesBackWhatWasWrittenAlsoToAnotherOne) {
  const std::string content("some\0thing", 10);
  {
    DiskCache cache(folder());
    EXPECT_FALSE(cache.read(name_));
    cache.write(name_, content);
    EXPECT_EQ(cache.read(name_), content);
    EXPECT_FALSE(cache.read(other_));
    EXPECT_FALSE(cache.fault());
  }
  DiskCache again(folder());
  EXPECT_EQ(again.read(name_), content);
  again.write(name_, "");
  EXPECT_EQ(again.read(name_), "");
}

TEST_F(DiskCacheTest, IsForItsOwnerAlone) {
  DiskCache cache(folder());
  cache.write(name_, "x");
  EXPECT_EQ(mode_of(folder()), 0700U);
  EXPECT_EQ(mode_of(file_of(name_)), 0600U);
  EXPECT_EQ(files().size(), 1U);  // no draft is left
}

TEST_F(DiskCacheTest, MakesTheFolderAndTheOneAroundItAndNoMore) {
  DiskCache cache(root_ + "/.cache/tocsin");
  cache.write(name_, "x");
  EXPECT_TRUE(cache.read(name_));
  EXPECT_EQ(mode_of(root_ + "/.cache"), 0700U);
  DiskCache homeless(root_ + "/home/.cache/tocsin");
  homeless.write(name_, "x");
  EXPECT_FALSE(fs::exists(root_ + "/home"));
  EXPECT_TRUE(homeless.fault());
}

TEST_F(DiskCacheTest, WithoutAFolderKeepsNothing) {
  DiskCache cache("");
  cache.write(name_, "x");
  EXPECT_FALSE(cache.read(name_));
  EXPECT_FALSE(cache.fault());
}

TEST_F(DiskCacheTest, TakesNothingThatIsCut) {
  DiskCache cache(folder());
  cache.write(name_, "0123456789");
  const std::string whole = bytes_of(file_of(name_));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(file_of(name_), whole.substr(0, size));
    EXPECT_FALSE(cache.read(name_)) << size;
  }
  put(file_of(name_), whole + "x");
  EXPECT_FALSE(cache.read(name_));
  cache.write(name_, "0123456789");
  EXPECT_EQ(cache.read(name_), "0123456789");
}

TEST_F(DiskCacheTest, TakesNothingThatIsDamagedAnywhere) {
  DiskCache cache(folder());
  cache.write(name_, "0123456789");
  const std::string whole = bytes_of(file_of(name_));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    put(file_of(name_), bad);
    EXPECT_FALSE(cache.read(name_)) << at;
  }
}

TEST_F(DiskCacheTest, TakesNothingThatBelongsElsewhere) {
  DiskCache cache(folder());
  cache.write(name_, "x");
  fs::copy_file(file_of(name_), file_of(other_));
  EXPECT_FALSE(cache.read(other_));
  fs::remove(file_of(other_));
  fs::create_symlink(file_of(name_), file_of(other_));
  EXPECT_FALSE(cache.read(other_));
  fs::remove(file_of(other_));
  fs::create_directory(file_of(other_));
  EXPECT_FALSE(cache.read(other_));
  fs::remove(file_of(other_));
  ASSERT_EQ(::mkfifo(file_of(other_).c_str(), 0600), 0);
  EXPECT_FALSE(cache.read(other_));  // and does not wait for a writer
}

TEST_F(DiskCacheTest, AFolderThatOthersMayWriteToIsNotUsed) {
  {
    DiskCache cache(folder());
    cache.write(name_, "x");
  }
  fs::permissions(folder(), fs::perms::group_write, fs::perm_options::add);
  DiskCache cache(folder());
  EXPECT_FALSE(cache.read(name_));
  ASSERT_TRUE(cache.fault());
  EXPECT_EQ(cache.fault()->code, "base-6");
  cache.write(other_, "x");
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(DiskCacheTest, WhereNothingCanBeWrittenOneFaultSaysWhy) {
  put(root_ + "/file", "");
  DiskCache cache(root_ + "/file/cache");
  cache.write(name_, "x");
  cache.write(other_, "x");
  EXPECT_FALSE(cache.read(name_));
  ASSERT_TRUE(cache.fault());
  EXPECT_EQ(cache.fault()->code, "base-6");
  EXPECT_EQ(cache.fault()->origin.name, root_ + "/file/cache");
}

TEST_F(DiskCacheTest, TheLongestUnusedGoFirst) {
  const std::string content(1000, 'x');
  std::vector<Sha256> names;
  {
    DiskCache cache(folder());
    for (int i = 0; i < 10; ++i) {
      names.push_back(sha256(std::to_string(i)));
      cache.write(names.back(), content);
      age(file_of(names.back()), 100'000 - i * 7200);
    }
  }
  put(folder() + "/mine.txt", std::string(10'000, 'x'));  // no entry: stays, and does not count
  DiskCache cache(folder(), 5 * 1056);
  EXPECT_TRUE(cache.read(names[0]));  // used just now
  cache.write(name_, content);
  cache.write(other_, content);  // a quarter of the size was written: the folder is trimmed
  EXPECT_TRUE(cache.read(names[0]));
  for (int i = 1; i < 8; ++i) EXPECT_FALSE(cache.read(names[i])) << i;
  for (int i = 8; i < 10; ++i) EXPECT_TRUE(cache.read(names[i])) << i;
  EXPECT_TRUE(cache.read(name_));
  EXPECT_TRUE(cache.read(other_));
  EXPECT_TRUE(fs::exists(folder() + "/mine.txt"));
}

TEST_F(DiskCacheTest, WhatKilledProcessesLeftGoes) {
  fs::create_directory(folder());
  fs::permissions(folder(), fs::perms::owner_all);
  put(folder() + "/.new-1-old", "x");
  age(folder() + "/.new-1-old", 7200);
  put(folder() + "/.new-2-young", "x");
  {
    DiskCache(folder()).write(name_, "x");
  }
  EXPECT_FALSE(fs::exists(folder() + "/.new-1-old"));
  EXPECT_TRUE(fs::exists(folder() + "/.new-2-young"));
}

TEST_F(DiskCacheTest, OneThatWouldDriveOutAllOthersIsNotKept) {
  DiskCache cache(folder(), 1000);
  cache.write(name_, std::string(501, 'x'));
  EXPECT_FALSE(cache.read(name_));
}

TEST_F(DiskCacheTest, ManyMayUseOneFolderAtOnce) {
  std::vector<std::thread> threads;
  DiskCache shared(folder());
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      DiskCache own(folder());
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(i % 5);
        for (DiskCache* cache : {&shared, &own}) {
          const auto got = cache->read(sha256(text));
          EXPECT_EQ(got.value_or(text), text);
          if (t % 2 == 0) cache->write(sha256(text), text);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared.read(sha256("3")), "3");
}

TEST(CacheFolderTest, IsTheFirstThatIsKnown) {
  ::setenv("CACHE_DIRECTORY", "/var/cache/tocsin:/other", 1);
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  ::setenv("HOME", "/home/me", 1);
  EXPECT_EQ(cache_folder(), "/var/cache/tocsin");
  ::unsetenv("CACHE_DIRECTORY");
  EXPECT_EQ(cache_folder(), "/x/tocsin");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(cache_folder(), "/home/me/.cache/tocsin");
  ::unsetenv("HOME");
  EXPECT_EQ(cache_folder(), "");
}

}  // namespace
}  // namespace tocsin::base
