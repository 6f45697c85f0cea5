#include "ingest/syslog/day_cache.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include <fmt/format.h>

namespace tocsin::ingest {
namespace {

constexpr std::int64_t day_ns = 86400 * base::ns_per_second;

base::ReceivedTime at(std::string_view when) {
  return base::ReceivedTime(base::parse_rfc3339(when).value());
}

class DayCacheTest : public testing::Test {
 protected:
  void remember(const std::string& text, std::int64_t year_from = 0) {
    cache_.remember(text, read_time(text), zone_, 0, year_from, received_);
  }
  bool find(const std::string& text, std::int64_t year_from = 0) {
    return cache_.find(text, 0, year_from, received_, found_);
  }

  DayCache cache_;
  Zone zone_;
  base::ReceivedTime received_ = at("2025-11-22T03:00:00Z");
  Instant found_;
};

TEST_F(DayCacheTest, FindsTheOtherSecondsOfADay) {
  EXPECT_FALSE(find("Nov 22 02:59:59 host"));
  remember("Nov 22 02:59:58 host");
  ASSERT_TRUE(find("Nov 22 23:59:59 host"));
  EXPECT_EQ(found_.ns, at("2025-11-22T23:59:59Z").value);
  EXPECT_FALSE(find("Nov 23 02:59:59 host"));
  EXPECT_FALSE(find("Nov 22 02:59:59 host", 1));
}

TEST_F(DayCacheTest, TimesThatDoNotExistAreNotFound) {
  remember("Nov 22 02:59:58 host");
  for (const char* text : {"Nov 22 24:00:00 h", "Nov 22 00:60:00 h", "Nov 22 00:00:60 h",
                           "Nov 22 0a:00:00 h", "Nov 22 00.00:00 h", "Nov 22 00:00.00 h",
                           "Nov 22 00:00:0\xFF h", "Nov 22 :0:00:00 h", "Nov 22 00;00:00 h"})
    EXPECT_FALSE(find(text)) << text;
}

TEST_F(DayCacheTest, DaysOnWhichClocksChangeAreNotRemembered) {
  zone_ = *Zone::from_posix("CET-01CEST-02,M3.5.0,M10.5.0");
  received_ = at("2025-10-26T12:00:00Z");
  remember("Oct 26 12:00:00 host");
  EXPECT_FALSE(find("Oct 26 12:00:00 host"));
  remember("Oct 25 12:00:00 host");
  ASSERT_TRUE(find("Oct 25 12:00:00 host"));
  EXPECT_EQ(found_.ns, at("2025-10-25T10:00:00Z").value);
}

TEST_F(DayCacheTest, OtherFormsAreNotRemembered) {
  remember("Nov 22 02:59:58.5 host");
  remember("Nov 2 02:59:58 host");
  remember("Nov 22 02:59:58 2025 host");
  EXPECT_FALSE(find("Nov 22 02:59:58 host"));
}

// Whatever it has met, what it finds is what resolve_time says.
TEST_F(DayCacheTest, NeverChangesAResult) {
  std::mt19937_64 random(7);
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::array<Zone, 3> zones = {Zone(), *Zone::from_posix("CET-01CEST-02,M3.5.0,M10.5.0"),
                                     *Zone::from_offset("-11:30")};
  const std::array<std::int64_t, 3> years_from = {0, at("2024-11-30T10:00:00Z").value,
                                                  at("2025-03-01T00:00:00Z").value};
  std::size_t hits = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string text =
        fmt::format("{} {:2} {:02}:{:02}:{:02} h", months.substr(random() % 12 * 3, 3),
                    1 + random() % 31, random() % 24, random() % 60, random() % 60);
    const auto zone = static_cast<std::uint32_t>(random() % zones.size());
    const std::int64_t year_from = years_from[random() % years_from.size()];
    const base::ReceivedTime received(at("2025-01-01T00:00:00Z").value +
                                      static_cast<std::int64_t>(random() % (400 * 24)) *
                                          (day_ns / 24));
    const StatedTime stated = read_time(text);
    const std::optional<Instant> truth = resolve_time(stated, zones[zone], year_from, received);
    Instant found;
    if (cache_.find(text, zone, year_from, received, found)) {
      ++hits;
      ASSERT_TRUE(truth.has_value()) << text;
      ASSERT_EQ(found.ns, truth->ns) << text;
      ASSERT_EQ(found.other_year, truth->other_year) << text;
    } else {
      cache_.remember(text, stated, zones[zone], zone, year_from, received);
    }
  }
  EXPECT_GT(hits, 100U);
}

}  // namespace
}  // namespace tocsin::ingest
