#include "ingest/syslog/month.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(Month, English) {
  constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  for (unsigned i = 0; i < 12; ++i) {
    const Month month = read_month(std::string(names.substr(std::size_t{3} * i, 3)) + " 11");
    EXPECT_EQ(month.number, i + 1);
    EXPECT_EQ(month.size, 3U);
  }
  EXPECT_EQ(read_month("OCT 11").number, 10U);
  EXPECT_EQ(read_month("Nov-2022").number, 11U);
}

TEST(Month, OtherLocales) {
  EXPECT_EQ(read_month("M\xC3\xA4r 12").number, 3U);
  EXPECT_EQ(read_month("M\xE4r 12").number, 3U);
  EXPECT_EQ(read_month("M\xC3\xA4rz 12").size, 5U);
  EXPECT_EQ(read_month("d\xC3\xA9"
                       "c. 12")
                .number,
            12U);
  EXPECT_EQ(read_month("ao\xC3\xBBt 12").number, 8U);
  EXPECT_EQ(read_month("janv. 12").size, 5U);
  EXPECT_EQ(read_month("Okt 12").number, 10U);
}

TEST(Month, NotAMonth) {
  for (const char* text :
       {"", "Oc", "Oct", "Octo 1", "Jann 1", "  Oct 1", "Oct\t1", "M\xC3", "1ct 1"})
    EXPECT_EQ(read_month(text).number, 0U) << text;
}

}  // namespace
}  // namespace tocsin::ingest
