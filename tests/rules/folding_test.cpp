#include "rules/folding.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

TEST(FoldingTest, S1FoldsAsciiAndLeavesTheRest) {
  EXPECT_EQ(folded("AbZ09@[`{"), "abz09@[`{");
  EXPECT_EQ(folded(""), "");
}

TEST(FoldingTest, S1FoldsLettersOfOtherScripts) {
  EXPECT_EQ(folded("\xC3\x89"), "\xC3\xA9");                  // É
  EXPECT_EQ(folded("\xD0\x96\xD0\xB6"), "\xD0\xB6\xD0\xB6");  // Жж
  EXPECT_EQ(folded("\xCE\xA3\xCF\x82"), "\xCF\x83\xCF\x83");  // Σς
  EXPECT_EQ(fold_code_point(0x10400), 0x10428U);              // Deseret, four bytes
  EXPECT_EQ(fold_code_point(0x13A0), 0x13A0U) << "Cherokee folds to its capital letters";
  EXPECT_EQ(fold_code_point(0xAB70), 0x13A0U);
}

TEST(FoldingTest, S1IsSimple) {
  EXPECT_EQ(fold_code_point(0x212A), 'k') << "Kelvin";
  EXPECT_EQ(fold_code_point(0x017F), 's') << "long s";
  EXPECT_EQ(fold_code_point(0xDF), 0xDFU) << "sharp s stays one letter";
  EXPECT_EQ(fold_code_point(0x1E9E), 0xDFU) << "capital sharp s";
  EXPECT_EQ(fold_code_point(0x130), 0x130U) << "dotted I has no simple folding";
  EXPECT_EQ(fold_code_point(0x1F88), 0x1F80U) << "Greek with iota";
}

TEST(FoldingTest, MayGrowByHalfAtMost) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xC8\xBA";  // U+023A folds to three bytes
  const std::string out = folded(text);
  EXPECT_EQ(out.size(), 300U);
  EXPECT_LE(out.size(), folded_bound(text.size()));
}

TEST(FoldingTest, TwoLettersBeyondAsciiFoldToAscii) {
  for (std::uint32_t code = 0x80; code < 0x110000; ++code)
    ASSERT_EQ(fold_code_point(code) < 0x80, code == 0x17F || code == 0x212A) << code;
  EXPECT_TRUE(may_fold_to_ascii("ma\xC5\xBFk"));
  EXPECT_TRUE(may_fold_to_ascii("\xE2\x84\xAA"));
  EXPECT_FALSE(may_fold_to_ascii("\xE2\x80\x9C \xC5\x82 \xC2\xAE"));
}

TEST(FoldingTest, IsStableForEveryCodePoint) {
  for (std::uint32_t code = 0; code < 0x110000; ++code)
    ASSERT_EQ(fold_code_point(fold_code_point(code)), fold_code_point(code)) << code;
}

TEST(FoldingTest, KeepsBytesThatAreNoUtf8) {
  EXPECT_EQ(folded("A\xFF\xC3Z\xE2\x82"), "a\xFF\xC3z\xE2\x82");
  EXPECT_FALSE(is_ascii("a\xFF"));
  EXPECT_TRUE(is_ascii("a\x7F"));
}

}  // namespace
}  // namespace tocsin::rules
