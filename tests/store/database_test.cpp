#include "store/database.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using Access = Database::Access;

std::unique_ptr<Database> fresh(const StoreFolder& folder) {
  return value_of(Database::open(folder.root() + "/db", {}, Access::create));
}

std::string keys_of(Cursor& cursor) {
  std::string all;
  for (; cursor.valid(); cursor.next()) all += std::string(cursor.key()) + " ";
  EXPECT_OK(cursor.status());
  return all;
}

// As a program made it that knew no filters.
TEST(Database, OneWithoutASpaceForFiltersReadsAsIfItHadNone) {
  const StoreFolder folder;
  const std::string path = folder.root() + "/db";
  {
    rocksdb::Options options;
    options.create_if_missing = options.create_missing_column_families = true;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(
        rocksdb::DB::Open(options, path, {{"default", {}}, {"blocks", {}}}, &handles, &opened)
            .ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    EXPECT_TRUE(database->Put({}, handles[1], "a", "1").ok());
    for (rocksdb::ColumnFamilyHandle* handle : handles)
      EXPECT_TRUE(database->DestroyColumnFamilyHandle(handle).ok());
    EXPECT_TRUE(database->Close().ok());
  }
  {
    const auto database = value_of(Database::open(path, {}, Access::read_only));
    EXPECT_EQ(value_of(database->get(Space::blocks, "a")), "1");
    EXPECT_EQ(value_of(database->get(Space::filters, "a")), std::nullopt);
    Cursor filters = database->cursor(Space::filters);
    filters.seek("");
    EXPECT_FALSE(filters.valid());
    EXPECT_OK(filters.status());
    EXPECT_EQ(database->file_bytes(Space::filters), 0U);
  }
  auto database = value_of(Database::open(path, {}, Access::write));
  Changes changes;
  changes.put(Space::filters, "a", "2");
  ASSERT_OK(database->write(changes));
  EXPECT_EQ(value_of(database->get(Space::filters, "a")), "2");
  EXPECT_EQ(value_of(database->get(Space::blocks, "a")), "1");
  ASSERT_OK(database->close());
}

TEST(Database, AWriteIsAllOfItInOrder) {
  const StoreFolder folder;
  auto database = fresh(folder);
  Changes changes;
  for (const char* key : {"a", "b", "c", "d", "e"}) {
    changes.put(Space::state, key, "1");
    changes.put(Space::blocks, key, "2");
  }
  changes.remove(Space::state, "b");
  changes.remove_range(Space::blocks, "b", "d");
  changes.put(Space::blocks, "c", "again");
  EXPECT_FALSE(changes.empty());
  ASSERT_OK(database->write(changes));
  changes.clear();
  EXPECT_TRUE(changes.empty());

  Cursor state = database->cursor(Space::state);
  state.seek("");
  EXPECT_EQ(keys_of(state), "a c d e ");
  Cursor blocks = database->cursor(Space::blocks, "e", true);
  blocks.seek("");
  EXPECT_EQ(keys_of(blocks), "a c d ");
  EXPECT_EQ(value_of(database->get(Space::blocks, "c")), "again");
  EXPECT_EQ(value_of(database->get(Space::blocks, "b")), std::nullopt);
}

TEST(Database, ACursorSeesTheMomentItWasMade) {
  const StoreFolder folder;
  auto database = fresh(folder);
  Changes changes;
  changes.put(Space::state, "a", "1");
  ASSERT_OK(database->write(changes));
  Cursor cursor = database->cursor(Space::state);
  changes.clear();
  changes.put(Space::state, "b", "1");
  changes.remove(Space::state, "a");
  ASSERT_OK(database->write(changes));
  ASSERT_OK(database->flush());
  cursor.seek("");
  EXPECT_EQ(keys_of(cursor), "a ");
}

TEST(Database, ACursorMovesBothWays) {
  const StoreFolder folder;
  auto database = fresh(folder);
  Changes changes;
  for (const char* key : {"b", "d", "f"}) changes.put(Space::blocks, key, key);
  ASSERT_OK(database->write(changes));
  Cursor cursor = database->cursor(Space::blocks);
  cursor.seek_back("e");
  ASSERT_TRUE(cursor.valid());
  EXPECT_EQ(cursor.value(), "d");
  cursor.back();
  EXPECT_EQ(cursor.key(), "b");
  cursor.back();
  EXPECT_FALSE(cursor.valid());
  cursor.seek("e");
  EXPECT_EQ(cursor.key(), "f");
}

TEST(Database, WhatWasWrittenIsThereAfterOpeningAgain) {
  const StoreFolder folder;
  for (const bool tidy : {false, true}) {
    auto database = fresh(folder);
    Changes changes;
    changes.put(Space::state, tidy ? "tidy" : "torn", "1");
    ASSERT_OK(database->write(changes));
    ASSERT_OK(database->sync());
    if (tidy) {
      ASSERT_OK(database->flush());
      ASSERT_OK(database->close());
    }
  }
  auto database = value_of(Database::open(folder.root() + "/db", {}, Access::write));
  EXPECT_EQ(value_of(database->get(Space::state, "tidy")), "1");
  EXPECT_EQ(value_of(database->get(Space::state, "torn")), "1");
  EXPECT_GT(database->file_bytes(Space::state), 0U);
}

TEST(Database, IsOnlyMadeWhenAsked) {
  const StoreFolder folder;
  for (const Access access : {Access::write, Access::read_only})
    EXPECT_FALSE(Database::open(folder.root() + "/db", {}, access));
}

TEST(Database, ReadingOnlyRefusesToWrite) {
  const StoreFolder folder;
  ASSERT_OK(fresh(folder)->close());
  auto database = value_of(Database::open(folder.root() + "/db", {}, Access::read_only));
  Changes changes;
  changes.put(Space::state, "a", "1");
  EXPECT_FALSE(database->write(changes));
}

TEST(Database, DroppedFilesGiveTheirSpaceBack) {
  const StoreFolder folder;
  DatabaseOptions options;
  options.write_buffer = std::size_t{1} << 20U;
  auto database = value_of(Database::open(folder.root() + "/db", options, Access::create));
  Changes changes;
  std::uint64_t number = 0;
  auto key = [](std::uint64_t n) { return key::block(event::Seq(n)); };
  // Keys in ascending order, as the log writes them, until files have left the first level.
  for (; number < 24 * 64; ++number) {
    changes.clear();
    changes.put(Space::blocks, key(number), std::string(std::size_t{16} << 10U, 'x'));
    ASSERT_OK(database->write(changes));
  }
  ASSERT_OK(database->flush());
  const std::uint64_t before = database->file_bytes(Space::blocks);
  ASSERT_OK(database->drop_files(Space::blocks, key(0), key(number / 2)));
  EXPECT_LT(database->file_bytes(Space::blocks), before * 3 / 4);
  Cursor cursor = database->cursor(Space::blocks);
  std::uint64_t next = number / 2;
  for (cursor.seek(key(next)); cursor.valid(); cursor.next(), ++next)
    ASSERT_EQ(cursor.key(), key(next));
  EXPECT_EQ(next, number);
}

}  // namespace
}  // namespace tocsin::store
