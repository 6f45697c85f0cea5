#include "ingest/syslog/file_year.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace tocsin::ingest {
namespace {

std::int64_t at(std::string_view when) { return base::parse_rfc3339(when).value(); }

class FileYearTest : public testing::Test {
 protected:
  event::Source source_;
  SyslogParser parser_;
};

TEST_F(FileYearTest, TheFirstDatedLineIsOfTheYear) {
  EXPECT_EQ(first_line_time("no time\nDec  1 00:00:06 h a: b\n", 2025, source_, parser_),
            at("2025-12-01T00:00:06Z"));
  EXPECT_EQ(first_line_time("Jan  1 00:00:00 h a: b", 2024, source_, parser_),
            at("2024-01-01T00:00:00Z"));
  EXPECT_EQ(
      first_line_time("Feb 29 00:00:00 h a: b\nMar  1 00:00:00 h a: b", 2025, source_, parser_),
      at("2025-03-01T00:00:00Z"));
  EXPECT_EQ(first_line_time("2003-10-11T22:14:15Z h a: b", 2025, source_, parser_),
            at("2003-10-11T22:14:15Z"));
  EXPECT_EQ(first_line_time("", 2025, source_, parser_), std::nullopt);
  EXPECT_EQ(first_line_time("no\ntime\n", 2025, source_, parser_), std::nullopt);
}

TEST_F(FileYearTest, TheZoneDecidesWhereTheYearBegins) {
  for (const char* zone : {"-11:00", "+14:00", "CET-01CEST-02,M3.5.0,M10.5.0"}) {
    source_.zone = zone;
    const std::optional<std::int64_t> first =
        first_line_time("Jan  1 00:00:00 h a: b", 2024, source_, parser_);
    ASSERT_TRUE(first.has_value());
    EXPECT_LT(std::abs(*first - at("2024-01-01T00:00:00Z")), at("1970-01-01T15:00:00Z")) << zone;
  }
}

TEST_F(FileYearTest, ALogThatCrossesNewYear) {
  source_.year_from = year_from_first_line("Dec  1 00:00:06 h a: b\n", 2025, source_, parser_);
  EXPECT_EQ(source_.year_from, at("2025-11-30T00:00:06Z"));
  SyslogHeader header;
  parser_.parse("Jan  2 00:00:00 h a: b", source_, base::ReceivedTime(1), header);
  EXPECT_EQ(header.time.value, at("2026-01-02T00:00:00Z"));
  parser_.parse("Nov 30 23:59:59 h a: b", source_, base::ReceivedTime(1), header);
  EXPECT_EQ(header.time.value, at("2025-11-30T23:59:59Z"));
  EXPECT_EQ(year_from_first_line("no time", 2025, source_, parser_), 0);
}

TEST_F(FileYearTest, AFileIsNotOlderThanAYearWhenItIsWritten) {
  EXPECT_EQ(year_from_modification(at("2025-11-22T03:00:00Z")), at("2024-11-23T03:00:00Z"));
  EXPECT_EQ(year_from_modification(at("2024-02-28T12:00:00Z")), at("2023-03-01T12:00:00Z"));
  EXPECT_EQ(year_from_modification(at("1970-12-31T00:00:00Z")), 1);  // 0 would mean "not known"
  source_.year_from = year_from_modification(at("2026-01-03T00:00:00Z"));
  SyslogHeader header;
  parser_.parse("Dec 31 23:59:59 h a: b", source_, base::ReceivedTime(1), header);
  EXPECT_EQ(header.time.value, at("2025-12-31T23:59:59Z"));
  parser_.parse("Jan  3 12:00:00 h a: b", source_, base::ReceivedTime(1), header);
  EXPECT_EQ(header.time.value, at("2026-01-03T12:00:00Z"));
}

}  // namespace
}  // namespace tocsin::ingest
