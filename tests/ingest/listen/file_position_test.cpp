#include "ingest/listen/file_position.hpp"

#include <gtest/gtest.h>

#include "ingest/listen/byte_source.hpp"
#include "tests/ingest/listen/test_files.hpp"

namespace tocsin::ingest {
namespace {

Descriptor open_file(const std::string& path) { return Descriptor(::open(path.c_str(), O_RDONLY)); }

TEST(FilePositionTest, TextFormReadsBack) {
  FilePosition position;
  position.identity = {0xfd01, 0xffffffffffffffffULL, 1024, 0x0123456789abcdefULL};
  position.offset = 1234567890123ULL;
  position.inside_cut_line = true;
  EXPECT_EQ(parse_file_position(encode(position)), position);
  EXPECT_EQ(parse_file_position(encode(FilePosition())), FilePosition());
}

TEST(FilePositionTest, ForeignTextIsRefused) {
  const std::string good = encode(FilePosition());
  EXPECT_TRUE(parse_file_position(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_file_position(good.substr(0, size))) << size;
  EXPECT_FALSE(parse_file_position(good + " "));
  EXPECT_FALSE(parse_file_position("2" + good.substr(1)));
  EXPECT_FALSE(parse_file_position("1 0 0 401 0 0 0"));  // more first bytes than are ever taken
  EXPECT_FALSE(parse_file_position("1 0 0 0 0 0 2"));
  EXPECT_FALSE(parse_file_position("s=abc;i=1"));
}

TEST(FilePositionTest, IdentityIsTheNumberAndTheFirstBytes) {
  const TemporaryFolder folder;
  write_file(folder / "a", "first line\n");
  write_file(folder / "b", "first line\n");
  const auto a = identify(open_file(folder / "a").get());
  const auto b = identify(open_file(folder / "b").get());
  ASSERT_TRUE(a && b);
  EXPECT_NE(*a, *b);
  EXPECT_EQ(a->head_hash, b->head_hash);
  // Growth changes nothing for who compares the same first bytes; another begin does.
  append_file(folder / "a", "second line\n");
  EXPECT_EQ(identify(open_file(folder / "a").get(), a->head_size), a);
  EXPECT_TRUE(begins_like(open_file(folder / "a").get(), *a));
  write_file(folder / "a", "fresh line\nand so on\n");
  EXPECT_FALSE(begins_like(open_file(folder / "a").get(), *a));
  write_file(folder / "a", "first");
  EXPECT_FALSE(begins_like(open_file(folder / "a").get(), *a));
}

TEST(FilePositionTest, OnlyRegularFilesHaveOne) {
  EXPECT_FALSE(identify(open_file("/dev/null").get()));
  EXPECT_FALSE(identify(-1));
}

}  // namespace
}  // namespace tocsin::ingest
