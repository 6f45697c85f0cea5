#include "ingest/decode/regex_extractor.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

CaptureTarget target(std::string_view text) {
  CaptureTarget out;
  EXPECT_FALSE(read_target(text, out));
  return out;
}

TEST(RegexExtractor, GroupsBecomeTypedValues) {
  auto regex = RegexExtractor::compile(
      R"((\w+) from ([\d.a-z]+)(?: port (\d+))?)",
      {target("user.name"), target("source:host"), target("source.port:port")});
  ASSERT_TRUE(regex);
  Captures captures;
  ASSERT_TRUE(regex->match("bob from 192.0.2.1 port 22", captures));
  EXPECT_EQ(captures.values[0].text(), "bob");
  EXPECT_TRUE(captures.values[1].is_address);
  EXPECT_EQ(captures.values[2].text(), "22");
  ASSERT_TRUE(regex->match("bob from gw.example", captures));
  EXPECT_FALSE(captures.values[1].is_address);
  EXPECT_EQ(captures.values[2].data, nullptr);
}

TEST(RegexExtractor, TheWholeBodyMustFitAndValuesMustReadAsTheirTypes) {
  auto regex = RegexExtractor::compile(R"(port (\d+))", {target("p:port")});
  ASSERT_TRUE(regex);
  Captures captures;
  EXPECT_TRUE(regex->match("port 7", captures));
  EXPECT_FALSE(regex->match("port 7 x", captures));
  EXPECT_FALSE(regex->match("a port 7", captures));
  EXPECT_FALSE(regex->match("port 70000", captures));
}

TEST(RegexExtractor, BodiesAreBytes) {
  auto regex = RegexExtractor::compile("user (.*) end", {target("u:text")});
  ASSERT_TRUE(regex);
  Captures captures;
  EXPECT_TRUE(regex->match("user \xFF\xC3 end", captures));
  EXPECT_EQ(captures.values[0].text(), "\xFF\xC3");
}

TEST(RegexExtractor, WhatCannotBeCompiledIsSaid) {
  auto broken = RegexExtractor::compile("(", {});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, "ingest-21");
  auto groups = RegexExtractor::compile("(a)(b)", {target("x")});
  ASSERT_FALSE(groups);
  EXPECT_EQ(groups.error().sentence, "the regular expression has 2 groups, `groups:` names 1");
}

}  // namespace
}  // namespace tocsin::ingest
