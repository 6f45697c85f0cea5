#include "store/database_files.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "store/records.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

class DatabaseFilesTest : public testing::Test {
 protected:
  const StoreFolder folder;
  const std::string path = folder.root() + "/db";

  void SetUp() override {
    auto database = value_of(Database::open(path, {}, Database::Access::create));
    Changes changes;
    changes.put(Space::state, "a", "1");
    for (std::uint64_t seq = 7; seq < 100; ++seq)
      changes.put(Space::blocks, key::block(event::Seq(seq)), std::string(1000, 'x'));
    ASSERT_OK(database->write(changes));
    ASSERT_OK(database->flush());
    ASSERT_OK(database->close());
  }
  std::string file_of(Space space) const {
    auto database = value_of(Database::open(path, {}, Database::Access::read_only));
    for (const Database::SortedFile& file : database->sorted_files())
      if (file.space == space) return file.path;
    return "";
  }
  static void flip(const std::string& file, std::streamoff at) {
    std::fstream io(file, std::ios::binary | std::ios::in | std::ios::out);
    io.seekg(at);
    const auto byte = static_cast<char>(io.get() ^ 1);
    io.seekp(at);
    io.put(byte);
  }
};

TEST_F(DatabaseFilesTest, AChangedFileIsNamedWithItsFrames) {
  const std::string file = file_of(Space::blocks);
  {
    auto database = value_of(Database::open(path, {}, Database::Access::read_only));
    EXPECT_TRUE(changed_files(*database).empty());
  }
  flip(file, 5000);
  auto database = value_of(Database::open(path, {}, Database::Access::read_only));
  const auto faults = changed_files(*database);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].file, file);
  EXPECT_EQ(faults[0].first, event::Seq(7));
  EXPECT_EQ(faults[0].last, event::Seq(99));
}

TEST_F(DatabaseFilesTest, AFileThatIsGoneSinceIsNoFault) {
  const std::string file = file_of(Space::blocks);
  auto database = value_of(Database::open(path, {}, Database::Access::read_only));
  std::filesystem::remove(file);
  EXPECT_TRUE(changed_files(*database).empty());
  database.reset();
  EXPECT_FALSE(Database::open(path, {}, Database::Access::read_only)) << "then it is missing";
}

TEST_F(DatabaseFilesTest, WithoutADatabaseEachFileSpeaksForItself) {
  EXPECT_TRUE(files_that_cannot_be_read(path).empty());
  const std::string file = file_of(Space::blocks);
  flip(file, 5000);
  const auto faults = files_that_cannot_be_read(path);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].file, file);
  EXPECT_NE(faults[0].what, "");
}

TEST_F(DatabaseFilesTest, ACopyIsWhole) {
  auto database = value_of(Database::open(path, {}, Database::Access::write));
  Changes changes;
  changes.put(Space::state, "b", "2");
  ASSERT_OK(database->write(changes));
  ASSERT_OK(database->copy_to(folder.root() + "/copy"));
  EXPECT_FALSE(database->copy_to(folder.root() + "/copy")) << "it is there";
  changes.clear();
  changes.put(Space::state, "b", "3");
  ASSERT_OK(database->write(changes));
  auto copy = value_of(Database::open(folder.root() + "/copy", {}, Database::Access::read_only));
  EXPECT_EQ(value_of(copy->get(Space::state, "b")), "2");
  EXPECT_TRUE(changed_files(*copy).empty());
}

TEST_F(DatabaseFilesTest, RepairBringsBackWhatTheFilesHold) {
  ASSERT_TRUE(std::filesystem::remove(path + "/CURRENT"));
  EXPECT_FALSE(Database::open(path, {}, Database::Access::read_only));
  ASSERT_OK(Database::repair(path));
  auto database = value_of(Database::open(path, {}, Database::Access::write));
  EXPECT_EQ(value_of(database->get(Space::state, "a")), "1");
  EXPECT_TRUE(value_of(database->get(Space::blocks, key::block(event::Seq(50)))));
}

}  // namespace
}  // namespace tocsin::store
