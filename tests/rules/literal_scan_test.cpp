#include "rules/literal_scan.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tocsin::rules {
namespace {

using Hits = std::vector<std::uint32_t>;
using Texts = std::vector<std::string_view>;

Hits scan(const Texts& literals, std::string_view text) {
  base::ScanCompiler compiler;
  const LiteralSet set(literals, compiler);
  LiteralScratch scratch;
  set.prepare(scratch);
  Hits hits;
  set.scan(
      text, scratch,
      [](void* context, std::uint32_t literal) { static_cast<Hits*>(context)->push_back(literal); },
      &hits);
  return hits;
}

TEST(LiteralScanTest, FindsEveryOccurrence) {
  EXPECT_EQ(scan({"ab", "b"}, "abab"), (Hits{0, 1, 0, 1}));
  EXPECT_EQ(scan({"ab"}, "xyz"), Hits{});
  EXPECT_EQ(scan({"ab"}, "a"), Hits{});
  EXPECT_EQ(scan({"ab"}, ""), Hits{});
}

TEST(LiteralScanTest, KnowsTheCaseOfAsciiLettersOnly) {
  EXPECT_EQ(scan({"a.*", std::string_view("\0\xFF", 2)}, std::string_view("a.*A.*\0\xFF", 8)),
            (Hits{0, 0, 1}));
  EXPECT_EQ(scan({"\xC3\xA9"}, "\xC3\x89"), Hits{}) << "the capital letter, not folded";
}

TEST(LiteralScanTest, WantsFoldedWhatMayFoldToALiteral) {
  base::ScanCompiler compiler;
  const LiteralSet ascii(Texts{"mask"}, compiler), beyond(Texts{"mask", "\xC3\xA9"}, compiler);
  EXPECT_FALSE(ascii.wants_folded("MASK"));
  EXPECT_FALSE(ascii.wants_folded("MASK\xC3\x89"));
  EXPECT_TRUE(ascii.wants_folded("MA\xC5\xBFK"));
  EXPECT_FALSE(beyond.wants_folded("MASK"));
  EXPECT_TRUE(beyond.wants_folded("MASK\xC3\x89"));
}

TEST(LiteralScanTest, TakesLongLiterals) {
  const std::string literal(3000, 'q');
  EXPECT_EQ(scan({literal}, "x" + literal), Hits{0});
}

}  // namespace
}  // namespace tocsin::rules
