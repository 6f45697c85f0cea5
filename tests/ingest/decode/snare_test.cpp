#include "ingest/decode/snare.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"
#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;
using Snare = DecodedBy<SnareBody>;

constexpr std::string_view line =
    "MSWinEventLog\t1\tSecurity\t77\tFri Sep  3 16:38:13 2021\t4625\tProvider\tbob\tUser\tFailure "
    "Audit\tpc7\tLogon\t\tAn account failed.    More:  x\t162";

TEST(Snare, ValuesHaveTheNamesOfWindows) {
  Snare s;
  ASSERT_TRUE(s.ok(line));
  EXPECT_EQ(s.pairs(), (Pairs{{"Criticality", "1"},
                              {"Channel", "Security"},
                              {"EventRecordID", "77"},
                              {"TimeCreated", "Fri Sep  3 16:38:13 2021"},
                              {"EventID", "4625"},
                              {"Provider_Name", "Provider"},
                              {"UserName", "bob"},
                              {"SidType", "User"},
                              {"EventLogType", "Failure Audit"},
                              {"Computer", "pc7"},
                              {"Category", "Logon"},
                              {"Message", "An account failed.    More:  x"},
                              {"SnareCounter", "162"}}));
  EXPECT_EQ(s.event.time.value, *base::parse_rfc3339("2021-09-03T16:38:13Z"));
  EXPECT_TRUE(s.event.anomalies.empty());
}

TEST(Snare, TabsMayHaveBeenEscaped) {
  std::string escaped(line);
  for (std::size_t at = 0; (at = escaped.find('\t', at)) != std::string::npos;) {
    escaped.replace(at, 1, "#011");
  }
  EXPECT_TRUE(looks_like_snare(escaped));
  Snare plain, other;
  ASSERT_TRUE(plain.ok(line));
  ASSERT_TRUE(other.ok(escaped));
  EXPECT_EQ(plain.pairs(), other.pairs());
}

TEST(Snare, TheMessageMayBeMissingAndTheLastValueTakesTheRest) {
  Snare s;
  ASSERT_TRUE(s.ok(line.substr(0, line.find("\t\tAn"))));
  EXPECT_EQ(s.value("Category"), "Logon");
  EXPECT_EQ(s.value("Message"), "<none>");
  ASSERT_TRUE(s.ok(std::string(line) + "\tx\ty"));
  EXPECT_EQ(s.value("SnareCounter"), "162\tx\ty");
}

TEST(Snare, WhatHasTooFewValuesIsInvalid) {
  for (const char* text : {"", "MSWinEventLog", "MSWinEventLog 1", "MSWinEventLog\t1",
                           "MSWinEventLog\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10", "x\t1"}) {
    Snare s;
    EXPECT_FALSE(s.ok(text)) << text;
    EXPECT_TRUE(s.has(Anomaly::decoder_mismatch)) << text;
    EXPECT_EQ(s.event.field_count, 0) << text;
  }
}

TEST(Snare, ATimeThatIsNoneIsSaid) {
  for (const char* time :
       {"", "soon", "Fri Sep 31 16:38:13 2021", "Fri Sep  3 24:38:13 2021",
        "Fri epO  3 16:38:13 2021", "Fri Sep  3 16:38:13 1921", "Fri Sep  3 16:38:13 2262",
        "Fri Sep  3 16:38:13 9999", "Fri Sep +3 16:38:13 2021", "Fri Sep  3 16-38:13 2021"}) {
    std::string text(line);
    text.replace(text.find("Fri"), 24, time);
    Snare s;
    ASSERT_TRUE(s.ok(text)) << time;
    EXPECT_TRUE(s.has(Anomaly::bad_time)) << time;
    EXPECT_FALSE(s.event.has_time) << time;
  }
}

}  // namespace
}  // namespace tocsin::ingest
