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

}  // namespace
}  // namespace tocsin::ingest
