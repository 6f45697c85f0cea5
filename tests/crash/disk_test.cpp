// The disk itself: what was synced stays, whatever happens; what was not is lost in every way that
// is said of it.
#include "tests/crash/disk.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <set>

#include "tests/temporary_folder.hpp"

namespace tocsin::crash {
namespace {

// Does it in a process of its own; whether that one was killed.
bool killed(const DiskPlan& plan, const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    watch_disk(plan);
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

void put(int fd, const std::string& text) {
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(1);
}

class DiskTest : public testing::Test {
 protected:
  [[nodiscard]] DiskPlan plan(std::uint64_t at, std::uint64_t seed = 0) const {
    DiskPlan plan;
    plan.folder = folder_.path();
    plan.at = at;
    plan.power_cut = true;
    plan.seed = seed;
    return plan;
  }
  [[nodiscard]] bool there(const std::string& name) const {
    return ::access((folder_ / name).c_str(), F_OK) == 0;
  }
  void sync_folder() const {
    const int fd = ::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY);
    if (::fsync(fd) != 0) ::_exit(1);
    ::close(fd);
  }
  void TearDown() override { std::filesystem::remove_all(folder_.path() + ".aside"); }
  const TemporaryFolder folder_;
};

TEST_F(DiskTest, SyncedBytesStayAndOthersAreLostInEveryWay) {
  const std::string synced(5000, 's'), unsynced(9000, 'u');
  bool whole = false, gone = false, torn = false, holed = false;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    folder_.write("file", "");
    ASSERT_TRUE(killed(plan(4, seed), [&] {
      const int fd = ::open((folder_ / "file").c_str(), O_WRONLY | O_APPEND);
      put(fd, synced);
      ::fdatasync(fd);
      put(fd, unsynced);
      ::fdatasync(fd);
    }));
    const std::string left = folder_.read("file");
    ASSERT_EQ(left.substr(0, synced.size()), synced);
    const std::string rest = left.substr(synced.size());
    whole |= rest == unsynced;
    gone |= rest.empty();
    torn |= !rest.empty() && rest == unsynced.substr(0, rest.size()) && rest != unsynced;
    holed |= rest.find('\0') != std::string::npos;
    EXPECT_EQ(rest.find_first_not_of(std::string("u\0", 2)), std::string::npos);
  }
  EXPECT_TRUE(whole && gone && torn && holed);
}

TEST_F(DiskTest, WhatWasWrittenOverComesBack) {
  std::set<std::string> left;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    folder_.write("file", "old old old");
    ASSERT_TRUE(killed(plan(3, seed), [&] {
      const int fd = ::open((folder_ / "file").c_str(), O_RDWR);
      if (::pwrite(fd, "new", 3, 4) != 3) ::_exit(1);
      put(::open((folder_ / "other").c_str(), O_WRONLY | O_CREAT, 0600), "x");
    }));
    ::unlink((folder_ / "other").c_str());
    left.insert(folder_.read("file"));
  }
  EXPECT_TRUE(left.contains("old old old"));
  EXPECT_TRUE(left.contains("old new old"));
  EXPECT_GT(left.size(), 2U);  // and torn ones
}

TEST_F(DiskTest, NamesAreLostFromTheNewestOnUnlessTheFolderWasSynced) {
  std::set<std::string> left;
  for (std::uint64_t seed = 0; seed < 80; ++seed) {
    for (const char* name : {"kept", "a", "b", "c"}) ::unlink((folder_ / name).c_str());
    folder_.write("removed", "r");
    folder_.write("b", "before");
    ASSERT_TRUE(killed(plan(0, seed), [&] {
      ::close(::open((folder_ / "kept").c_str(), O_WRONLY | O_CREAT, 0600));
      sync_folder();
      const int fd = ::open((folder_ / "a").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      put(fd, "after");
      ::fsync(fd);
      if (::rename((folder_ / "a").c_str(), (folder_ / "b").c_str()) != 0) ::_exit(1);
      if (::unlink((folder_ / "removed").c_str()) != 0) ::_exit(1);
      watch_disk(plan(1, seed));
      ::close(::open((folder_ / "c").c_str(), O_WRONLY | O_CREAT, 0600));
    }));
    EXPECT_TRUE(there("kept"));
    std::string state = folder_.read("b");
    for (const char* name : {"a", "removed", "c"})
      state += there(name) ? std::string(" ") + name : "";
    left.insert(state);
  }
  const std::set<std::string> possible = {"before removed", "before a removed", "after removed",
                                          "after", "after c"};
  for (const std::string& state : left) EXPECT_TRUE(possible.contains(state)) << state;
  EXPECT_EQ(left.size(), possible.size());
}

TEST_F(DiskTest, CountsWhatItIsToldToAndFailsOnce) {
  DiskPlan fails{.folder = folder_.path(), .at = 2, .only = "sync", .file = "log", .fail = true};
  EXPECT_FALSE(killed(fails, [&] {
    const int log = ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT, 0600);
    const int other = ::open((folder_ / "other").c_str(), O_WRONLY | O_CREAT, 0600);
    put(log, "x");
    const bool good = ::fsync(log) == 0 && ::fsync(other) == 0 && ::fsync(other) == 0;
    const bool failed = ::fsync(log) == -1 && errno == EIO;
    if (!good || !failed || ::fsync(log) != 0 || disk_operations() != 3)
      ::kill(::getpid(), SIGKILL);
  }));
}

TEST_F(DiskTest, APlanIsText) {
  DiskPlan read;
  ASSERT_TRUE(parse_disk_plan("folder=/x,at=7,only=sync,file=mark,power_cut=1,seed=3", read));
  EXPECT_EQ(read.folder, "/x");
  EXPECT_EQ(read.at, 7U);
  EXPECT_EQ(read.only, "sync");
  EXPECT_EQ(read.file, "mark");
  EXPECT_TRUE(read.power_cut);
  EXPECT_FALSE(read.fail);
  EXPECT_EQ(read.seed, 3U);
  EXPECT_FALSE(parse_disk_plan("at=7", read = DiskPlan()));
  EXPECT_FALSE(parse_disk_plan("folder=/x,ad=7", read));
}

}  // namespace
}  // namespace tocsin::crash
