#include "ingest/evtx/binary_xml.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/evtx/evtx_file.hpp"

namespace tocsin::ingest {
namespace {

using Kind = BinaryXmlPart::Kind;
using Where = BinaryXmlReader::Where;

class BinaryXmlTest : public ::testing::Test {
 protected:
  bool read(Where where = Where::record) {
    reader_.begin(chunk_.bytes());
    parts_.clear();
    return reader_.read(512, chunk_.at(), where, parts_);
  }
  std::string kinds() const {
    std::string out;
    for (const BinaryXmlPart& part : parts_) {
      out += "<a>/vepoi"[static_cast<std::size_t>(part.kind)];
    }
    return out;
  }
  EvtxChunk chunk_;
  BinaryXmlReader reader_;
  std::vector<BinaryXmlPart> parts_;
};

TEST_F(BinaryXmlTest, ElementsAttributesAndValuesAreListed) {
  chunk_.fragment();
  chunk_.open("Event", true);
  chunk_.attribute("xmlns");
  chunk_.text("urn:e");
  chunk_.content();
  chunk_.open("Empty");
  chunk_.empty();
  chunk_.place(3, 0x08, false);
  chunk_.place(4, 0x01);
  chunk_.end();
  chunk_.put(0, 1);
  ASSERT_TRUE(read());
  EXPECT_EQ(kinds(), "<av><>/po/");
  EXPECT_EQ(parts_[0].text, "Event");
  EXPECT_EQ(parts_[1].text, "xmlns");
  EXPECT_EQ(parts_[2].text, utf16("urn:e"));
  EXPECT_EQ(parts_[7].index, 3);
}

TEST_F(BinaryXmlTest, ANameMayStandElsewhere) {
  chunk_.open("Event");
  chunk_.content();
  chunk_.open("Event");
  chunk_.empty();
  chunk_.end();
  ASSERT_TRUE(read());
  EXPECT_EQ(parts_[2].text, "Event");
  EXPECT_EQ(reader_.names(), 1U);
}

TEST_F(BinaryXmlTest, CharactersEntitiesAndInstructionsAreRead) {
  chunk_.open("E");
  chunk_.content();
  chunk_.put(0x08, 1);
  chunk_.put('x', 2);
  chunk_.put(0x49, 1);
  chunk_.name("amp");
  chunk_.put(0x09, 1);
  chunk_.name("nosuch");
  chunk_.put(0x0a, 1);
  chunk_.name("pi");
  chunk_.put(0x0b, 1);
  chunk_.put(1, 2);
  chunk_.put('x', 2);
  chunk_.put(0x07, 1);
  chunk_.put(2, 2);
  chunk_.put(utf16("cd"));
  chunk_.end();
  ASSERT_TRUE(read());
  EXPECT_EQ(kinds(), "<>veev/");
  EXPECT_EQ(parts_[3].text, "&");
  EXPECT_EQ(parts_[4].text, "\xEF\xBF\xBD");
  EXPECT_EQ(parts_[5].text, utf16("cd"));
}

TEST_F(BinaryXmlTest, WhatIsNotWhereItMayBeIsRefused) {
  const std::vector<std::string> wrong = {
      std::string("\x04", 1),          // an end without an element
      std::string("\x02", 1),          // a start tag's end without one
      std::string("\x05\x01\0\0", 4),  // text outside
      std::string("\x0d\0\0\x01", 4),  // a value's place outside
      std::string("\x06\0\0\0\0", 5),  // an attribute outside
      std::string("\x1f", 1),          // no such token
      std::string("\x0f\x01", 2),      // cut
      std::string("\x0b\xff\xff", 3),  // a length behind the end
  };
  for (const std::string& bytes : wrong) {
    chunk_ = EvtxChunk();
    chunk_.put(bytes);
    EXPECT_FALSE(read()) << static_cast<int>(bytes[0]);
  }
  chunk_ = EvtxChunk();
  chunk_.open("Open");
  EXPECT_FALSE(read()) << "the start tag does not end";
  chunk_.content();
  EXPECT_FALSE(read()) << "the element does not end";
}

TEST_F(BinaryXmlTest, NamesOutsideTheChunkAreRefused) {
  for (const std::uint64_t offset : {64 * 1024 - 4, 64 * 1024, 0x7fffffff}) {
    chunk_ = EvtxChunk();
    chunk_.put(1, 1);
    chunk_.put(0, 2 + 4);
    chunk_.put(offset, 4);
    chunk_.empty();
    EXPECT_FALSE(read()) << offset;
  }
}

TEST_F(BinaryXmlTest, ADefinitionHoldsNoInstance) {
  chunk_.fragment();
  chunk_.put(0x0c, 1);
  chunk_.put(1, 1);
  chunk_.put(7, 4);
  chunk_.put(600, 4);
  EXPECT_TRUE(read(Where::record));
  EXPECT_EQ(kinds(), "i");
  EXPECT_EQ(parts_[0].definition, 600U);
  EXPECT_FALSE(read(Where::definition));
}

TEST_F(BinaryXmlTest, DepthAndLengthAreBounded) {
  for (std::size_t i = 0; i < max_xml_depth + 1; ++i) {
    chunk_.open("E");
    chunk_.content();
  }
  for (std::size_t i = 0; i < max_xml_depth + 1; ++i) chunk_.end();
  EXPECT_FALSE(read());
  chunk_ = EvtxChunk();
  chunk_.open("E");
  chunk_.content();
  for (std::size_t i = 0; i < max_xml_parts; ++i) chunk_.place(0, 1);
  chunk_.end();
  EXPECT_FALSE(read());
}

}  // namespace
}  // namespace tocsin::ingest
