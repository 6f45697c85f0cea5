#include "store/folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

std::string refusal(const std::string& path) {
  const auto folder = Folder::lock(path);
  if (folder) return "";
  return folder.error().code + " " + folder.error().sentence;
}

TEST(Folder, IsMadeForUsAndOurGroup) {
  const StoreFolder temporary;
  const Folder folder = value_of(Folder::lock(temporary.path()));
  struct stat info{};
  ASSERT_EQ(::stat(temporary.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0750U);
}

TEST(Folder, IsHeldByOneAtATime) {
  const StoreFolder temporary;
  {
    Folder folder = value_of(Folder::lock(temporary.path()));
    EXPECT_TRUE(is_locked(temporary.path()));
    const std::string text = refusal(temporary.path());
    EXPECT_NE(text.find("store-2"), std::string::npos) << text;
    EXPECT_NE(text.find("process " + std::to_string(::getpid())), std::string::npos) << text;
    // Held by whoever has it last.
    const Folder moved = std::move(folder);
    EXPECT_TRUE(is_locked(temporary.path()));
  }
  EXPECT_FALSE(is_locked(temporary.path()));
  EXPECT_EQ(refusal(temporary.path()), "");
}

TEST(Folder, PlantedLinksAreRefused) {
  const StoreFolder temporary;
  std::filesystem::create_directory(temporary.root() + "/elsewhere");
  std::filesystem::create_directory_symlink(temporary.root() + "/elsewhere", temporary.path());
  EXPECT_NE(refusal(temporary.path()).find("symbolic link"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(temporary.root() + "/elsewhere"));

  for (const char* name : {"lock", "mark", "db"}) {
    const std::string store = temporary.root() + "/with-" + name;
    {
      const Folder made = value_of(Folder::lock(store));
    }
    std::filesystem::remove(store + "/" + name);
    std::filesystem::create_symlink(temporary.root() + "/elsewhere/" + name, store + "/" + name);
    EXPECT_NE(refusal(store).find("symbolic link"), std::string::npos) << name;
    EXPECT_FALSE(std::filesystem::exists(temporary.root() + "/elsewhere/" + name));
  }
}

TEST(Folder, WhatIsNoStoreIsLeftAlone) {
  const StoreFolder temporary;
  std::filesystem::create_directory(temporary.path());
  std::ofstream(temporary.path() + "/thesis.txt") << "years of work";
  EXPECT_NE(refusal(temporary.path()).find("holds other things"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(temporary.path() + "/lock"));

  std::ofstream(temporary.root() + "/file") << "x";
  EXPECT_NE(refusal(temporary.root() + "/file").find("not a folder"), std::string::npos);
  EXPECT_NE(refusal(temporary.root() + "/no/where").find("cannot be made"), std::string::npos);
  std::filesystem::create_directory(temporary.root() + "/open");
  ASSERT_EQ(::chmod((temporary.root() + "/open").c_str(), 0777), 0);
  EXPECT_NE(refusal(temporary.root() + "/open").find("everybody may write"), std::string::npos);
}

TEST(Folder, LookingChangesNothing) {
  const StoreFolder temporary;
  EXPECT_FALSE(Folder::inspect(temporary.path()));
  std::filesystem::create_directory(temporary.path());
  EXPECT_FALSE(Folder::inspect(temporary.path()));
  std::filesystem::create_directory(database_path(temporary.path()));
  EXPECT_OK(Folder::inspect(temporary.path()));
  EXPECT_FALSE(is_locked(temporary.path()));
}

TEST(Folder, BytesAreThoseOfAllFiles) {
  const StoreFolder temporary;
  std::filesystem::create_directories(temporary.path() + "/db");
  std::ofstream(temporary.path() + "/one") << "12345";
  std::ofstream(temporary.path() + "/db/two") << "1234567";
  EXPECT_EQ(bytes_in(temporary.path()), 12U);
  EXPECT_EQ(bytes_in(temporary.path() + "/nothing"), 0U);
}

}  // namespace
}  // namespace tocsin::store
