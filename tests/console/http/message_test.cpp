#include "console/http/message.hpp"

#include <gtest/gtest.h>

namespace tocsin::console {
namespace {

TEST(MessageTest, TargetIsDecoded) {
  const auto target = parse_target("/a%20b/%c3%A9+?x=1&y=a+b%26&z&&=e&x=2");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b/\xc3\xa9+");
  EXPECT_EQ(target->query,
            (Parameters{{"x", "1"}, {"y", "a b&"}, {"z", ""}, {"", "e"}, {"x", "2"}}));
}

TEST(MessageTest, BadTargetsAreRefused) {
  for (const char* text : {"", "a", "*", "http://x/", "x:1", "/%", "/%2", "/%zz", "/%00", "/%0a",
                           "/%7f", "/?a=%", "/?%0d=1", "/?a=%1"})
    EXPECT_FALSE(parse_target(text)) << text;
  EXPECT_FALSE(parse_target(std::string_view("/\0", 2)));
}

TEST(MessageTest, ParameterFindsTheFirst) {
  const Request request{"GET", "/", {{"a", "1"}, {"b", ""}, {"a", "2"}}, "", false};
  EXPECT_EQ(request.parameter("a"), "1");
  EXPECT_EQ(request.parameter("b"), "");
  EXPECT_EQ(request.parameter("c"), std::nullopt);
}

TEST(MessageTest, ResponsesNameTheirType) {
  EXPECT_EQ(Response::json(503, "{}").content_type, "application/json");
  EXPECT_EQ(Response::json(503, "{}").status, 503U);
  EXPECT_EQ(Response::text(200, "x").content_type, "text/plain; charset=utf-8");
}

TEST(Paths, SegmentsInBracesStandForAnyOne) {
  EXPECT_EQ(match_path("/a/b", "/a/b"), Parameters{});
  EXPECT_EQ(match_path("/a/{id}", "/a/x"), (Parameters{{"id", "x"}}));
  EXPECT_EQ(match_path("/a/{id}/{action}", "/a/x/close"),
            (Parameters{{"id", "x"}, {"action", "close"}}));
  for (const char* other : {"/a", "/a/", "/a//close", "/a/x/close/", "/a/x/y/close", "/b/x/close"})
    EXPECT_EQ(match_path("/a/{id}/{action}", other), std::nullopt) << other;
  Request request;
  request.parts = {{"id", "x"}};
  EXPECT_EQ(request.part("id"), "x");
  EXPECT_EQ(request.part("action"), "");
}

}  // namespace
}  // namespace tocsin::console
