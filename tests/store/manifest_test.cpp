#include "store/manifest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/checksum.hpp"
#include "store/folder.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

// A store of 30 frames, and the bytes of its list of files.
class ManifestTest : public ::testing::Test {
 protected:
  ManifestTest() {
    auto store = value_of(Store::open(folder_.path()));
    EXPECT_OK(store->commit(commit_of(*store, 30)));
    EXPECT_OK(store->close());
    std::getline(std::ifstream(database_path(folder_.path()) + "/CURRENT"), name_);
    std::ifstream in(path(), std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    std::filesystem::copy(folder_.path(), kept_, std::filesystem::copy_options::recursive);
  }

  [[nodiscard]] std::string path() const { return database_path(folder_.path()) + "/" + name_; }
  // The store as it was closed, with another list of files.
  void write(const std::string& bytes) const {
    std::filesystem::remove_all(folder_.path());
    std::filesystem::copy(kept_, folder_.path(), std::filesystem::copy_options::recursive);
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes;
  }
  // "" or why the store cannot be opened.
  [[nodiscard]] std::string open() const {
    auto store = Store::open(folder_.path());
    if (!store) return store.error().code;
    EXPECT_EQ((*store)->last_seq().value, 30U);
    EXPECT_OK((*store)->close());
    return "";
  }
  [[nodiscard]] std::string record_at(std::size_t from) const {
    const auto size = static_cast<unsigned char>(bytes_[from + 4]);
    return bytes_.substr(from, 7U + size);
  }

  const StoreFolder folder_;
  const std::string kept_ = folder_.root() + "/kept";
  std::string name_;
  std::string bytes_;
};

TEST_F(ManifestTest, ARecordThatWasNotFinishedIsCutOff) {
  const std::string record = record_at(0);
  ASSERT_GT(record.size(), 20U);
  for (std::size_t kept = 1; kept < record.size(); ++kept) {
    std::string torn = record;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(kept), torn.end(), '\0');
    if (torn == record) continue;
    for (const std::size_t zeros : {0U, 1U, 5000U}) {
      write(bytes_ + torn + std::string(zeros, '\0'));
      ASSERT_EQ(open(), "") << kept << " bytes kept, " << zeros << " zeros behind";
    }
    write(bytes_ + record.substr(0, kept));
    ASSERT_EQ(open(), "") << "cut behind " << kept;
  }
}

TEST_F(ManifestTest, OnePartOfARecordIsNoRecord) {
  // A record of several parts, whose last is half there.
  const std::size_t room = 32768 - bytes_.size() % 32768;
  ASSERT_GT(room, 1000U);
  const std::string filler(room - 7, 'f');
  std::string part(7, '\0');
  const auto put_record = [&](unsigned char kind, const std::string& payload) {
    std::string out(7, '\0');
    out[4] = static_cast<char>(payload.size() & 0xFFU);
    out[5] = static_cast<char>(payload.size() >> 8U);
    out[6] = static_cast<char>(kind);
    out += payload;
    const std::uint32_t sum = crc32c(std::string_view(out).substr(6));
    const std::uint32_t masked = ((sum >> 15U) | (sum << 17U)) + 0xa282ead8U;
    std::memcpy(out.data(), &masked, 4);
    return out;
  };
  std::string last = put_record(4, std::string(500, 'g'));
  std::fill(last.begin() + 100, last.end(), '\0');
  write(bytes_ + put_record(2, filler) + last);
  const auto cut = cut_unfinished_record(database_path(folder_.path()));
  ASSERT_TRUE(cut) << base::to_string(cut.error());
  EXPECT_TRUE(*cut);
  EXPECT_EQ(std::filesystem::file_size(path()), bytes_.size());
  EXPECT_EQ(open(), "");
}

TEST_F(ManifestTest, DamageStaysDamage) {
  const std::string record = record_at(0);
  std::string wrong = record;
  wrong[10] = static_cast<char>(wrong[10] ^ 1);
  for (const std::string& tail : {wrong, wrong + "behind it", wrong + record}) {
    write(bytes_ + tail);
    EXPECT_EQ(open(), "store-10");
    EXPECT_EQ(std::filesystem::file_size(path()), bytes_.size() + tail.size()) << "untouched";
  }
  std::string within = bytes_;
  within[12] = static_cast<char>(within[12] ^ 1);
  write(within + std::string(100, '\0'));
  EXPECT_EQ(open(), "store-10");
}

TEST_F(ManifestTest, AWholeListIsLeftAsItIs) {
  for (const std::size_t zeros : {0U, 1U, 7U, 5000U}) {
    write(bytes_ + std::string(zeros, '\0'));
    const auto cut = cut_unfinished_record(database_path(folder_.path()));
    ASSERT_TRUE(cut);
    EXPECT_FALSE(*cut);
    EXPECT_EQ(std::filesystem::file_size(path()), bytes_.size() + zeros);
  }
  EXPECT_EQ(open(), "");
  const auto none = cut_unfinished_record(folder_.root() + "/nowhere");
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none) << "the database says itself what is missing";
}

}  // namespace
}  // namespace tocsin::store
