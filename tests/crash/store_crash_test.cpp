// A process that writes a store is killed at random instants, or its system calls fail: what it
// called safe is there, once, and whole.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <random>

#include "tests/crash/numbered_log.hpp"
#include "tests/crash/process.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

const std::string program = STORE_PROGRAM;

TEST(StoreCrash, KilledAtAnyInstantItKeepsWhatItCalledSafe) {
  std::random_device device;
  const std::uint64_t seed = device();
  std::mt19937_64 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  int hits = 0;
  const int wanted = rounds(18);
  for (const char* mode : {"group", "always", "os"}) {
    const StoreFolder folder;
    std::uint64_t last = 0;
    for (int i = 0; i < wanted / 3; ++i) {
      Process writer({program, "write", folder.path(), mode, std::to_string(random())});
      const auto end =
          std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 200'000);
      const Finished written = writer.wait(end);
      hits += written.signal == SIGKILL ? 1 : 0;
      ASSERT_EQ(written.signal, SIGKILL) << written.output;
      const std::uint64_t safe = last_number_after(written.output, "safe");
      EXPECT_GE(safe == 0 ? last : safe, last);
      // Killed before it had made the store, there is none to look at.
      const Finished checked = run({program, "check", folder.path()});
      ASSERT_EQ(checked.exit_code, 0) << mode << ": " << checked.output;
      const std::uint64_t whole = last_number_after(checked.output, "whole");
      EXPECT_GE(whole, safe) << mode;
      EXPECT_GE(whole, last) << mode;
      last = whole;
    }
    std::printf("%s: %llu frames after the last kill\n", mode,
                static_cast<unsigned long long>(last));
  }
  std::printf("%d kills hit a running process\n", hits);
}

TEST(StoreCrash, AFailedSyncIsNeverCalledSafe) {
  struct Case {
    const char* call;
    int error;
  };
  int stopped = 0;
  for (const Case& fault : {Case{"fdatasync", EIO}, {"fdatasync", ENOSPC}, {"fsync", EIO}}) {
    for (int number = 1; number <= rounds(6); number += 1 + number / 4) {
      const StoreFolder folder;
      // Small buffers: files are made, and their folder synced, all the time.
      const Finished written =
          run({program, "write", folder.path(), "group", "1", "65536", fault.call,
               std::to_string(fault.error), std::to_string(number)});
      const std::string place = fault.call + std::string(" ") + std::to_string(number);
      // RocksDB can do without its OPTIONS files, which no fdatasync is for.
      const bool refused = written.output.find("store-1") != std::string::npos;
      EXPECT_EQ(written.exit_code, refused ? 1 : 0) << place << written.output;
      EXPECT_TRUE(refused || fault.call == std::string("fsync")) << place;
      stopped += refused;
      const Finished checked = run({program, "check", folder.path()});
      EXPECT_EQ(checked.exit_code, 0) << place << checked.output;
      EXPECT_GE(last_number_after(checked.output, "whole"),
                last_number_after(written.output, "safe"))
          << place;
    }
  }
  EXPECT_GT(stopped, 4);
}

TEST(StoreCrash, ASecondProcessIsToldWhoHoldsTheStore) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  const Finished second = run({program, "check", folder.path()});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.output.find("process " + std::to_string(::getpid())), std::string::npos)
      << second.output;
  EXPECT_EQ(run({program, "look", folder.path()}).exit_code, 0);
}

TEST(StoreCrash, LookingBesideAWriterIsAlwaysWhole) {
  const StoreFolder folder;
  // Small buffers: files are made and logs removed all the time.
  Process writer({program, "write", folder.path(), "always", "5", "65536"});
  int looks = 0;
  std::uint64_t last = 0;
  while (looks < rounds(6)) {
    const Finished looked = run({program, "look", folder.path()});
    if (looked.output.find("store-1:") != std::string::npos && last == 0) continue;
    // On a busy machine the writer may be too quick for it, which it says.
    if (looked.output.find("store-7:") != std::string::npos) continue;
    ASSERT_EQ(looked.exit_code, 0) << looked.output;
    EXPECT_GE(last_number_after(looked.output, "whole"), last);
    last = last_number_after(looked.output, "whole");
    looks += last > 0 ? 1 : 0;
  }
  writer.wait(std::chrono::steady_clock::now());
  EXPECT_GT(last, 0U);
}

}  // namespace
}  // namespace tocsin::store
