#include "rules/literal_scan.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace tocsin::rules {
namespace {

using Hits = std::vector<std::tuple<std::uint32_t, std::size_t, std::size_t>>;

Hits scan(const std::vector<std::string>& literals, std::string_view text) {
  const LiteralSet set(literals);
  LiteralScratch scratch;
  set.prepare(scratch);
  Hits hits;
  set.scan(
      text, scratch,
      [](void* context, std::uint32_t literal, std::size_t begin, std::size_t end) {
        static_cast<Hits*>(context)->emplace_back(literal, begin, end);
      },
      &hits);
  return hits;
}

TEST(LiteralScanTest, FindsEveryOccurrence) {
  EXPECT_EQ(scan({"ab", "b"}, "abab"), (Hits{{0, 0, 2}, {1, 1, 2}, {0, 2, 4}, {1, 3, 4}}));
  EXPECT_EQ(scan({"ab"}, "xyz"), Hits{});
}

TEST(LiteralScanTest, ComparesBytes) {
  EXPECT_EQ(scan({"A.*", std::string("\0\xFF", 2)}, std::string_view("a.*A.*\0\xFF", 8)),
            (Hits{{0, 3, 6}, {1, 6, 8}}));
}

TEST(LiteralScanTest, TakesLongLiterals) {
  const std::string literal(3000, 'q');
  EXPECT_EQ(scan({literal}, "x" + literal), (Hits{{0, 1, 3001}}));
}

}  // namespace
}  // namespace tocsin::rules
