#include "store/check.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "store/block_filter.hpp"
#include "store/database_files.hpp"
#include "store/mark.hpp"
#include "store/records.hpp"
#include "store/salvage.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

namespace fs = std::filesystem;
using event::Seq;

class CheckTest : public testing::Test {
 protected:
  const StoreFolder folder;

  void fill(std::uint64_t frames = 1000, std::size_t batch = 10) const {
    auto store = value_of(Store::open(folder.path()));
    while (store->last_seq().value < frames) ASSERT_OK(store->commit(commit_of(*store, batch)));
    ASSERT_OK(store->close());
  }
  // Past all that a store would let happen.
  void change(const std::function<void(Database&, Changes&)>& by) const {
    auto database =
        value_of(Database::open(database_path(folder.path()), {}, Database::Access::write));
    Changes changes;
    by(*database, changes);
    ASSERT_OK(database->write(changes));
    ASSERT_OK(database->flush());
    ASSERT_OK(database->close());
  }
  [[nodiscard]] CheckReport check() const { return check_store(folder.path()); }
  static std::string all(const CheckReport& report) {
    std::string text;
    for (const Finding& finding : report.findings)
      text += finding.code + " " + std::to_string(finding.first.value) + "-" +
              std::to_string(finding.last.value) + ": " + finding.sentence + "\n";
    return text;
  }
};

TEST_F(CheckTest, AWholeStoreIsWhole) {
  fill();
  std::uint64_t told = 0;
  const CheckReport report =
      check_store(folder.path(), {}, [&](std::uint64_t done, std::uint64_t of) {
        EXPECT_EQ(of, 1000U);
        EXPECT_GT(done, told);
        told = done;
      });
  EXPECT_EQ(all(report), "");
  EXPECT_EQ(told, 1000U);
  EXPECT_EQ(report.frames, 1000U);
  EXPECT_EQ(report.blocks, 100U);
  EXPECT_EQ(report.last_seq, Seq(1000));
  EXPECT_NE(report.chain, base::Sha256{});
  EXPECT_EQ(report.chain, check().chain);
}

TEST_F(CheckTest, MergingAndRetentionLeaveItWhole) {
  StoreOptions options;
  options.retention_age = std::chrono::seconds(500);
  auto store = value_of(Store::open(folder.path(), options));
  for (int i = 0; i < 300; ++i) ASSERT_OK(store->commit(commit_of(*store, 1 + i % 5)));
  Commit seen;
  seen.checkpoint = store->last_seq();
  ASSERT_OK(store->commit(seen));
  ASSERT_OK(store->compact_small_blocks(true));
  for (int i = 0; i < 300; ++i) ASSERT_OK(store->commit(commit_of(*store, 1 + i % 5)));
  const base::ReceivedTime now(static_cast<std::int64_t>(store->last_seq().value) *
                               base::ns_per_second);
  const Dropped planned = value_of(store->plan_retention(now, store->last_seq()));
  ASSERT_OK(store->drop_before(planned.first_seq, nullptr));
  ASSERT_GT(store->first_seq(), Seq(1));
  ASSERT_OK(store->close());
  EXPECT_EQ(all(check()), "");
}

TEST_F(CheckTest, NoStoreIsAFinding) {
  const CheckReport report = check();
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].code, "store-1");
}

TEST_F(CheckTest, AMissingBlockIsNamedWithItsFrames) {
  fill();
  change([](Database&, Changes& changes) { changes.remove(Space::blocks, key::block(Seq(501))); });
  const CheckReport report = check();
  EXPECT_EQ(all(report), "store-23 501-510: their block is missing\n");
  EXPECT_EQ(report.frames, 990U);
  EXPECT_EQ(report.findings[0].from.value, 501 * base::ns_per_second);
  EXPECT_EQ(report.findings[0].to.value, 510 * base::ns_per_second);
}

TEST_F(CheckTest, AMissingIndexIsNamed) {
  fill();
  change([](Database&, Changes& changes) { changes.remove(Space::state, key::index(Seq(501))); });
  EXPECT_EQ(all(check()), "store-23 501-510: their block is not in the index\n");
}

TEST_F(CheckTest, AFilterOfOtherTextIsFound) {
  fill();
  change([](Database& database, Changes& changes) {
    const auto other = value_of(database.get(Space::filters, key::block(Seq(511))));
    changes.put(Space::filters, key::block(Seq(501)), other.value());
    std::string flipped = value_of(database.get(Space::filters, key::block(Seq(601)))).value();
    flipped.back() = static_cast<char>(flipped.back() ^ 1);
    changes.put(Space::filters, key::block(Seq(601)), flipped);
    changes.remove(Space::filters, key::block(Seq(701)));
  });
  EXPECT_EQ(all(check()),
            "store-20 0-0: the filter of the block that begins with frame 501 is damaged; its "
            "frames are as they were\n"
            "store-20 0-0: the filter of the block that begins with frame 601 is damaged; its "
            "frames are as they were\n");
  EXPECT_EQ(check().frames, 1000U);
  const auto store = value_of(Store::open_read_only(folder.path()));
  FilterReader filters = store->read_filters();
  EXPECT_OK(store->read_index([&](const BlockInfo& info) {
    const bool is_lost = info.first_seq == Seq(601) || info.first_seq == Seq(701);
    // That of other text of the same size is told by a check alone.
    const bool has_one = filters.of(info).has_value();
    EXPECT_TRUE(info.first_seq == Seq(501) || has_one != is_lost) << info.first_seq.value;
    return true;
  }));
}

TEST_F(CheckTest, AFrameChangedUnderRightChecksumsIsFound) {
  fill();
  change([](Database& database, Changes& changes) {
    const std::string block = value_of(database.get(Space::blocks, key::block(Seq(501)))).value();
    BlockDecoder decoder;
    event::Batch batch, forged;
    const BlockInfo info = value_of(decoder.decode(block, batch));
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      std::string text(batch.raw(i));
      if (i == 3) text.replace(text.find("Failed"), 6, "Passed");
      forged.add_frame(text, batch.frames[i].source, batch.frames[i].received);
    }
    std::string out;
    BlockEncoder encoder;
    encoder.encode(forged, out);
    seal(out, info.first_seq, {info.min_time, info.max_time});
    set_chain(out, chain_of(block));
    changes.put(Space::blocks, key::block(info.first_seq), out);
    changes.put(Space::state, key::index(info.first_seq), encode(value_of(block_info(out))));
  });
  EXPECT_NE(all(check()).find("store-24 501-510: the chain of hashes does not lead through them"),
            std::string::npos)
      << all(check());
}

TEST_F(CheckTest, ALogCutAtItsEndWithItsTotalsIsAnotherChain) {
  fill();
  const base::Sha256 before = check().chain;
  change([](Database& database, Changes& changes) {
    Totals totals =
        value_of(decode_totals(value_of(database.get(Space::state, key::totals)).value()));
    totals.next_seq = Seq(991);
    changes.remove(Space::blocks, key::block(Seq(991)));
    changes.remove(Space::state, key::index(Seq(991)));
    changes.put(Space::state, key::totals, encode(totals));
  });
  // The mark betrays it before anything is read; without one the chain of the totals does.
  EXPECT_NE(all(check()).find("store-5"), std::string::npos) << all(check());
  {
    MarkFile mark = value_of(MarkFile::open(mark_path(folder.path())));
    for (int slot = 0; slot < 2; ++slot) ASSERT_OK(mark.write({{1, Seq(990)}, true, true}));
  }
  EXPECT_NE(all(check()).find("store-24"), std::string::npos) << all(check());
  EXPECT_EQ(check().chain, before);
}

TEST_F(CheckTest, AMissingAlertAndADamagedSourceAreNamed) {
  fill();
  change([](Database&, Changes& changes) {
    changes.put(Space::state, key::source(event::SourceId(0)), "\x01");
    changes.put(Space::state, key::fired(0), encode_course(event::Alert{}));
    changes.put(Space::state, "x", "what is this");
  });
  const std::string found = all(check());
  EXPECT_NE(found.find("store-22"), std::string::npos) << found;
  EXPECT_NE(found.find("store-23 0-0: alert 0 is missing"), std::string::npos) << found;
  EXPECT_NE(found.find("unknown kind"), std::string::npos) << found;
}

TEST_F(CheckTest, OneDamagedPlaceIsToldOnce) {
  fill(300);
  std::string table;
  {
    auto database =
        value_of(Database::open(database_path(folder.path()), {}, Database::Access::read_only));
    for (const auto& file : database->sorted_files())
      if (file.space == Space::state) table = file.path;
  }
  std::fstream(table, std::ios::binary | std::ios::in | std::ios::out).seekp(100).write("xxxx", 4);
  const CheckReport report = check();
  EXPECT_LE(report.findings.size(), 33U)
      << all(report);  // the file, the place, blocks without an index
  std::set<std::string> told;
  for (const Finding& finding : report.findings)
    EXPECT_TRUE(
        told.insert(finding.file + finding.sentence + std::to_string(finding.first.value)).second)
        << all(report);
}

// All that is in this log was safe: whatever byte of it changes, something that was is no more.
TEST_F(CheckTest, EachChangedByteOfTheLogIsFound) {
  StoreOptions options;
  options.sync = "always";
  {
    auto store = value_of(Store::open(folder.path(), options));
    for (int i = 0; i < 30; ++i) ASSERT_OK(store->commit(commit_of(*store, 10)));
  }
  fs::path log;
  for (const auto& entry : fs::directory_iterator(database_path(folder.path())))
    if (entry.path().extension() == ".log" && entry.file_size() > 0) log = entry.path();
  ASSERT_NE(log, "");
  EXPECT_EQ(all(check()), "");
  std::ifstream in(log, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const std::string saved = folder.root() + "/saved";
  for (std::size_t step = 0; step < 100; ++step) {
    const std::size_t at = whole.size() * step / 100;
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x41);
    std::ofstream(log, std::ios::binary | std::ios::trunc) << flipped;
    EXPECT_FALSE(check().findings.empty()) << at << " of " << whole.size();
    EXPECT_FALSE(Store::open_read_only(folder.path())) << at;
    if (step % 10 != 5) continue;
    // What stands before it is saved.
    fs::remove_all(saved);
    const Salvaged salvaged = value_of(salvage(folder.path(), saved));
    EXPECT_GE(salvaged.frames, 300 * step / 100 / 10 * 10) << at;
    EXPECT_TRUE(check_store(saved).findings.empty());
  }
}

TEST_F(CheckTest, EachChangedByteOfAFileIsFoundAndNamed) {
  fill(300);
  const fs::path database = database_path(folder.path());
  std::vector<fs::path> files = {mark_path(folder.path())};
  for (const auto& entry : fs::directory_iterator(database)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".sst") || name.starts_with("MANIFEST") || name == "CURRENT")
      files.push_back(entry.path());
  }
  ASSERT_GE(files.size(), 5U);
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    in.close();
    const std::size_t step = std::max<std::size_t>(1, whole.size() / 100);
    for (std::size_t at = 0; at < whole.size(); at += step) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ 0x41);
      std::ofstream(file, std::ios::binary | std::ios::trunc) << flipped;
      const CheckReport report = check();
      EXPECT_FALSE(report.findings.empty()) << file << " at " << at << " of " << whole.size();
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole;
  }
  EXPECT_EQ(all(check()), "");
}

}  // namespace
}  // namespace tocsin::store
