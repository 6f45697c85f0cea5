// Files of a store are torn, filled with zeros or garbage, cut, flipped and removed: it opens with
// all that was safe, or it says what is wrong; it never opens shorter in silence.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>

#include "tests/crash/numbered_log.hpp"
#include "tests/crash/process.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

namespace fs = std::filesystem;
const std::string program = STORE_PROGRAM;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A store to be damaged again and again.
class Damaged {
 public:
  // Killed: 400 frames are safe, about 100 more are in the log and not synced. Closed: 500 safe.
  explicit Damaged(bool closed) {
    StoreOptions options;
    options.sync = closed ? "always" : "group";
    options.sync_interval = std::chrono::seconds(10);
    auto store = value_of(Store::open(folder_.path(), options));
    BlockEncoder encoder;
    NumberedCommit commit;
    for (int i = 0; i < 100; ++i) {
      fill_commit(*store, 5, encoder, commit);
      EXPECT_OK(store->commit(commit));
      if (i == 79) EXPECT_OK(store->sync());
    }
    safe_ = closed ? 500 : 400;
    if (closed) EXPECT_OK(store->close());
    // Not closed: what a kill leaves, but for the syncing thread, which had nothing to do.
    store.reset();
    fs::rename(folder_.path(), original());
  }

  [[nodiscard]] std::string path() const { return folder_.path(); }
  [[nodiscard]] std::string original() const { return folder_.root() + "/original"; }
  [[nodiscard]] std::uint64_t safe() const { return safe_; }

  void restore() const {
    fs::remove_all(path());
    fs::copy(original(), path(), fs::copy_options::recursive);
  }
  // The files of the database with that ending, as names below the store.
  [[nodiscard]] std::vector<std::string> files(const std::string& extension) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(original())) {
      if (entry.is_regular_file() && entry.path().extension() == extension)
        names.push_back(fs::relative(entry.path(), original()));
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  [[nodiscard]] std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(path())) {
      if (entry.is_regular_file() && entry.path().filename() != "lock")
        all[fs::relative(entry.path(), path())] = read_file(entry.path());
    }
    return all;
  }
  // The last write-ahead log, which holds all of a store that was not closed.
  [[nodiscard]] std::string log() const { return files(".log").back(); }

 private:
  const StoreFolder folder_;
  std::uint64_t safe_ = 0;
};

TEST(StoreDamage, UnsyncedTailsOfAnyKindOpen) {
  const Damaged store(false);
  const std::string log = read_file(store.original() + "/" + store.log());
  std::mt19937_64 random(3);
  const Finished whole = (store.restore(), run({program, "check", store.path()}));
  ASSERT_EQ(last_number_after(whole.output, "whole"), 500U) << whole.output;

  // Where the last commits begin is found by cutting: the first cut that keeps 400 frames.
  std::size_t safe_size = log.size();
  for (int round = 0; round < rounds(24); ++round) {
    const std::size_t cut = log.size() - random() % (log.size() / 6);
    std::string torn = log.substr(0, cut);
    const int kind = round % 4;
    if (kind == 1) torn.append(log.size() - cut, '\0');
    if (kind == 2) {
      for (std::size_t i = cut; i < log.size() + 100; ++i) torn += static_cast<char>(random());
    }
    if (kind == 3) torn.append(std::size_t{64} << 10U, '\0');
    store.restore();
    write_file(store.path() + "/" + store.log(), torn);
    const auto before = store.contents();
    const Finished checked = run({program, "check", store.path()});
    if (checked.exit_code == 0) {
      EXPECT_GE(last_number_after(checked.output, "whole"), store.safe());
      safe_size = std::min(safe_size, cut);
    } else {
      // Cut so deep that safe frames are gone.
      EXPECT_NE(checked.output.find("store-5"), std::string::npos) << checked.output;
      EXPECT_EQ(store.contents(), before);
    }
  }
  EXPECT_LT(safe_size, log.size());
}

TEST(StoreDamage, ShorterThanItsMarkIsRefusedUntouched) {
  const Damaged store(false);
  const std::string log = read_file(store.original() + "/" + store.log());
  int refused = 0;
  for (int tenth = 0; tenth < 8; ++tenth) {
    for (const bool zeros : {false, true}) {
      store.restore();
      std::string torn = log.substr(0, log.size() * tenth / 10);
      if (zeros) torn.resize(log.size(), '\0');
      write_file(store.path() + "/" + store.log(), torn);
      const auto before = store.contents();
      const Finished checked = run({program, "check", store.path()});
      EXPECT_EQ(checked.exit_code, 1) << checked.output;
      EXPECT_NE(checked.output.find("store-5"), std::string::npos) << checked.output;
      EXPECT_NE(checked.output.find("tocsin store salvage"), std::string::npos);
      EXPECT_EQ(store.contents(), before);
      ++refused;
    }
  }
  EXPECT_EQ(refused, 16);
}

TEST(StoreDamage, MissingFilesAreNoticed) {
  for (const bool closed : {false, true}) {
    const Damaged store(closed);
    std::vector<std::string> names = store.files(".sst");
    names.push_back("db/CURRENT");
    names.push_back("mark");
    if (!closed) names.push_back(store.log());
    for (const auto& entry : fs::directory_iterator(store.original() + "/db")) {
      if (entry.path().filename().string().starts_with("MANIFEST"))
        names.push_back("db/" + entry.path().filename().string());
    }
    EXPECT_GE(names.size(), 4U);
    for (const std::string& name : names) {
      store.restore();
      fs::remove(store.path() + "/" + name);
      const auto before = store.contents();
      const Finished checked = run({program, "check", store.path()});
      EXPECT_EQ(checked.exit_code, 1) << name << ": " << checked.output;
      EXPECT_EQ(store.contents(), before) << name;
    }
  }
}

TEST(StoreDamage, NoFlippedByteMakesItShorterInSilence) {
  int harmless = 0, reported = 0, aborted = 0;
  for (const bool closed : {true, false}) {
    const Damaged store(closed);
    std::vector<std::string> names = store.files(".sst");
    for (const std::string& name : store.files(".log")) names.push_back(name);
    names.push_back("mark");
    names.push_back("db/CURRENT");
    for (const auto& entry : fs::directory_iterator(store.original() + "/db")) {
      if (entry.path().filename().string().starts_with("MANIFEST"))
        names.push_back("db/" + entry.path().filename().string());
    }
    for (const std::string& name : names) {
      const std::string bytes = read_file(store.original() + "/" + name);
      if (bytes.empty()) continue;
      const auto steps = static_cast<std::size_t>(rounds(12));
      for (std::size_t step = 0; step < steps; ++step) {
        const std::size_t place = std::min(bytes.size() * step / steps, bytes.size() - 1);
        store.restore();
        std::string bad = bytes;
        bad[place] = static_cast<char>(bad[place] ^ 0x55);
        write_file(store.path() + "/" + name, bad);
        const Finished checked = run({program, "check", store.path()});
        const std::string where = name + " at " + std::to_string(place) + ": " + checked.output;
        EXPECT_NE(checked.exit_code, 2) << where;
        if (checked.exit_code == 0) {
          EXPECT_GE(last_number_after(checked.output, "whole"), store.safe()) << where;
          ++harmless;
        } else if (checked.exit_code == 1) {
          EXPECT_NE(checked.output.find("store-"), std::string::npos) << where;
          ++reported;
        } else {
          // Debian builds RocksDB with its assertions on: it may stop where it should report.
          EXPECT_EQ(checked.signal, SIGABRT) << where;
          ++aborted;
          std::printf("aborted: %s\n", where.c_str());
        }
      }
    }
  }
  std::printf("%d flips reported, %d harmless, %d stopped by an assertion of RocksDB\n", reported,
              harmless, aborted);
  EXPECT_GT(reported, harmless / 4);
  EXPECT_LE(aborted, (reported + harmless) / 20);
}

}  // namespace
}  // namespace tocsin::store
