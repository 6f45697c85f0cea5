#include "ingest/listen/listeners.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/listen/live_inputs.hpp"

namespace tocsin::ingest {
namespace {

class ListenersTest : public LiveInputs {};

TEST_F(ListenersTest, AllErrorsAtOnceAndThenNothingRuns) {
  InputOptions bad_address = input("a", "udp");
  bad_address.address = "somewhere";
  InputOptions good = input("b", "tcp");
  InputOptions bad_path = input("c", "unix-stream");
  bad_path.path = {"/nonexistent/folder/socket"};
  Intake intake({}, *clock_);
  const base::Errors errors =
      listeners_.start({bad_address, good, bad_path}, intake, sources_, offsets_, *clock_);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].origin.name, "input a");
  EXPECT_EQ(errors[1].origin.name, "input c");
  EXPECT_FALSE(listeners_.running());
  EXPECT_EQ(listeners_.port("b"), 0);
  // Mistakes in the options come first.
  InputOptions nameless = input("", "udp");
  EXPECT_EQ(listeners_.start({nameless, bad_address}, intake, sources_, offsets_, *clock_).size(),
            1U);
}

TEST_F(ListenersTest, SeveralInputsAtOnce) {
  const TemporaryFolder folder;
  InputOptions unix_log = input("log", "unix-datagram");
  unix_log.path = {folder / "log"};
  run({input("udp", "udp"), input("tcp", "tcp"), unix_log});
  EXPECT_TRUE(listeners_.running());
  EXPECT_NE(listeners_.port("udp"), 0);
  EXPECT_NE(listeners_.port("tcp"), 0);
  EXPECT_EQ(listeners_.port("log"), 0);
  EXPECT_EQ(listeners_.port("none"), 0);
  Client::inet(SOCK_DGRAM, listeners_.port("udp")).send("u");
  Client::inet(SOCK_STREAM, listeners_.port("tcp")).send("t\n");
  Client::unix_socket(SOCK_DGRAM, folder / "log").send("l");
  EXPECT_TRUE(frames_come(3));
  EXPECT_EQ(listeners_.peers().size(), 3U);
  stop();
  for (const char* name : {"udp", "tcp", "log"}) expect_conservation(name);
}

TEST_F(ListenersTest, ASingleFrameIsHandedOnSoon) {
  run({input("udp", "udp")});
  Client client = Client::inet(SOCK_DGRAM, listeners_.port("udp"));
  for (std::size_t i = 1; i <= 20; ++i) {
    client.send("x");
    ASSERT_TRUE(frames_come(i));
  }
  EXPECT_EQ(engine_->batches(), 20U);
}

TEST_F(ListenersTest, StartAndStopManyTimesUnderLoad) {
  std::atomic<bool> go_on = true;
  std::atomic<std::uint16_t> udp = 0, tcp = 0;
  std::vector<std::thread> senders;
  for (int i = 0; i < 2; ++i) {
    senders.emplace_back([&] {
      while (go_on) {
        if (udp != 0) Client::inet(SOCK_DGRAM, udp).send("<34>datagram");
        if (tcp == 0) continue;
        Client client = Client::inet(SOCK_STREAM, tcp);
        client.send("<34>one\n<34>tw");
        client.send("o\n<34>cut");
      }
    });
  }
  for (int round = 0; round < 40; ++round) {
    run({input("udp", "udp"), input("tcp", "tcp")});
    udp = listeners_.port("udp");
    tcp = listeners_.port("tcp");
    const std::size_t before = engine_->count();
    ASSERT_TRUE(frames_come(before + 3));
    stop();
    expect_conservation("udp");
    expect_conservation("tcp");
    EXPECT_EQ(counters("udp").handed.get() + counters("tcp").handed.get(), engine_->count());
  }
  go_on = false;
  for (std::thread& sender : senders) sender.join();
}

TEST_F(ListenersTest, DestroyingStops) {
  Intake intake({}, *clock_);
  {
    Listeners own;
    ASSERT_TRUE(own.start({input("udp", "udp")}, intake, sources_, offsets_, *clock_).empty());
  }
  EXPECT_TRUE(intake.queue().finished());
  Listeners never_started;
  never_started.stop();
}

}  // namespace
}  // namespace tocsin::ingest
