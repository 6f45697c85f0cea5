#include "ingest/decode/literal_scan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace tocsin::ingest {
namespace {

using Hits = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Hits scan(const std::vector<std::string>& literals, std::string_view text) {
  base::ScanCompiler compiler;
  auto database = LiteralDatabase::compile(literals, compiler);
  EXPECT_TRUE(database);
  LiteralScratch scratch(*database);
  std::vector<LiteralHit> found;
  scratch.scan(text, found);
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end(),
                             [](const auto& a, const auto& b) { return a.end < b.end; }));
  Hits out;
  for (const LiteralHit& hit : found) out.emplace_back(hit.end, hit.id);
  std::sort(out.begin(), out.end());
  return out;
}

TEST(LiteralScan, FindsEveryPlaceOfEveryLiteral) {
  EXPECT_EQ(scan({"abc", "bc", "x"}, "abc xbc\nabc"),
            (Hits{{3, 0}, {3, 1}, {5, 2}, {7, 1}, {11, 0}, {11, 1}}));
}

TEST(LiteralScan, CaseAndSpecialCharactersAreAsWritten) {
  EXPECT_EQ(scan({"Failed", "a.*b", "[x]", "\\"}, "failed Failed axxb a.*b [x] \\"),
            (Hits{{14 - 1, 0}, {23, 1}, {27, 2}, {29, 3}}));
}

TEST(LiteralScan, AnEmptyListFindsNothing) {
  base::ScanCompiler compiler;
  auto database = LiteralDatabase::compile({}, compiler);
  ASSERT_TRUE(database);
  EXPECT_TRUE(database->empty());
  LiteralScratch scratch(*database);
  std::vector<LiteralHit> hits;
  scratch.scan("text", hits);
  EXPECT_TRUE(hits.empty());
}

TEST(LiteralScan, ManyLiteralsAgreeWithAPlainSearch) {
  std::vector<std::string> literals;
  for (int i = 0; i < 300; ++i) literals.push_back("key" + std::to_string(i * 7) + "=");
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "key" + std::to_string(i) + "= value\n";
  Hits expected;
  for (std::uint32_t id = 0; id < literals.size(); ++id) {
    for (std::size_t at = text.find(literals[id]); at != std::string::npos;
         at = text.find(literals[id], at + 1)) {
      expected.emplace_back(static_cast<std::uint32_t>(at + literals[id].size()), id);
    }
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(scan(literals, text), expected);
}

}  // namespace
}  // namespace tocsin::ingest
