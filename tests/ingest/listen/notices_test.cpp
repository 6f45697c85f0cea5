#include "ingest/listen/notices.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tocsin::ingest {
namespace {

TEST(NoticesTest, ABurstIsSaidTheRestIsCounted) {
  base::ManualClock clock;
  std::vector<std::string> lines;
  Notices notices([&](const std::string& line) { lines.push_back(line); }, clock);
  for (int i = 0; i < 100'000; ++i) notices.say("tcp", "idle", "closed");
  EXPECT_EQ(lines.size(), Notices::burst);
  EXPECT_EQ(lines[0], "input tcp: closed");
  clock.advance(Notices::period);
  notices.say("tcp", "idle", "closed again");
  ASSERT_EQ(lines.size(), Notices::burst + 2);
  EXPECT_NE(lines[Notices::burst].find("99995 more notices"), std::string::npos);
  EXPECT_EQ(lines.back(), "input tcp: closed again");
}

TEST(NoticesTest, KindsAndInputsDoNotSilenceEachOther) {
  base::ManualClock clock;
  std::size_t lines = 0;
  Notices notices([&](const std::string&) { ++lines; }, clock);
  for (const char* input : {"a", "b"}) {
    for (const char* kind : {"x", "y"}) {
      for (int i = 0; i < 10; ++i) notices.say(input, kind, "text");
    }
  }
  EXPECT_EQ(lines, 4 * Notices::burst);
}

TEST(NoticesTest, WithoutASinkNothingHappens) {
  base::ManualClock clock;
  Notices notices({}, clock);
  EXPECT_NO_THROW(notices.say("a", "b", "c"));
}

}  // namespace
}  // namespace tocsin::ingest
