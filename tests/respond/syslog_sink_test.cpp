#include "respond/syslog_sink.hpp"

#include <gtest/gtest.h>

#include "tests/respond/receiver.hpp"

namespace tocsin::respond {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

class SyslogSinkTest : public testing::Test {
 protected:
  StopSignal stop;

  static ChannelOptions options(std::string address, std::string transport) {
    return {.name = "c",
            .type = "syslog",
            .address = std::move(address),
            .transport = std::move(transport),
            .timeout = 400ms};
  }
  static std::vector<event::OutboxRow> rows(int from, int to, std::size_t padding = 0) {
    std::vector<event::OutboxRow> all;
    for (int n = from; n <= to; ++n)
      all.push_back(
          {"c", static_cast<std::uint64_t>(n), "id" + std::to_string(n),
           "{\"n\":" + std::to_string(n) + ",\"x\":\"" + std::string(padding, 'x') + "\"}", 0});
    return all;
  }
  static void expect_in_order(const std::vector<std::string>& messages, int from, int to) {
    ASSERT_EQ(messages.size(), static_cast<std::size_t>(to - from + 1));
    for (int n = from; n <= to; ++n) {
      const std::string& message = messages[static_cast<std::size_t>(n - from)];
      EXPECT_NE(message.find("[tocsin@32473 id=\"id" + std::to_string(n) +
                             "\"] {\"n\":" + std::to_string(n) + ","),
                std::string::npos)
          << message;
    }
  }
};

TEST_F(SyslogSinkTest, TcpSendsOctetCountedInOrder) {
  const Receiver receiver(SOCK_STREAM);
  SyslogSink sink(options(receiver.address(), "tcp"), stop);
  EXPECT_EQ(sink.deliver(rows(1, 100)).delivered, 100U);
  EXPECT_EQ(sink.deliver(rows(101, 200, 10'000)).delivered, 100U);
  expect_in_order(receiver.wait_for(200), 1, 200);
  EXPECT_EQ(sink.last_delivered(), "") << "the receiver cannot be asked";
}

TEST_F(SyslogSinkTest, UdpSendsOneDatagramARow) {
  const Receiver receiver(SOCK_DGRAM);
  SyslogSink sink(options(receiver.address(), "udp"), stop);
  EXPECT_EQ(sink.deliver(rows(1, 20)).delivered, 20U);
  expect_in_order(receiver.wait_for(20), 1, 20);
}

TEST_F(SyslogSinkTest, UdpRowsThatFitNoDatagramAreHopeless) {
  const Receiver receiver(SOCK_DGRAM);
  SyslogSink sink(options(receiver.address(), "udp"), stop);
  auto mixed = rows(1, 2);
  mixed.push_back(rows(3, 3, 66'000)[0]);
  mixed.push_back(rows(4, 4)[0]);
  const Outcome outcome = sink.deliver(mixed);
  EXPECT_EQ(outcome.delivered, 2U);
  EXPECT_TRUE(outcome.hopeless);
  EXPECT_NE(outcome.error.find("do not fit into a datagram"), std::string::npos);
}

TEST_F(SyslogSinkTest, NobodyThereIsAFailureThatMayPass) {
  std::uint16_t port = 0;
  {
    port = Receiver(SOCK_STREAM).port();
  }
  for (const char* transport : {"tcp", "udp"}) {
    SyslogSink sink(options("127.0.0.1:" + std::to_string(port), transport), stop);
    const Outcome outcome = sink.deliver(rows(1, 3));
    EXPECT_EQ(outcome.delivered, 0U) << transport;
    EXPECT_FALSE(outcome.hopeless);
    EXPECT_NE(outcome.error.find("respond-4"), std::string::npos) << outcome.error;
    EXPECT_NE(outcome.error.find("Connection refused"), std::string::npos) << outcome.error;
  }
}

TEST_F(SyslogSinkTest, ANameWithoutAddressIsAFailure) {
  SyslogSink sink(options("no-such-host.invalid:514", "tcp"), stop);
  EXPECT_NE(sink.deliver(rows(1, 1)).error.find("its name has no address"), std::string::npos);
}

TEST_F(SyslogSinkTest, AReceiverThatResetsGetsNothingCounted) {
  const Receiver receiver(SOCK_STREAM, Behaviour::reset);
  SyslogSink sink(options(receiver.address(), "tcp"), stop);
  for (int i = 0; i < 5; ++i) {
    // Few bytes are acknowledged by the kernel before the program hangs up; many are not.
    const Outcome outcome = sink.deliver(rows(1, 50, i % 2 == 0 ? 20'000 : 1));
    EXPECT_EQ(outcome.delivered, 0U);
    EXPECT_NE(outcome.error, "");
  }
}

TEST_F(SyslogSinkTest, ASleepingReceiverEndsAtTheTimeout) {
  const Receiver receiver(SOCK_STREAM, Behaviour::sleep);
  SyslogSink sink(options(receiver.address(), "tcp"), stop);
  const auto began = Steady::now();
  const Outcome outcome = sink.deliver(rows(1, 400, 60'000));  // more than the kernels buffer
  EXPECT_EQ(outcome.delivered, 0U);
  EXPECT_NE(outcome.error, "");
  EXPECT_GE(Steady::now() - began, 390ms);
  EXPECT_LT(Steady::now() - began, 30s);
}

TEST_F(SyslogSinkTest, TheStopSignalCutsItShort) {
  const Receiver receiver(SOCK_STREAM, Behaviour::sleep);
  ChannelOptions patient = options(receiver.address(), "tcp");
  patient.timeout = 60s;
  SyslogSink sink(patient, stop);
  std::thread stopper([&] {
    std::this_thread::sleep_for(100ms);
    stop.raise();
  });
  const auto began = Steady::now();
  EXPECT_NE(sink.deliver(rows(1, 400, 60'000)).error.find("stopped"), std::string::npos);
  EXPECT_LT(Steady::now() - began, 30s);
  stopper.join();
}

TEST_F(SyslogSinkTest, ARestartedReceiverIsFoundAgain) {
  auto first = std::make_unique<Receiver>(SOCK_STREAM);
  const std::uint16_t port = first->port();
  SyslogSink sink(options(first->address(), "tcp"), stop);
  EXPECT_EQ(sink.deliver(rows(1, 3)).delivered, 3U);
  (void)first->wait_for(3);
  first.reset();
  EXPECT_EQ(sink.deliver(rows(4, 6)).delivered, 0U);
  const Receiver second(SOCK_STREAM, Behaviour::read, port);
  EXPECT_EQ(sink.deliver(rows(4, 6)).delivered, 3U);
  expect_in_order(second.wait_for(3), 4, 6);
}

TEST_F(SyslogSinkTest, IPv6InBrackets) {
  SyslogSink sink(options("[::1]:1", "tcp"), stop);
  const std::string error = sink.deliver(rows(1, 1)).error;
  EXPECT_EQ(error.find("no address"), std::string::npos) << error;
}

}  // namespace
}  // namespace tocsin::respond
