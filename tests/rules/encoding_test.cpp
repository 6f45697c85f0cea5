#include "rules/encoding.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tocsin::rules {
namespace {

std::vector<std::string> texts(const std::optional<std::vector<Pattern>>& patterns) {
  std::vector<std::string> out;
  for (const Pattern& pattern : patterns.value()) out.push_back(to_string(pattern));
  return out;
}
using Texts = std::vector<std::string>;

TEST(EncodingTest, WindashReplacesDashesAtTheStartOfAWord) {
  EXPECT_EQ(texts(windash_variants(parse_pattern(" -a"))), (Texts{" -a", " /a",
                                                                  " \xE2\x80\x93"
                                                                  "a",
                                                                  " \xE2\x80\x94"
                                                                  "a",
                                                                  " \xE2\x80\x95"
                                                                  "a"}));
  EXPECT_EQ(texts(windash_variants(parse_pattern("-param-1"))).size(), 5U) << "only the first dash";
  EXPECT_EQ(texts(windash_variants(parse_pattern("/x -y"))).size(), 25U);
  EXPECT_EQ(texts(windash_variants(parse_pattern("a-b"))), Texts{"a-b"});
  EXPECT_EQ(texts(windash_variants(parse_pattern("- "))), Texts{"- "});
  EXPECT_EQ(texts(windash_variants(parse_pattern("*-a*")))[1], "*/a*") << "wildcards stay";
  EXPECT_FALSE(windash_variants(parse_pattern("-a -b -c -d -e")));
}

TEST(EncodingTest, Utf16IsTheBytesOfTheSpecification) {
  EXPECT_EQ(utf16_encoded(parse_pattern("ab"), Utf16::little_endian)->at(0).plain(),
            std::string_view("a\0b\0", 4));
  EXPECT_EQ(utf16_encoded(parse_pattern("ab"), Utf16::big_endian)->at(0).plain(),
            std::string_view("\0a\0b", 4));
  EXPECT_EQ(utf16_encoded(parse_pattern("a"), Utf16::marked)->at(0).plain(),
            std::string_view("\xFF\xFE"
                             "a\0",
                             4));
  EXPECT_EQ(utf16_encoded(parse_pattern("\xF0\x9F\x98\x80"), Utf16::little_endian)->at(0).plain(),
            std::string_view("\x3D\xD8\x00\xDE", 4))
      << "a pair of surrogates";
  EXPECT_EQ(utf16_encoded(parse_pattern("a*b"), Utf16::little_endian)->at(0).parts.size(), 3U);
}

TEST(EncodingTest, Base64OfCmdInUtf16HasTheSpecificationsMark) {
  const auto wide = utf16_encoded(parse_pattern("cmd"), Utf16::marked);
  EXPECT_EQ(texts(base64_encoded(wide->at(0))), Texts{"//5jAG0AZAA="});
}

TEST(EncodingTest, Base64PadsAndRefusesWildcards) {
  EXPECT_EQ(texts(base64_encoded(parse_pattern("foobar"))), Texts{"Zm9vYmFy"});
  EXPECT_EQ(texts(base64_encoded(parse_pattern("fo"))), Texts{"Zm8="});
  EXPECT_EQ(texts(base64_encoded(parse_pattern("f"))), Texts{"Zg=="});
  EXPECT_FALSE(base64_encoded(parse_pattern("f*")));
  EXPECT_FALSE(base64_encoded(parse_pattern("")));
}

TEST(EncodingTest, Base64OffsetCutsWhatItsNeighboursTouch) {
  EXPECT_EQ(texts(base64_offsets(parse_pattern("foobar"))),
            (Texts{"Zm9vYmFy", "Zvb2Jhc", "mb29iYX"}));
}

// Whatever stands around the bytes, one of the three is found.
TEST(EncodingTest, Base64OffsetIsAboutBytes) {
  const std::string value = "f\xC3\xBC";
  const auto offsets = texts(base64_offsets(parse_pattern(value)));
  for (std::size_t before = 0; before < 6; ++before) {
    for (std::size_t after = 0; after < 4; ++after) {
      const std::string whole = std::string(before, 'x') + value + std::string(after, '\xFE');
      const std::string encoded(base64_encoded(plain_pattern(whole))->at(0).plain());
      EXPECT_TRUE(std::ranges::any_of(
          offsets,
          [&](const std::string& offset) { return encoded.find(offset) != std::string::npos; }))
          << before << " " << after;
    }
  }
}

}  // namespace
}  // namespace tocsin::rules
