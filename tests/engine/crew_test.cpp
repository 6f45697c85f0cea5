#include "engine/crew.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

namespace tocsin::engine {
namespace {

TEST(CrewTest, EachPartIsDoneOnceAndSeenAfterwards) {
  Crew crew(3);
  std::vector<std::size_t> done(5, 0);  // plain: the crew itself must order what it does
  for (std::size_t round = 1; round <= 2000; ++round) {
    crew.run(done.size(), [&](std::size_t part) { done[part] += part; });
    for (std::size_t part = 0; part < done.size(); ++part) ASSERT_EQ(done[part], part * round);
  }
  crew.run(0, [](std::size_t) { FAIL(); });
}

TEST(CrewTest, PartsRunAtTheSameTime) {
  Crew crew(1);
  std::atomic<int> here = 0;
  std::set<std::thread::id> threads;
  std::mutex mutex;
  crew.run(2, [&](std::size_t) {
    ++here;
    while (here < 2) std::this_thread::yield();  // each waits for the other
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), 2U);
}

TEST(CrewTest, WithoutHelpersTheCallerDoesAll) {
  Crew crew(0);
  std::size_t sum = 0;
  crew.run(4, [&](std::size_t part) { sum += part; });
  EXPECT_EQ(sum, 6U);
}

}  // namespace
}  // namespace tocsin::engine
