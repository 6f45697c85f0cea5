#include "store/carve.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "store/records.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using event::Seq;

class CarveTest : public testing::Test {
 protected:
  const StoreFolder folder;
  const std::string file = folder.root() + "/file";
  void write(const std::string& bytes) const {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }
};

TEST_F(CarveTest, BlocksAreFoundBetweenAnything) {
  const std::string a = block_of(batch_of(1, 10)), b = block_of(batch_of(11, 3));
  write("tb\x02" + a + "tb" + std::string(50, 't') + b + "rest");
  const auto found = carve_blocks(file);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].info.first_seq, Seq(1));
  EXPECT_EQ(found[1].info.first_seq, Seq(11));
  std::string bytes;
  ASSERT_TRUE(read_piece(file, found[1].offset, found[1].size, bytes));
  EXPECT_EQ(bytes, b);
  EXPECT_FALSE(read_piece(file, found[1].offset, 1'000'000, bytes));
}

TEST_F(CarveTest, WhatIsNotWholeIsNotFound) {
  const std::string a = block_of(batch_of(1, 10)), b = block_of(batch_of(11, 10));
  for (std::size_t at = 0; at < a.size(); ++at) {
    std::string damaged = a;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    write(damaged + b);
    const auto found = carve_blocks(file);
    ASSERT_EQ(found.size(), 1U) << at;
    EXPECT_EQ(found[0].info.first_seq, Seq(11));
  }
  write(a.substr(0, a.size() - 1));
  EXPECT_TRUE(carve_blocks(file).empty());
  EXPECT_TRUE(carve_blocks(folder.root() + "/none").empty());
}

TEST_F(CarveTest, ADamagedPlaceIsPassedBy) {
  const std::string path = folder.root() + "/db";
  {
    auto database = value_of(Database::open(path, {}, Database::Access::create));
    Changes changes;
    for (std::uint64_t seq = 1; seq <= 1000; ++seq)
      changes.put(Space::blocks, key::block(Seq(seq * 7)), std::string(1000, 'x'));
    ASSERT_OK(database->write(changes));
    ASSERT_OK(database->flush());
    ASSERT_OK(database->close());
  }
  std::string sorted;
  {
    auto database = value_of(Database::open(path, {}, Database::Access::read_only));
    for (const auto& one : database->sorted_files())
      if (one.space == Space::blocks) sorted = one.path;
  }
  {
    std::fstream io(sorted, std::ios::binary | std::ios::in | std::ios::out);
    io.seekp(400'000);
    io.put('y');
  }
  auto database = value_of(Database::open(path, {}, Database::Access::read_only));
  std::uint64_t last = 0;
  Cursor cursor = database->cursor(Space::blocks);
  for (cursor.seek(""); cursor.valid(); cursor.next()) last = key::block_seq(cursor.key()).value;
  ASSERT_FALSE(cursor.status());
  ASSERT_GT(last, 7U);
  const auto next = beyond_damage(*database, Space::blocks, key::block(Seq(last + 1)));
  ASSERT_TRUE(next);
  Cursor behind = database->cursor(Space::blocks);
  behind.seek(*next);
  ASSERT_TRUE(behind.valid());
  const std::uint64_t first = key::block_seq(behind.key()).value;
  // One block of the file is lost: 64 KiB of values of 1,000 bytes.
  EXPECT_GT(first, last);
  EXPECT_LT(first, last + 7 * 70);
}

}  // namespace
}  // namespace tocsin::store
