#include "store/mark.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using event::Seq;

class MarkTest : public ::testing::Test {
 protected:
  static Mark mark(std::uint64_t commit, bool clean = false) {
    return {{commit, Seq(commit * 10)}, true, clean};
  }
  [[nodiscard]] std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void set_bytes(const std::string& content) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << content;
  }

  const StoreFolder folder_;
  const std::string path_ = folder_.root() + "/mark";
};

TEST_F(MarkTest, IsNothingBeforeItIsMade) {
  EXPECT_EQ(value_of(MarkFile::read(path_)), std::nullopt);
  const MarkFile file = value_of(MarkFile::open(path_));
  EXPECT_EQ(value_of(MarkFile::read(path_)), Mark());
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(MarkTest, TheLastOneCounts) {
  {
    MarkFile file = value_of(MarkFile::open(path_));
    for (std::uint64_t commit = 1; commit <= 7; ++commit) {
      ASSERT_OK(file.write(mark(commit, commit == 7)));
      EXPECT_EQ(value_of(MarkFile::read(path_)), mark(commit, commit == 7));
    }
  }
  MarkFile file = value_of(MarkFile::open(path_));
  EXPECT_EQ(file.mark(), mark(7, true));
  ASSERT_OK(file.write(mark(8)));
  EXPECT_EQ(value_of(MarkFile::read(path_)), mark(8));
}

TEST_F(MarkTest, ATornWriteLeavesTheOneBefore) {
  {
    MarkFile file = value_of(MarkFile::open(path_));
    ASSERT_OK(file.write(mark(1)));
    ASSERT_OK(file.write(mark(2)));
  }
  const std::string two = bytes();
  {
    MarkFile file = value_of(MarkFile::open(path_));
    ASSERT_OK(file.write(mark(3)));
  }
  const std::string three = bytes();
  // Bytes of the third write that differ from what was there, one more each time.
  std::string torn = two;
  for (std::size_t i = 0; i < three.size(); ++i) {
    if (torn[i] == three[i]) continue;
    bool damaged = false;
    set_bytes(torn);
    const Mark read = *value_of(MarkFile::read(path_, &damaged));
    EXPECT_TRUE(read == mark(2) || read == mark(3));
    EXPECT_TRUE(read == mark(3) || damaged == (torn != two));
    torn[i] = three[i];
  }
  set_bytes(torn);
  EXPECT_EQ(value_of(MarkFile::read(path_)), mark(3));
}

TEST_F(MarkTest, FlippedBitsAreSeen) {
  {
    MarkFile file = value_of(MarkFile::open(path_));
    ASSERT_OK(file.write(mark(1)));
    ASSERT_OK(file.write(mark(2)));
  }
  const std::string good = bytes();
  for (std::size_t slot : {std::size_t{0}, std::size_t{4096}}) {
    for (std::size_t bit = slot / 4096; bit < 64 * 8; bit += 3) {
      std::string bad = good;
      bad[slot + bit / 8] = static_cast<char>(bad[slot + bit / 8] ^ (1 << bit % 8));
      set_bytes(bad);
      bool damaged = false;
      const Mark read = *value_of(MarkFile::read(path_, &damaged));
      EXPECT_TRUE(damaged) << slot << " " << bit;
      EXPECT_TRUE(read == mark(1) || read == mark(2));
    }
  }
}

TEST_F(MarkTest, WithoutAnySlotNothingIsPromised) {
  {
    const MarkFile file = value_of(MarkFile::open(path_));
  }
  for (const std::string& content : {std::string(), std::string("short"), std::string(8192, 'x')}) {
    set_bytes(content);
    const auto read = MarkFile::read(path_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, "store-6");
    EXPECT_NE(read.error().sentence.find("tocsin store salvage"), std::string::npos);
    EXPECT_FALSE(MarkFile::open(path_));
    EXPECT_EQ(bytes(), content);
  }
}

}  // namespace
}  // namespace tocsin::store
