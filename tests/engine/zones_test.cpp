#include "engine/zones.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "tests/engine/checked.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

// A zone file without changes: `hours` east of Greenwich, always.
std::string zone_file(int hours) {
  std::string bytes = "TZif";
  bytes += '\0';                                // version 1
  bytes.append(15, '\0');                       // reserved
  bytes.append(16, '\0');                       // isut, isstd, leap, time
  bytes += std::string("\0\0\0\1\0\0\0\4", 8);  // one type, four bytes of names
  const int seconds = hours * 3600;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(seconds >> shift);
  bytes += std::string("\0\0", 2) + std::string("TOW\0", 4);
  return bytes;
}

class ZonesTest : public EngineTest {
 protected:
  // The system's rules of Test/Town say from now on: `hours` east of Greenwich.
  void town_is(int hours) const {
    std::filesystem::create_directories(path("zoneinfo/Test"));
    write("zoneinfo/Test/Town", zone_file(hours));
    ::setenv("TZDIR", path("zoneinfo").c_str(), 1);
  }
  ~ZonesTest() override { ::unsetenv("TZDIR"); }
  ReplayOptions in_town(const std::string& log) const {
    ReplayOptions options = options_for({log}, path("store"));
    options.files.zone = "Test/Town";
    return options;
  }
};

TEST_F(ZonesTest, OnlyNamesOfFilesNeedAFile) {
  town_is(3);
  const auto zones =
      read_zones({"Test/Town", "UTC", "+02:00", "CET-1CEST,M3.5.0,M10.5.0/3", "Test/Town", "GMT"});
  ASSERT_TRUE(zones) << base::to_string(zones.error());
  ASSERT_EQ(zones->size(), 1U);
  EXPECT_EQ((*zones)[0].name, "Test/Town");
  EXPECT_EQ((*zones)[0].text, zone_file(3));
}

TEST_F(ZonesTest, ANameThatIsNoZoneIsAnError) {
  town_is(3);
  const auto zones = read_zones({"UTC", "Test/Nowhere"});
  ASSERT_FALSE(zones);
  EXPECT_EQ(zones.error().code, "ingest-1");
}

TEST_F(ZonesTest, WhatIsKeptIsAllThatIsRead) {
  const ingest::ZoneReader read = zone_reader({{"A/B", "bytes"}});
  EXPECT_EQ(read("A/B"), "bytes");
  EXPECT_EQ(read("Europe/Berlin"), std::nullopt);
}

TEST_F(ZonesTest, VerifyUsesTheRulesOfThatTime) {
  town_is(3);
  const Collected told = run(in_town(write("auth.log", failures("bob", 40, 6))));
  ASSERT_FALSE(told.alerts.empty());
  EXPECT_NE(told.alerts[0].find("2026-11-20T19:40:04"), std::string::npos) << told.alerts[0];

  // An update of the system moves the town, then loses it.
  town_is(-8);
  EXPECT_EQ(check(*open(path("store"))).alerts, told.alerts.size());
  std::filesystem::remove(path("zoneinfo/Test/Town"));
  EXPECT_EQ(check(*open(path("store"))).alerts, told.alerts.size());
}

TEST_F(ZonesTest, ChangedRulesBeginAnEpoch) {
  town_is(3);
  const std::string log = write("auth.log", failures("bob", 40, 6));
  run(in_town(log));
  append("auth.log", failures("eve", 41, 1));
  run(in_town(log));
  EXPECT_EQ(open(path("store"))->epochs()->size(), 1U) << "nothing has changed";
  town_is(2);
  append("auth.log", failures("eve", 42, 6));
  const Collected rest = run(in_town(log));
  ASSERT_FALSE(rest.alerts.empty());
  EXPECT_NE(rest.alerts.back().find("2026-11-20T20:42"), std::string::npos) << rest.alerts.back();
  EXPECT_EQ(open(path("store"))->epochs()->size(), 2U);
  check(*open(path("store")));
}

TEST_F(ZonesTest, AnUnknownZoneIsNotTakenForAnother) {
  town_is(3);
  ReplayOptions options = in_town(write("auth.log", failures("bob", 40, 6)));
  options.files.zone = "Test/Nowhere";
  Collected collected;
  const auto result = replay(default_setup(), options, collected, base::ManualClock());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "ingest-1");
  EXPECT_FALSE(std::filesystem::exists(path("store")));
}

}  // namespace
}  // namespace tocsin::engine
