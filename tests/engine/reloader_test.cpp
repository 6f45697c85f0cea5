#include "engine/reloader.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>

namespace tocsin::engine {
namespace {

void wait_for(const Reloader& reloader, std::uint64_t request) {
  while (!reloader.answer(request)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(Reloader, ARequestIsAnswered) {
  Reloader reloader([](const std::vector<Reloader::Asker>&) {
    Reloaded reloaded;
    reloaded.changed = true;
    reloaded.rules = 7;
    return reloaded;
  });
  EXPECT_FALSE(reloader.last());
  const std::uint64_t request = reloader.request();
  wait_for(reloader, request);
  EXPECT_EQ(reloader.answer(request)->rules, 7U);
  EXPECT_TRUE(reloader.last()->changed);
  EXPECT_FALSE(reloader.answer(request + 1));
}

// What is asked during a reading may have been written behind its back: one more reading follows,
// and answers all of them.
TEST(Reloader, AStormIsTwoReadings) {
  std::latch begun(1), go_on(1);
  std::atomic<int> readings = 0;
  Reloader reloader([&](const std::vector<Reloader::Asker>&) {
    if (++readings == 1) {
      begun.count_down();
      go_on.wait();
    }
    return Reloaded{};
  });
  const std::uint64_t first = reloader.request();
  begun.wait();
  std::uint64_t last = 0;
  for (int i = 0; i < 100; ++i) last = reloader.request();
  EXPECT_FALSE(reloader.answer(first));
  go_on.count_down();
  wait_for(reloader, last);
  EXPECT_TRUE(reloader.answer(first));
  EXPECT_EQ(readings, 2);
}

TEST(Reloader, AReadingKnowsAllWhoAskedForIt) {
  std::latch begun(1), go_on(1);
  std::vector<std::vector<Reloader::Asker>> askers;
  Reloader reloader([&](const std::vector<Reloader::Asker>& by) {
    askers.push_back(by);
    if (askers.size() == 1) {
      begun.count_down();
      go_on.wait();
    }
    return Reloaded{};
  });
  reloader.request(event::Actor{0, "root"});
  begun.wait();
  reloader.request();
  const std::uint64_t last = reloader.request(event::Actor{1000, "bob"});
  go_on.count_down();
  wait_for(reloader, last);
  reloader.stop();
  ASSERT_EQ(askers.size(), 2U);
  EXPECT_EQ(askers[0], (std::vector<Reloader::Asker>{event::Actor{0, "root"}}));
  EXPECT_EQ(askers[1], (std::vector<Reloader::Asker>{{}, event::Actor{1000, "bob"}}));
}

TEST(Reloader, StoppedItBeginsNone) {
  std::atomic<int> readings = 0;
  Reloader reloader([&](const std::vector<Reloader::Asker>&) {
    ++readings;
    return Reloaded{};
  });
  reloader.stop();
  const std::uint64_t request = reloader.request();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(reloader.answer(request));
  EXPECT_EQ(readings, 0);
}

}  // namespace
}  // namespace tocsin::engine
