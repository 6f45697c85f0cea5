#include "ingest/syslog/zone.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace tocsin::ingest {
namespace {

// Local time as text, to UTC as text.
std::string utc(const Zone& zone, std::string_view local) {
  const std::int64_t ns = base::parse_rfc3339(local, true).value();
  return base::format_rfc3339(zone.to_utc(ns / base::ns_per_second) * base::ns_per_second)
      .substr(0, 19);
}

Zone named(std::string_view name) {
  base::Result<Zone> zone = find_zone(name, read_system_zone);
  EXPECT_TRUE(zone.has_value()) << name;
  return zone ? *zone : Zone();
}

TEST(Zone, Offsets) {
  EXPECT_EQ(utc(*Zone::from_offset("+02:00"), "2024-01-01T00:00:00"), "2023-12-31T22:00:00");
  EXPECT_EQ(utc(*Zone::from_offset("-0330"), "2024-01-01T00:00:00"), "2024-01-01T03:30:00");
  EXPECT_EQ(utc(*Zone::from_offset("+05"), "2024-01-01T00:00:00"), "2023-12-31T19:00:00");
  EXPECT_EQ(utc(*Zone::from_offset("UTC"), "2024-01-01T00:00:00"), "2024-01-01T00:00:00");
  for (const char* bad :
       {"", "+", "+1", "+24:00", "+01:60", "+01:0", "+1:00", "2", "+01:00x", "EST"})
    EXPECT_FALSE(Zone::from_offset(bad).has_value()) << bad;
}

TEST(Zone, PosixStringsWithRules) {
  const Zone zone = *Zone::from_posix("CET-01CEST-02,M3.5.0,M10.5.0");
  EXPECT_EQ(utc(zone, "2005-08-14T12:00:00"), "2005-08-14T10:00:00");
  EXPECT_EQ(utc(zone, "2005-01-14T12:00:00"), "2005-01-14T11:00:00");
  EXPECT_EQ(utc(zone, "2005-03-27T01:59:59"), "2005-03-27T00:59:59");
  EXPECT_EQ(utc(zone, "2005-03-27T03:00:00"), "2005-03-27T01:00:00");
  // 02:30 did not happen: as far behind the change as it claims.
  EXPECT_EQ(utc(zone, "2005-03-27T02:30:00"), "2005-03-27T01:30:00");
  // The rule ends summer at 02:00 local summer time; 01:30 happened twice.
  EXPECT_EQ(utc(zone, "2005-10-30T01:30:00"), "2005-10-29T23:30:00");
  EXPECT_EQ(utc(zone, "2005-10-30T02:00:00"), "2005-10-30T01:00:00");
}

TEST(Zone, PosixForms) {
  EXPECT_EQ(utc(*Zone::from_posix("<+0530>-5:30"), "2024-01-01T05:30:00"), "2024-01-01T00:00:00");
  // The south: summer spans the turn of the year; a Julian day and a day of the year.
  const Zone south = *Zone::from_posix("AEST-10AEDT,M10.1.0,M4.1.0/3");
  EXPECT_EQ(utc(south, "2024-01-01T11:00:00"), "2024-01-01T00:00:00");
  EXPECT_EQ(utc(south, "2024-07-01T10:00:00"), "2024-07-01T00:00:00");
  const Zone julian = *Zone::from_posix("AAA0BBB,J60/0,300/0");
  EXPECT_EQ(utc(julian, "2024-02-29T12:00:00"), "2024-02-29T12:00:00");
  EXPECT_EQ(utc(julian, "2024-03-01T12:00:00"), "2024-03-01T11:00:00");
  EXPECT_EQ(utc(julian, "2024-10-28T12:00:00"), "2024-10-28T12:00:00");
  for (const char* bad : {"", "AB1", "ABC", "ABC1DEF,", "ABC1DEF,M13.1.0,M1.1.0", "ABC1DEF,M1.1.0",
                          "ABC1DEF,M1.6.0,M1.1.0", "ABC1DEF,M1.1.7,M1.1.0", "ABC999", "<A1>1",
                          "ABC1DEF,J0,J1", "ABC1DEF,366,1", "ABC1DEF,M1.1.0,M2.1.0x", "<ABC1"})
    EXPECT_FALSE(Zone::from_posix(bad).has_value()) << bad;
}

TEST(Zone, FilesOfTheSystem) {
  ASSERT_TRUE(read_system_zone("Europe/Berlin")) << "apt install tzdata";
  const Zone berlin = named("Europe/Berlin");
  EXPECT_EQ(utc(berlin, "2025-07-01T12:00:00"), "2025-07-01T10:00:00");
  EXPECT_EQ(utc(berlin, "2025-12-01T12:00:00"), "2025-12-01T11:00:00");
  EXPECT_EQ(utc(berlin, "2025-03-30T02:30:00"), "2025-03-30T01:30:00");
  EXPECT_EQ(utc(berlin, "2025-10-26T02:30:00"), "2025-10-26T00:30:00");
  EXPECT_EQ(utc(berlin, "2025-10-26T03:00:00"), "2025-10-26T02:00:00");
  // Behind the last change in the file the rule at its end goes on.
  EXPECT_EQ(utc(berlin, "2060-07-01T12:00:00"), "2060-07-01T10:00:00");
  EXPECT_EQ(utc(berlin, "1890-01-01T00:53:28"), "1890-01-01T00:00:00");  // local mean time
  EXPECT_EQ(utc(named("Asia/Kolkata"), "2025-07-01T05:30:00"), "2025-07-01T00:00:00");
  EXPECT_EQ(utc(named("America/New_York"), "2025-11-02T01:30:00"), "2025-11-02T05:30:00");
  EXPECT_EQ(utc(named("America/Sao_Paulo"), "2018-11-04T00:30:00"), "2018-11-04T03:30:00");
}

TEST(Zone, NamesThatAreNone) {
  for (const char* name : {"Nowhere/Atall", "../etc/passwd", "/etc/localtime", "", ".", "a\nb"}) {
    const base::Result<Zone> zone = find_zone(name, read_system_zone);
    ASSERT_FALSE(zone.has_value()) << name;
    EXPECT_EQ(zone.error().code, "ingest-1");
  }
}

TEST(Zone, DamagedFilesAreRefusedNotRead) {
  const std::optional<std::string> whole = read_system_zone("Europe/Berlin");
  ASSERT_TRUE(whole) << "apt install tzdata";
  for (std::size_t size = 0; size + 1 < whole->size(); ++size) {
    const std::unique_ptr<char[]> block = std::make_unique<char[]>(size);
    std::copy_n(whole->data(), size, block.get());
    EXPECT_FALSE(Zone::from_tzif({block.get(), size}).has_value()) << size;
  }
  for (std::size_t at = 0; at < whole->size(); ++at) {
    std::string damaged = *whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x81);
    if (const std::optional<Zone> zone = Zone::from_tzif(damaged))
      (void)zone->to_utc(1'700'000'000);
  }
}

TEST(ZoneSet, ReadsEachZoneOnce) {
  int reads = 0;
  ZoneSet zones([&](std::string_view name) -> std::optional<std::string> {
    ++reads;
    return read_system_zone(name);
  });
  const std::uint32_t first = zones.index("CET-01CEST-02,M3.5.0,M10.5.0");
  const std::uint32_t second = zones.index("+01:00");
  EXPECT_NE(first, second);
  EXPECT_EQ(zones.index("CET-01CEST-02,M3.5.0,M10.5.0"), first);
  EXPECT_EQ(zones.index("+01:00"), second);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(zones.zone(second).to_utc(3600), 0);
  EXPECT_EQ(zones.zone(zones.index("no zone")).to_utc(5), 5);
}

}  // namespace
}  // namespace tocsin::ingest
