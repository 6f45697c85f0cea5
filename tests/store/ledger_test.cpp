#include "store/ledger.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using event::Seq;

base::Result<void> write(Ledger& ledger, const std::string& key) {
  Changes changes;
  changes.put(Space::state, key, "1");
  const auto turn = ledger.hold();
  return ledger.write(turn, changes, ledger.totals());
}

TEST(Ledger, CommitsAreNumbered) {
  const StoreFolder folder;
  for (std::uint64_t commit = 1; commit <= 3; ++commit) {
    auto ledger = value_of(Ledger::open(folder.path(), {}, nullptr));
    EXPECT_EQ(ledger->report().created, commit == 1);
    ASSERT_OK(write(*ledger, "k"));
    EXPECT_EQ(ledger->totals().commit, commit);
    ASSERT_OK(ledger->close());
  }
  const Mark mark = *value_of(MarkFile::read(mark_path(folder.path())));
  EXPECT_EQ(mark.position.commit, 3U);
  EXPECT_TRUE(mark.clean && mark.created);
}

TEST(Ledger, TheMarkFollowsEachSync) {
  const StoreFolder folder;
  StoreOptions options;
  options.sync = "always";
  auto ledger = value_of(Ledger::open(folder.path(), options, nullptr));
  for (std::uint64_t commit = 1; commit <= 3; ++commit) {
    ASSERT_OK(write(*ledger, "k"));
    const Mark mark = *value_of(MarkFile::read(mark_path(folder.path())));
    EXPECT_EQ(mark.position.commit, commit);
    EXPECT_FALSE(mark.clean);
  }
}

TEST(Ledger, AStoreWhoseMarkIsGoneIsRefused) {
  const StoreFolder folder;
  {
    auto ledger = value_of(Ledger::open(folder.path(), {}, nullptr));
  }
  std::filesystem::remove(mark_path(folder.path()));
  for (int i = 0; i < 2; ++i) {
    const auto refused = Ledger::open(folder.path(), {}, nullptr);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "store-6");
    EXPECT_FALSE(std::filesystem::exists(mark_path(folder.path())));
  }
  EXPECT_FALSE(Ledger::open_read_only(folder.path(), {}, nullptr));
}

TEST(Ledger, AKillBeforeTheDatabaseWasMadeIsNoHarm) {
  const StoreFolder folder;
  {
    const Folder locked = value_of(Folder::lock(folder.path()));
  }
  {
    const MarkFile mark = value_of(MarkFile::open(mark_path(folder.path())));
  }
  std::filesystem::create_directory(database_path(folder.path()));
  std::ofstream(database_path(folder.path()) + "/000005.dbtmp") << "MANIF";
  const auto reader = Ledger::open_read_only(folder.path(), {}, nullptr);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, "store-1");
  auto ledger = value_of(Ledger::open(folder.path(), {}, nullptr));
  EXPECT_TRUE(ledger->report().created);
  ASSERT_OK(write(*ledger, "k"));
}

TEST(Ledger, ADatabaseThatWentIsNotMadeAgain) {
  const StoreFolder folder;
  {
    auto ledger = value_of(Ledger::open(folder.path(), {}, nullptr));
    ASSERT_OK(write(*ledger, "k"));
    ASSERT_OK(ledger->close());
  }
  std::filesystem::remove_all(database_path(folder.path()));
  EXPECT_FALSE(Ledger::open(folder.path(), {}, nullptr));
  EXPECT_FALSE(std::filesystem::exists(database_path(folder.path()) + "/CURRENT"));
}

TEST(Ledger, AnOlderCopyOfTheDatabaseIsRefused) {
  const StoreFolder folder;
  auto once = [&] {
    auto ledger = value_of(Ledger::open(folder.path(), {}, nullptr));
    ASSERT_OK(write(*ledger, "k"));
    ASSERT_OK(ledger->close());
  };
  once();
  const std::string copy = folder.root() + "/copy";
  std::filesystem::copy(database_path(folder.path()), copy,
                        std::filesystem::copy_options::recursive);
  once();
  std::filesystem::remove_all(database_path(folder.path()));
  std::filesystem::rename(copy, database_path(folder.path()));
  const auto refused = Ledger::open(folder.path(), {}, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "store-5");
  EXPECT_FALSE(Ledger::open_read_only(folder.path(), {}, nullptr));
}

TEST(Ledger, WritingAsideMovesNoTotal) {
  const StoreFolder folder;
  auto ledger = value_of(Ledger::open(folder.path(), {}, nullptr));
  const Totals before = ledger->totals();
  Changes changes;
  changes.put(Space::state, "aside", "1");
  ASSERT_OK(ledger->write_aside(changes));
  EXPECT_EQ(ledger->totals(), before);
  EXPECT_EQ(value_of(ledger->database().get(Space::state, "aside")), "1");
}

TEST(Ledger, ASmallLimitMakesSmallFiles) {
  StoreOptions options;
  EXPECT_EQ(database_options(options, nullptr).write_buffer, options.write_buffer);
  options.retention_size = std::size_t{200} << 20U;
  EXPECT_EQ(database_options(options, nullptr).write_buffer, options.retention_size / 48);
  options.retention_size = 1;
  EXPECT_EQ(database_options(options, nullptr).write_buffer, std::size_t{1} << 20U);
}

}  // namespace
}  // namespace tocsin::store
