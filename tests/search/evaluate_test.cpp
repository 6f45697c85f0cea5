#include "search/evaluate.hpp"

#include <gtest/gtest.h>

#include <map>

#include "search/parser.hpp"

namespace tocsin::search {
namespace {

// A line that says of fields a, b, c what it is told, and of raw words whether they are `yes`.
struct Line {
  const Query& query;
  std::map<std::string, Truth> fields;
  Truth raw(const Expression& e) {
    return e.test.words.forms[0].pieces[0] == "yes" ? Truth::yes : Truth::no;
  }
  Truth field(const Expression& e) { return fields.at(query.fields[e.field].name); }
};

Truth judged(const char* text) {
  const auto query = parse_query(text);
  Line line{*query, {{"a", Truth::maybe}, {"b", Truth::no}}};
  return judge(query->filter, line);
}

TEST(Evaluate, WhatTheTextDecidesNeedsNoField) {
  EXPECT_EQ(judged("yes"), Truth::yes);
  EXPECT_EQ(judged("no"), Truth::no);
  EXPECT_EQ(judged("a: x"), Truth::maybe);
  EXPECT_EQ(judged("not a: x"), Truth::maybe);
  EXPECT_EQ(judged("not b: x"), Truth::yes);
  EXPECT_EQ(judged("a: x and no"), Truth::no);
  EXPECT_EQ(judged("a: x and yes"), Truth::maybe);
  EXPECT_EQ(judged("a: x or yes"), Truth::yes);
  EXPECT_EQ(judged("a: x or no"), Truth::maybe);
  EXPECT_EQ(judged("b: x or no"), Truth::no);
  EXPECT_EQ(judged("@timestamp > 2026-11-22"), Truth::maybe);
}

}  // namespace
}  // namespace tocsin::search
