#include "ingest/decode/json_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::ingest {
namespace {

// The value of a string token that ends with its closing quote; "none" where it is not plain.
std::string unescaped(std::string token) {
  token.resize(token.size() + json_text_slack, '?');
  std::string out(token.size() + json_text_slack, '!');
  const auto size = unescape_plain(token.data(), out.data());
  return size ? out.substr(0, *size) : "none";
}

TEST(JsonTextTest, CopiesWhatHasNoEscape) {
  EXPECT_EQ(unescaped("\""), "");
  EXPECT_EQ(unescaped("a\" , \"b\""), "a");
  EXPECT_EQ(unescaped("\xC3\xA9\x7F\""), "\xC3\xA9\x7F");
}

TEST(JsonTextTest, UnescapesAtEveryPlaceOfABlock) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (const std::size_t between : {0U, 1U, 13U, 14U, 15U, 16U, 17U, 40U}) {
      const std::string a(before, 'a'), b(between, 'b');
      EXPECT_EQ(unescaped(a + "\\\\" + b + "\\r\\n\""), a + "\\" + b + "\r\n");
      EXPECT_EQ(unescaped(a + "\\\"" + b + "\""), a + "\"" + b);
      EXPECT_EQ(unescaped(a + "\\t\\b\\f" + b + "\""), a + "\t\b\f" + b);
    }
  }
}

TEST(JsonTextTest, LeavesOtherEscapesToTheCaller) {
  EXPECT_EQ(unescaped("a\\u0041\""), "none");
  EXPECT_EQ(unescaped("a\\/b\""), "none");
  EXPECT_EQ(unescaped("\\x\""), "none");
  EXPECT_EQ(unescaped("\\\xFF\""), "none");
}

TEST(JsonTextTest, FindsTheFirstQuoteOrEscape) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (const char found : {'"', '\\'}) {
      std::string text = std::string(before, 'a') + found + "\"\\";
      text.resize(text.size() + json_text_slack);
      EXPECT_EQ(find_quote_or_escape(text.data()) - text.data(),
                static_cast<std::ptrdiff_t>(before));
    }
  }
}

}  // namespace
}  // namespace tocsin::ingest
