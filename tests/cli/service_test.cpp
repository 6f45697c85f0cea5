#include "cli/service.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <vector>

namespace tocsin::cli {
namespace {

using namespace std::chrono_literals;

// A service manager, and a daemon whose progress the test decides.
class ServiceTest : public testing::Test {
 protected:
  Service::Send sender() {
    return [this](const std::string& state) {
      const std::lock_guard lock(mutex_);
      told_.push_back(state);
    };
  }
  std::function<Vitals()> vitals() {
    return [this] { return Vitals{beats_, held_up_, events_, 7}; };
  }
  // How often such a text was told so far.
  std::size_t count(const std::string& text) {
    const std::lock_guard lock(mutex_);
    std::size_t n = 0;
    for (const std::string& state : told_) n += state.find(text) != std::string::npos ? 1 : 0;
    return n;
  }
  bool comes(const std::string& text, std::size_t more = 1) {
    const std::size_t before = count(text);
    for (int i = 0; i < 2000; ++i) {
      if (count(text) >= before + more) return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }

  std::mutex mutex_;
  std::vector<std::string> told_;
  std::atomic<std::uint64_t> beats_ = 0;
  std::atomic<std::uint64_t> events_ = 0;
  std::atomic<bool> held_up_ = false;
};

TEST_F(ServiceTest, AStartIsGivenTimeAndNoWatchdogIsFedBeforeItIsOver) {
  Service service(vitals(), sender(), 30ms);
  EXPECT_TRUE(comes("EXTEND_TIMEOUT_USEC=30000000"));
  EXPECT_EQ(count("WATCHDOG=1"), 0U);
  service.ready();
  EXPECT_EQ(count("READY=1"), 1U);
  EXPECT_TRUE(comes("WATCHDOG=1\nSTATUS=0 events/s; 0 events, 7 alerts stored"));
}

TEST_F(ServiceTest, ThePipelineFeedsTheWatchdogAndNothingElse) {
  Service service(vitals(), sender(), 30ms);
  service.ready();
  EXPECT_TRUE(comes("STATUS=the pipeline stands still"));
  const std::size_t fed = count("WATCHDOG=1");
  EXPECT_TRUE(comes("STATUS=the pipeline stands still", 3));
  EXPECT_EQ(count("WATCHDOG=1"), fed);
  std::atomic<bool> done = false;
  std::thread pipeline([&] {
    while (!done) {
      ++beats_;
      std::this_thread::sleep_for(1ms);
    }
  });
  EXPECT_TRUE(comes("WATCHDOG=1", 3));
  done = true;
  pipeline.join();
}

TEST_F(ServiceTest, AFullDiskIsNoReasonToRestart) {
  held_up_ = true;
  Service service(vitals(), sender(), 30ms);
  service.ready();
  EXPECT_TRUE(comes("WATCHDOG=1\nSTATUS=the store cannot be written; ", 3));
}

TEST_F(ServiceTest, AReloadIsToldWithItsTimeAndItsEnd) {
  Service service(vitals(), sender(), std::nullopt, 5ms);
  service.reloading();
  EXPECT_EQ(count("RELOADING=1"), 0U);
  service.ready();
  service.reloading();
  EXPECT_EQ(count("RELOADING=1\nMONOTONIC_USEC="), 1U);
  service.reloaded();
  EXPECT_EQ(count("READY=1"), 2U);
  EXPECT_TRUE(comes("STATUS="));
  EXPECT_EQ(count("WATCHDOG=1"), 0U);
  service.stopping();
  service.reloaded();
  EXPECT_EQ(count("READY=1"), 2U);
  EXPECT_EQ(count("STOPPING=1"), 1U);
}

TEST(WatchdogTimeTest, OnlyWhatIsMeantForThisProcessCounts) {
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_FALSE(watchdog_time());
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  EXPECT_EQ(watchdog_time(), 2s);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid() + 1).c_str(), 1);
  EXPECT_FALSE(watchdog_time());
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_time(), 2s);
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_FALSE(watchdog_time());
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace tocsin::cli
