#include "ingest/syslog/priority.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(Priority, EveryValueInItsShortestForm) {
  for (unsigned value = 0; value <= 191; ++value) {
    const std::string text = "<" + std::to_string(value) + ">x";
    const Priority priority = read_priority(text);
    EXPECT_EQ(priority.kind, Priority::Kind::good) << text;
    EXPECT_EQ(priority.value, value);
    EXPECT_EQ(priority.size, text.size() - 1);
  }
}

TEST(Priority, Faults) {
  for (const char* text : {"<192>", "<999>", "<>", "<0013>", "<013>", "<00>", "<-1>", "<1", "< 13>",
                           "<", "<1000>", "<13", "<1a>", "<+1>", "<13 >"})
    EXPECT_EQ(read_priority(text).kind, Priority::Kind::bad) << text;
}

TEST(Priority, None) {
  for (const char* text : {"", "13>", "x<13>", "<log>", "<Event", "<?xml"})
    EXPECT_EQ(read_priority(text).kind, Priority::Kind::none) << text;
}

TEST(Priority, WrittenBehindTheTime) {
  const WrittenPriority numbers = read_written_priority("<4.6> host");
  EXPECT_EQ(numbers.size, 6U);
  EXPECT_EQ(numbers.facility, 4);
  EXPECT_EQ(numbers.severity, 6);
  const WrittenPriority names = read_written_priority("<authpriv.warning> host");
  EXPECT_EQ(names.size, 19U);
  EXPECT_EQ(names.facility, 10);
  EXPECT_EQ(names.severity, 4);
  EXPECT_EQ(read_written_priority("<local7.debug> h").facility, 23);
  EXPECT_EQ(read_written_priority("<23.7> h").facility, 23);
  for (const char* text : {"", "<", "<4.6>", "<4.8> ", "<24.1> ", "<4> ", "<a.b> ", "<.> ", "<4.> ",
                           "<xyz> .", "4.6> ", "<localhost.localdomain.info> h"})
    EXPECT_EQ(read_written_priority(text).size, 0U) << text;
}

}  // namespace
}  // namespace tocsin::ingest
