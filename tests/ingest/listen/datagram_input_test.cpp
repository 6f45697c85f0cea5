#include "ingest/listen/datagram_input.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/ingest/listen/live_inputs.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;

class DatagramInputTest : public LiveInputs {};

TEST_F(DatagramInputTest, EveryDatagramIsAFrameOfItsSender) {
  run({input("udp", "udp")});
  Client a = Client::inet(SOCK_DGRAM, listeners_.port("udp"), "127.0.0.1", "127.0.0.2");
  Client b = Client::inet(SOCK_DGRAM, listeners_.port("udp"), "127.0.0.1", "127.0.0.3");
  a.send("<34>one\n");
  b.send("<34>two");
  a.send("<34>three");
  ASSERT_TRUE(frames_come(3));
  stop();
  const auto frames = engine_->frames();
  EXPECT_EQ(frames[0].text, "<34>one");
  EXPECT_EQ(sources_[frames[0].source].peer, "127.0.0.2");
  EXPECT_EQ(frames[1].text, "<34>two");
  EXPECT_EQ(sources_[frames[1].source].peer, "127.0.0.3");
  EXPECT_EQ(frames[2].source, frames[0].source);
  EXPECT_EQ(sources_[frames[0].source].transport, event::Transport::udp);
  EXPECT_EQ(counters("udp").received_bytes.get(), 8U + 7U + 9U);
  expect_conservation("udp");
}

TEST_F(DatagramInputTest, EmptyOnesAreRejectedLongOnesCut) {
  InputOptions options = input("udp", "udp");
  options.max_frame = 3000;
  run({options});
  Client client = Client::inet(SOCK_DGRAM, listeners_.port("udp"));
  client.send("a");
  ASSERT_EQ(::send(client.fd(), "", 0, 0), 0);
  client.send("\n\n");
  client.send(std::string(2047, 'b'));
  client.send(std::string(2049, 'c'));
  client.send(std::string(3000, 'd'));
  client.send(std::string(3001, 'e'));
  client.send(std::string(60'000, 'f'));
  client.send(std::string("g\0h", 3));
  ASSERT_TRUE(frames_come(7));
  stop();
  const auto frames = engine_->frames();
  ASSERT_EQ(frames.size(), 7U);
  EXPECT_EQ(frames[1].text, std::string(2047, 'b'));
  EXPECT_EQ(frames[2].text, std::string(2049, 'c'));
  EXPECT_EQ(frames[3].text, std::string(3000, 'd'));
  EXPECT_TRUE(frames[3].anomalies.empty());
  EXPECT_EQ(frames[4].text, std::string(3000, 'e'));
  EXPECT_TRUE(frames[4].anomalies.has(Anomaly::frame_truncated));
  EXPECT_EQ(frames[5].text, std::string(3000, 'f'));
  EXPECT_TRUE(frames[5].anomalies.has(Anomaly::frame_truncated));
  EXPECT_TRUE(frames[6].anomalies.has(Anomaly::frame_nul));
  EXPECT_EQ(counters("udp").received.get(), 9U);
  EXPECT_EQ(counters("udp").rejected[0].get(), 2U);
  EXPECT_EQ(counters("udp").truncated.get(), 2U);
  expect_conservation("udp");
}

// Nobody takes batches: what the kernel cannot hold is dropped there, and counted to the last one.
TEST_F(DatagramInputTest, SentIsReceivedAndKernelDrops) {
  InputOptions options = input("udp", "udp");
  options.receive_buffer = 64 * 1024;
  IntakeOptions small;
  small.batches = 2;
  small.batch.frames = 100;
  run({options}, small);
  engine_->hold(true);
  Client client = Client::inet(SOCK_DGRAM, listeners_.port("udp"));
  constexpr std::uint64_t sent = 20'000;
  for (std::uint64_t i = 0; i < sent; ++i) ASSERT_TRUE(client.send("<34>" + std::to_string(i)));
  engine_->hold(false);
  ASSERT_TRUE(wait_until(
      [&] { return counters("udp").handed.get() + counters("udp").kernel_drops.get() >= sent; }));
  stop();
  EXPECT_GT(counters("udp").kernel_drops.get(), 0U);
  EXPECT_GT(counters("udp").waits.get(), 0U);
  EXPECT_EQ(counters("udp").received.get() + counters("udp").kernel_drops.get(), sent);
  EXPECT_EQ(engine_->count(), counters("udp").received.get());
  expect_conservation("udp");
  // In order, and none twice.
  std::int64_t last = -1;
  for (const std::string& text : engine_->texts()) {
    const std::int64_t number = std::stoll(text.substr(4));
    EXPECT_GT(number, last);
    last = number;
  }
  const auto said = lines();
  EXPECT_TRUE(std::any_of(said.begin(), said.end(), [](const std::string& line) {
    return line.find("dropped") != std::string::npos;
  }));
}

TEST_F(DatagramInputTest, WhatCameBeforeTheStopIsTaken) {
  run({input("udp", "udp")});
  Client client = Client::inet(SOCK_DGRAM, listeners_.port("udp"));
  for (int i = 0; i < 500; ++i) client.send(std::to_string(i));
  stop();
  EXPECT_EQ(engine_->count() + counters("udp").kernel_drops.get(), 500U);
  expect_conservation("udp");
}

TEST_F(DatagramInputTest, AUnixSocketKnowsTheUser) {
  const TemporaryFolder folder;
  InputOptions options = input("log", "unix-datagram");
  options.path = {folder / "log"};
  run({options});
  Client client = Client::unix_socket(SOCK_DGRAM, folder / "log");
  ASSERT_TRUE(client.connected());
  client.send("<38>Oct 11 22:14:15 sshd[1]: a");
  ASSERT_TRUE(frames_come(1));
  const auto frames = engine_->frames();
  const event::Source& source = sources_[frames[0].source];
  EXPECT_EQ(source.peer, "uid " + std::to_string(::getuid()));
  EXPECT_EQ(source.authenticated, ::getuid() == 0);
  EXPECT_EQ(source.transport, event::Transport::unix_datagram);
  const auto peers = listeners_.peers();
  ASSERT_EQ(peers.size(), 1U);
  EXPECT_EQ(peers[0].input, "log");
  ASSERT_EQ(peers[0].peers.size(), 1U);
  EXPECT_EQ(peers[0].peers[0].frames, 1U);
  stop();
  expect_conservation("log");
}

TEST_F(DatagramInputTest, ABufferThatIsNotGrantedIsSaid) {
  InputOptions options = input("udp", "udp");
  options.receive_buffer = 1U << 30U;
  run({options});
  const auto said = lines();
  const bool granted = counters("udp").receive_buffer.get() >= options.receive_buffer;
  EXPECT_TRUE(granted || wait_until([&] { return !lines().empty(); }));
}

}  // namespace
}  // namespace tocsin::ingest
