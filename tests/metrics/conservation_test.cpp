#include "metrics/conservation.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tocsin::metrics {
namespace {

class ConservationTest : public testing::Test {
 protected:
  Registry registry{all_rows};
  std::vector<Violation> alarms;
  Conservation conservation{registry, [this](const Violation& v) { alarms.push_back(v); }};

  void check(int times) {
    for (int i = 0; i < times; ++i) (void)conservation.check();
  }
  double violation(std::string_view input) {
    return registry.gauge(row::conservation_violation, {input}).value();
  }
  double imbalance(std::string_view input) {
    return registry.gauge(row::conservation_imbalance, {input}).value();
  }
};

TEST_F(ConservationTest, BalancedInputIsQuiet) {
  InputAccount& udp = conservation.input("udp");
  const Counter too_long = udp.rejected("too_long");
  const Counter lost = udp.dropped("queue");
  for (int i = 0; i < 10; ++i) {
    udp.received.add(100);
    udp.stored.add(90);
    too_long.add(4);
    lost.add(6);
    check(1);
  }
  check(5);
  EXPECT_TRUE(alarms.empty());
  EXPECT_EQ(violation("udp"), 0);
  EXPECT_EQ(registry.counter(row::events_rejected, {"udp", "too_long"}).value(), 40U);
}

TEST_F(ConservationTest, ABrokenCounterIsAlarmedOnceAndHeals) {
  InputAccount& tcp = conservation.input("tcp");
  (void)conservation.input("udp");
  tcp.received.add(1000);
  tcp.stored.add(999);  // one frame is nowhere
  check(3);
  EXPECT_TRUE(alarms.empty()) << "not sure yet";
  check(1);
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].input, "tcp");
  EXPECT_EQ(alarms[0].imbalance, 1);
  EXPECT_EQ(violation("tcp"), 1);
  EXPECT_EQ(imbalance("tcp"), 1);
  EXPECT_EQ(violation("udp"), 0);
  check(5);
  EXPECT_EQ(alarms.size(), 1U);
  tcp.dropped("queue").add(1);
  check(1);
  EXPECT_EQ(violation("tcp"), 0);
}

TEST_F(ConservationTest, DoubleCountIsANegativeImbalance) {
  InputAccount& tcp = conservation.input("tcp");
  tcp.received.add(10);
  tcp.stored.add(12);
  check(5);
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].imbalance, -2);
}

TEST_F(ConservationTest, FramesInFlightAreNotMissing) {
  InputAccount& tcp = conservation.input("tcp");
  tcp.received.add(500);
  tcp.stored.add(100);
  tcp.in_flight.set(400);
  check(10);
  EXPECT_TRUE(alarms.empty());
  tcp.in_flight.set(0);  // and they never arrived
  check(5);
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].imbalance, 400);
}

TEST_F(ConservationTest, BusyInputMayHaveABatchOpenButNotMore) {
  InputAccount& tcp = conservation.input("tcp");
  for (int i = 0; i < 20; ++i) {
    tcp.received.add(5000);
    tcp.stored.add(i == 0 ? 4000 : 5000);  // a batch of 1000 is always open
    check(1);
  }
  EXPECT_TRUE(alarms.empty());
  tcp.received.add(100'000);  // lost at once
  for (int i = 0; i < 5; ++i) {
    tcp.received.add(5000);
    tcp.stored.add(5000);
    check(1);
  }
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].imbalance, 101'000);
}

TEST_F(ConservationTest, ANewLossIsANewAlarm) {
  InputAccount& tcp = conservation.input("tcp");
  tcp.received.add(1);
  check(5);
  tcp.received.add(1);
  check(5);
  ASSERT_EQ(alarms.size(), 2U);
  EXPECT_EQ(alarms[1].imbalance, 2);
}

// The checks here are a thousand times closer than in life, so as many more must agree.
TEST_F(ConservationTest, NoFalseAlarmUnderLoad) {
  Conservation close_checks(registry, [this](const Violation& v) { alarms.push_back(v); },
                            {.confirm = 200, .slack = 100});
  InputAccount& tcp = close_checks.input("tcp");
  std::atomic<bool> stop = false;
  std::thread worker([&] {
    while (!stop) {
      tcp.received.add(1000);
      tcp.in_flight.add(1000);
      tcp.in_flight.add(-1000);
      tcp.stored.add(1000);
    }
  });
  for (int i = 0; i < 600; ++i) {
    (void)close_checks.check();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  stop = true;
  worker.join();
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(close_checks.check().empty());
  EXPECT_TRUE(alarms.empty());
}

TEST_F(ConservationTest, TheSameNameIsTheSameAccount) {
  EXPECT_EQ(&conservation.input("a"), &conservation.input("a"));
  EXPECT_NE(&conservation.input("a"), &conservation.input("b"));
}

}  // namespace
}  // namespace tocsin::metrics
