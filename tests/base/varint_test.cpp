#include "base/varint.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tocsin::base {
namespace {

TEST(Varint, NumbersComeBack) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (std::uint64_t value : {(std::uint64_t{1} << shift) - 1, std::uint64_t{1} << shift}) {
      std::string out;
      put_varint(out, value);
      EXPECT_LE(out.size(), 10U);
      VarintReader reader(out);
      EXPECT_EQ(reader.number(), value);
      EXPECT_TRUE(reader.done());
    }
  }
}

TEST(Varint, SignedNumbersComeBack) {
  for (std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{63}, std::int64_t{-64},
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  }
  EXPECT_EQ(zigzag(-1), 1U);
}

TEST(Varint, AFaultStaysAFault) {
  VarintReader cut("\x80");
  EXPECT_EQ(cut.number(), 0U);
  EXPECT_FALSE(cut.ok());
  EXPECT_EQ(cut.number(), 0U);

  VarintReader too_long("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02rest");
  EXPECT_EQ(too_long.number(), 0U);
  EXPECT_FALSE(too_long.ok());
  EXPECT_TRUE(too_long.text().empty());

  std::string out;
  put_text(out, "abc");
  VarintReader text(std::string_view(out).substr(0, 3));
  EXPECT_TRUE(text.text().empty());
  EXPECT_FALSE(text.ok());
}

}  // namespace
}  // namespace tocsin::base
