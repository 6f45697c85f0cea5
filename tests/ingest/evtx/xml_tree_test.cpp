#include "ingest/evtx/xml_tree.hpp"

#include <gtest/gtest.h>

#include "ingest/evtx/binary_xml.hpp"
#include "tests/ingest/evtx/evtx_file.hpp"

namespace tocsin::ingest {
namespace {

class XmlTreeTest : public ::testing::Test {
 protected:
  XmlTreeTest() { tree_.begin(1000); }
  void element(std::string_view name, std::string_view attribute = {},
               std::string_view value = {}) {
    ASSERT_TRUE(tree_.open(name));
    if (!attribute.empty()) {
      ASSERT_TRUE(tree_.attribute(attribute));
      ASSERT_TRUE(tree_.text(value));
    }
    tree_.content();
  }
  void close() { ASSERT_TRUE(tree_.close()); }
  void leaf(std::string_view name, std::string_view text) {
    element(name);
    ASSERT_TRUE(tree_.text(text));
    close();
  }
  std::string json() {
    std::string out;
    return tree_.append_json(out) ? out : "<too long>";
  }
  XmlTree tree_;
};

TEST_F(XmlTreeTest, AttributesStandBesideTextAndElements) {
  element("E", "a", "1");
  element("T", "b", "2");
  ASSERT_TRUE(tree_.value(0x08, number(5, 4)));
  close();
  element("N", "c", "3");
  close();
  leaf("L", "x");
  element("Null");
  close();
  close();
  EXPECT_EQ(json(), R"({"E":{"#attributes":{"a":"1"},"T":{"#attributes":{"b":"2"},"#text":5},)"
                    R"("N":{"#attributes":{"c":"3"}},"L":"x","Null":null}})");
}

TEST_F(XmlTreeTest, AttributesThatAreNullAreNotThere) {
  ASSERT_TRUE(tree_.open("E"));
  ASSERT_TRUE(tree_.attribute("a"));
  ASSERT_TRUE(tree_.value(0x00, ""));
  ASSERT_TRUE(tree_.attribute("b"));
  tree_.content();
  close();
  EXPECT_EQ(json(), R"({"E":null})");
}

TEST_F(XmlTreeTest, DataIsNamedByItsAttribute) {
  element("EventData");
  element("Data", "Name", "Image");
  ASSERT_TRUE(tree_.text("a.exe"));
  close();
  element("Data", "Name", "Threat Name");
  close();
  close();
  EXPECT_EQ(json(), R"({"EventData":{"Image":"a.exe","Threat Name":null}})");
}

TEST_F(XmlTreeTest, DataWithoutANameIsOneList) {
  element("EventData");
  leaf("Data", "a");
  leaf("Binary", "00");
  leaf("Data", "b");
  close();
  EXPECT_EQ(json(), R"({"EventData":{"Data":{"#text":["a","b"]},"Binary":"00"}})");
  tree_.begin(1000);
  element("EventData");
  element("Data");
  ASSERT_TRUE(tree_.value(0x81, utf16("a") + number(0, 2) + utf16("b")));
  close();
  close();
  EXPECT_EQ(json(), R"({"EventData":{"Data":{"#text":["a","b"]}}})");
  tree_.begin(1000);
  element("EventData");
  leaf("Data", "a");
  close();
  EXPECT_EQ(json(), R"({"EventData":{"Data":{"#text":"a"}}})");
  tree_.begin(1000);
  element("EventData");
  element("Data");
  close();
  close();
  EXPECT_EQ(json(), R"({"EventData":{"Data":null}})");
}

TEST_F(XmlTreeTest, ElementsOfOneNameAreNumbered) {
  element("E");
  leaf("H", "a");
  leaf("H", "b");
  leaf("H", "c");
  close();
  EXPECT_EQ(json(), R"({"E":{"H":"a","H_1":"b","H_2":"c"}})");
}

TEST_F(XmlTreeTest, PiecesOfTextAreJoined) {
  element("E");
  ASSERT_TRUE(tree_.text("a\""));
  ASSERT_TRUE(tree_.value(0x00, ""));
  ASSERT_TRUE(tree_.value(0x08, number(5, 4)));
  leaf("C", "x");
  ASSERT_TRUE(tree_.text("b"));
  close();
  EXPECT_EQ(json(), R"({"E":{"#text":"a\"5b","C":"x"}})");
}

TEST_F(XmlTreeTest, WhatHasNoPlaceIsRefused) {
  EXPECT_FALSE(tree_.close());
  EXPECT_FALSE(tree_.text("x"));
  EXPECT_FALSE(tree_.attribute("x"));
  EXPECT_EQ(json(), "<too long>");
  element("E");
  close();
  EXPECT_FALSE(tree_.open("Second")) << "one element is the root";
}

TEST_F(XmlTreeTest, SizeAndDepthAreBounded) {
  tree_.begin(20);
  element("E");
  EXPECT_TRUE(tree_.text("0123456789"));
  EXPECT_FALSE(tree_.text("0123456789"));
  tree_.begin(20);
  element("A");
  element("BBBBBBBBBBBBBBBB");
  close();
  close();
  EXPECT_EQ(json(), "<too long>");
  tree_.begin(1 << 20);
  for (std::size_t i = 0; i < max_xml_depth; ++i) ASSERT_TRUE(tree_.open("E"));
  EXPECT_FALSE(tree_.open("E"));
}

}  // namespace
}  // namespace tocsin::ingest
