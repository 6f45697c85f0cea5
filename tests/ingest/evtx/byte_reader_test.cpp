#include "ingest/evtx/byte_reader.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(ByteReader, NumbersAreLittleEndian) {
  ByteReader in(
      std::string_view("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 15));
  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16(), 0x0302);
  EXPECT_EQ(in.u32(), 0x07060504U);
  EXPECT_EQ(in.u64(), 0x0f0e0d0c0b0a0908ULL);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.left(), 0U);
  EXPECT_EQ(in.at(), 15U);
}

TEST(ByteReader, WhatIsNotThereFailsForGood) {
  ByteReader in("abc");
  EXPECT_EQ(in.u32(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_EQ(in.left(), 0U);
  EXPECT_EQ(in.take(0), "");
}

TEST(ByteReader, APartHasItsOwnEnd) {
  ByteReader in("abcdef", 2, 4);
  EXPECT_EQ(in.take(2), "cd");
  EXPECT_TRUE(in.ok());
  in.skip(1);
  EXPECT_FALSE(in.ok());
  EXPECT_FALSE(ByteReader("abc", 4, 9).ok());
  EXPECT_TRUE(ByteReader("abc", 3, 99).ok());
  ByteReader huge("abc");
  huge.skip(~std::size_t{0});
  EXPECT_FALSE(huge.ok());
}

}  // namespace
}  // namespace tocsin::ingest
