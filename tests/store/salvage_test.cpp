#include "store/salvage.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "store/block_filter.hpp"
#include "store/check.hpp"
#include "store/database_files.hpp"
#include "store/records.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

namespace fs = std::filesystem;
using event::Seq;

class SalvageTest : public testing::Test {
 protected:
  const StoreFolder folder;
  const std::string target = folder.root() + "/saved";

  void fill(std::uint64_t frames = 2000) const {
    auto store = value_of(Store::open(folder.path()));
    event::SourceTable sources;
    (void)sources.intern(event::Source{.input = "tcp", .peer = "192.0.2.1"});
    while (store->last_seq().value < frames) {
      Commit commit = commit_of(*store, 10);
      commit.sources = &sources;
      commit.state.put("window", "so far");
      commit.checkpoint = Seq(store->last_seq().value + 10);
      ASSERT_OK(store->commit(commit));
    }
    ASSERT_OK(store->close());
  }
  [[nodiscard]] std::vector<fs::path> files(std::string_view like) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(database_path(folder.path())))
      if (entry.path().filename().string().find(like) != std::string::npos)
        found.push_back(entry.path());
    return found;
  }
  static void flip(const fs::path& file, std::uintmax_t at, std::size_t count = 1) {
    std::fstream io(file, std::ios::binary | std::ios::in | std::ios::out);
    for (std::size_t i = 0; i < count; ++i) {
      io.seekg(static_cast<std::streamoff>(at + i));
      const auto byte = static_cast<char>(io.get() ^ 0x55);
      io.seekp(static_cast<std::streamoff>(at + i));
      io.put(byte);
    }
  }
  // The saved store is whole, has every number, and each frame is the one it was, or lost.
  std::uint64_t expect_usable(const Salvaged& saved, std::uint64_t frames) const {
    const CheckReport report = check_store(target);
    EXPECT_TRUE(report.findings.empty())
        << report.findings[0].code << ": " << report.findings[0].sentence;
    auto store = value_of(Store::open_read_only(target));
    EXPECT_EQ(store->last_seq(), Seq(frames));
    std::uint64_t lost = 0, seq = 1;
    LogReader reader = store->read_log();
    event::Batch batch;
    while (value_of(reader.next(batch))) {
      for (std::size_t i = 0; i < batch.frames.size(); ++i, ++seq) {
        if (batch.frames[i].anomalies.has(event::Anomaly::frame_lost)) {
          ++lost;
          EXPECT_EQ(batch.raw(i), "");
        } else {
          EXPECT_EQ(batch.raw(i), line_of(seq));
        }
      }
    }
    EXPECT_EQ(seq, frames + 1);
    EXPECT_EQ(saved.frames + lost, frames);
    std::uint64_t told = 0;
    for (const LostFrames& range : saved.lost) told += range.last.value - range.first.value + 1;
    EXPECT_EQ(told, lost);
    return lost;
  }
};

TEST_F(SalvageTest, OfAWholeStoreAllIsSaved) {
  fill();
  const Salvaged saved = value_of(salvage(folder.path(), target));
  EXPECT_EQ(expect_usable(saved, 2000), 0U);
  EXPECT_TRUE(saved.state);
  EXPECT_FALSE(saved.repaired);
  auto store = value_of(Store::open(target));
  EXPECT_EQ(value_of(store->checkpoint()), Seq(2000));
  std::string state;
  ASSERT_OK(store->read_state([&](std::string_view key, std::string_view value) {
    state += std::string(key) + "=" + std::string(value);
    return base::Result<void>();
  }));
  EXPECT_EQ(state, "window=so far");
  event::SourceTable sources;
  ASSERT_OK(store->load_sources(sources));
  EXPECT_EQ(sources[event::SourceId(1)].peer, "192.0.2.1");
  FilterReader filters = store->read_filters();
  ASSERT_OK(store->read_index([&filters](const BlockInfo& info) {
    EXPECT_EQ(filters.of(info).has_value(), info.text_bytes >= 512);
    return true;
  }));
  ASSERT_OK(store->commit(commit_of(*store, 5)));
}

TEST_F(SalvageTest, AFlippedByteCostsItsBlockAtMost) {
  fill();
  const auto tables = files(".sst");
  for (const fs::path& table : tables) {
    const std::uintmax_t size = fs::file_size(table);
    for (int step = 0; step < 20; ++step) {
      const std::uintmax_t at = size * static_cast<unsigned>(step) / 20;
      flip(table, at);
      fs::remove_all(target);
      const auto saved = salvage(folder.path(), target);
      ASSERT_TRUE(saved) << table << " at " << at << ": " << base::to_string(saved.error());
      EXPECT_LE(expect_usable(*saved, 2000), 10U) << table << " at " << at << " of " << size;
      flip(table, at);
    }
  }
}

TEST_F(SalvageTest, WithoutTheListOfFilesAllIsFoundAgain) {
  fill();
  for (const char* name : {"CURRENT", "MANIFEST"}) {
    for (const fs::path& file : files(name)) {
      const std::string before = [&] {
        std::ifstream in(file, std::ios::binary);
        return std::string{std::istreambuf_iterator<char>(in), {}};
      }();
      fs::remove(file);
      fs::remove_all(target);
      const Salvaged saved = value_of(salvage(folder.path(), target));
      EXPECT_TRUE(saved.repaired);
      EXPECT_EQ(expect_usable(saved, 2000), 0U) << name;
      std::ofstream(file, std::ios::binary) << before;
    }
  }
}

TEST_F(SalvageTest, LostAlertsAreCounted) {
  event::Alert alert;
  {
    auto store = value_of(Store::open(folder.path()));
    Commit commit = commit_of(*store, 10);
    commit.alerts.push_back({&alert, true});
    ASSERT_OK(store->commit(commit));
    ASSERT_OK(store->close());
  }
  EXPECT_EQ(value_of(salvage(folder.path(), target)).lost_alerts, 0U);
  fs::remove_all(target);
  auto database =
      value_of(Database::open(database_path(folder.path()), {}, Database::Access::write));
  Changes changes;
  changes.remove(Space::state, key::alert(alert.id));
  ASSERT_OK(database->write(changes));
  ASSERT_OK(database->flush());
  ASSERT_OK(database->close());
  const Salvaged saved = value_of(salvage(folder.path(), target));
  EXPECT_EQ(saved.lost_alerts, 1U);
  EXPECT_TRUE(saved.counted);
}

TEST_F(SalvageTest, AMissingMarkIsNoLoss) {
  fill();
  fs::remove(mark_path(folder.path()));
  EXPECT_EQ(expect_usable(value_of(salvage(folder.path(), target)), 2000), 0U);
}

TEST_F(SalvageTest, ALostFileLeavesItsFramesEmptyAndTheOthersWhereTheyWere) {
  fill();
  {
    // Two files of blocks.
    auto store = value_of(Store::open(folder.path()));
    while (store->last_seq().value < 3000) ASSERT_OK(store->commit(commit_of(*store, 10)));
    ASSERT_OK(store->close());
  }
  std::string table;
  {
    auto database =
        value_of(Database::open(database_path(folder.path()), {}, Database::Access::read_only));
    for (const auto& file : database->sorted_files())
      if (file.space == Space::blocks && key::block_seq(file.first_key) == Seq(1))
        table = file.path;
  }
  ASSERT_NE(table, "");
  fs::remove(table);
  const Salvaged saved = value_of(salvage(folder.path(), target));
  EXPECT_EQ(expect_usable(saved, 3000), 2000U);
  ASSERT_EQ(saved.lost.size(), 1U);
  EXPECT_EQ(saved.lost[0].first, Seq(1));
  EXPECT_EQ(saved.lost[0].last, Seq(2000));
}

TEST_F(SalvageTest, RefusesWhatItMustNotTouch) {
  EXPECT_EQ(salvage(folder.path(), target).error().code, "store-1");
  fill(100);
  fs::create_directory(target);
  EXPECT_EQ(salvage(folder.path(), target).error().code, "store-25");
  fs::remove(target);
  const auto store = value_of(Store::open(folder.path()));
  EXPECT_EQ(salvage(folder.path(), target).error().code, "store-2");
  EXPECT_FALSE(fs::exists(target));
}

}  // namespace
}  // namespace tocsin::store
