#include "respond/channels.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>

#include "metrics/rows.hpp"
#include "tests/respond/receiver.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::respond {
namespace {

using namespace std::chrono_literals;
// The store's durable queues, in memory; survives a restart of the channels.
class MemoryOutbox final : public event::Outbox {
 public:
  event::OutboxRow add(const std::string& channel, std::size_t padding = 0) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t n = ++last_;
    event::OutboxRow row{
        channel, n, "id" + std::to_string(n),
        "{\"id\":\"id" + std::to_string(n) + "\",\"x\":\"" + std::string(padding, 'x') + "\"}", 0};
    rows_.emplace(n, row);
    return row;
  }
  [[nodiscard]] base::Result<std::vector<event::OutboxRow>> pending(
      std::string_view channel, std::uint64_t after, std::size_t limit) const override {
    const std::lock_guard lock(mutex_);
    if (broken) return base::fail("store-99", "reading fails");
    std::vector<event::OutboxRow> found;
    for (auto it = rows_.upper_bound(after); it != rows_.end() && found.size() < limit; ++it)
      if (it->second.channel == channel) found.push_back(it->second);
    return found;
  }
  base::Result<void> delivered(std::string_view,
                               const std::vector<std::uint64_t>& numbers) override {
    const std::lock_guard lock(mutex_);
    if (refuses_removal) return base::fail("store-98", "removing fails");
    for (const std::uint64_t n : numbers) EXPECT_EQ(rows_.erase(n), 1U) << n;
    return {};
  }
  base::Result<void> bury(const event::OutboxRow& row, std::string_view reason) override {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(rows_.erase(row.number), 1U);
    dead.emplace_back(row.number, reason);
    return {};
  }
  [[nodiscard]] std::size_t size(std::string_view channel) const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [n, row] : rows_) count += row.channel == channel ? 1U : 0U;
    return count;
  }
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::string>> buried() const {
    const std::lock_guard lock(mutex_);
    return dead;
  }
  std::atomic<bool> broken = false;
  std::atomic<bool> refuses_removal = false;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, event::OutboxRow> rows_;
  std::uint64_t last_ = 0;
  std::vector<std::pair<std::uint64_t, std::string>> dead;
};

class ChannelsTest : public testing::Test {
 protected:
  MemoryOutbox outbox;
  base::SystemClock clock;
  metrics::Registry registry{metrics::all_rows};
  const TemporaryFolder folder;

  [[nodiscard]] ChannelOptions file(const std::string& name) const {
    return {.name = name,
            .type = "file",
            .path = folder / name,
            .fsync = false,
            .retry_first = 10ms,
            .retry_max = 40ms};
  }
  static ChannelOptions syslog(const std::string& name, const std::string& address,
                               const std::string& transport = "tcp") {
    return {.name = name,
            .type = "syslog",
            .address = address,
            .transport = transport,
            .timeout = 300ms,
            .retry_first = 10ms,
            .retry_max = 40ms};
  }
  [[nodiscard]] std::string read(const std::string& name) const { return folder.read(name); }
  static std::string lines(int from, int to) {
    std::string text;
    for (int n = from; n <= to; ++n)
      text += "{\"id\":\"id" + std::to_string(n) + "\",\"x\":\"\"}\n";
    return text;
  }
  static bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 6000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return condition();
  }
  void add(const std::string& channel, int count, Channels* channels = nullptr) {
    for (int i = 0; i < count; ++i) {
      const event::OutboxRow row = outbox.add(channel);
      if (channels != nullptr) channels->committed({&row, 1});
    }
  }
  double metric(std::string_view channel, std::string_view result) {
    return static_cast<double>(
        registry.counter(metrics::row::notifications, {channel, result}).value());
  }
};

TEST_F(ChannelsTest, DeliversWhatIsOwedAndWhatComes) {
  add("f", 3);
  Channels channels;
  ASSERT_TRUE(channels.start({file("f")}, outbox, clock, &registry));
  EXPECT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  add("f", 1000, &channels);
  EXPECT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  EXPECT_EQ(read("f"), lines(1, 1003));
  EXPECT_TRUE(eventually([&] { return channels.status()[0].owed == 0; }));
  EXPECT_EQ(channels.status()[0].delivered, 1003U);
  EXPECT_EQ(metric("f", "delivered"), 1003);
  EXPECT_EQ(registry.gauge(metrics::row::outbox_depth, {"f"}).value(), 0);
}

TEST_F(ChannelsTest, OneThatIsDownHoldsUpNoOther) {
  const Receiver sleeping(SOCK_STREAM, Behaviour::sleep);
  const Receiver resetting(SOCK_STREAM, Behaviour::reset);
  Channels channels;
  ASSERT_TRUE(
      channels.start({syslog("sleeping", sleeping.address()), file("f"),
                      syslog("resetting", resetting.address()), syslog("absent", "127.0.0.1:1")},
                     outbox, clock, &registry));
  for (int i = 0; i < 300; ++i) (void)outbox.add("sleeping", 60'000);
  channels.wake();
  add("resetting", 5, &channels);
  add("absent", 5, &channels);
  add("f", 50, &channels);
  EXPECT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  EXPECT_EQ(outbox.size("sleeping"), 300U);
  EXPECT_TRUE(eventually([&] { return metric("resetting", "failed") > 1; }));
  EXPECT_EQ(outbox.size("absent"), 5U);
  EXPECT_EQ(outbox.size("resetting"), 5U);
  EXPECT_NE(channels.status()[3].last_error.find("Connection refused"), std::string::npos);
  EXPECT_EQ(channels.status()[3].owed, 5U);
  const auto stopping = std::chrono::steady_clock::now();
  channels.stop(1s);
  EXPECT_LT(std::chrono::steady_clock::now() - stopping, 30s);
}

TEST_F(ChannelsTest, ComesBackInOrderWhenTheReceiverDoes) {
  std::uint16_t port = 0;
  {
    port = Receiver(SOCK_STREAM).port();
  }
  Channels channels;
  ASSERT_TRUE(
      channels.start({syslog("s", "127.0.0.1:" + std::to_string(port))}, outbox, clock, &registry));
  add("s", 20, &channels);
  EXPECT_TRUE(eventually([&] { return metric("s", "failed") >= 3; }));
  EXPECT_GT(registry.gauge(metrics::row::outbox_oldest, {"s"}).value(), 0);
  const Receiver receiver(SOCK_STREAM, Behaviour::read, port);
  const auto messages = receiver.wait_for(20);
  ASSERT_EQ(messages.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_NE(messages[i].find("id=\"id" + std::to_string(i + 1) + "\""), std::string::npos);
  EXPECT_TRUE(eventually([&] { return outbox.size("s") == 0; }));
  EXPECT_EQ(registry.gauge(metrics::row::outbox_oldest, {"s"}).value(), 0);
}

TEST_F(ChannelsTest, OldRowsBecomeDeadLettersWithTheReason) {
  base::ManualClock manual;
  ChannelOptions absent = syslog("s", "127.0.0.1:1");
  absent.retry_first = absent.retry_max = 1min;
  absent.max_age = 1h;
  add("s", 2);
  Channels channels;
  ASSERT_TRUE(channels.start({absent}, outbox, manual, &registry));
  EXPECT_TRUE(eventually([&] { return metric("s", "failed") == 1; }));
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(metric("s", "failed"), 1) << "no attempt before its time";
  manual.advance(2h);
  EXPECT_TRUE(eventually([&] { return outbox.buried().size() == 1; }));
  EXPECT_EQ(outbox.buried()[0].first, 1U);
  EXPECT_NE(outbox.buried()[0].second.find("Connection refused"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return metric("s", "failed") == 2; }))
      << "the next row has its own time";
  EXPECT_EQ(outbox.size("s"), 1U);
  EXPECT_EQ(metric("s", "dead"), 1);
  EXPECT_EQ(channels.status()[0].owed, 1U);
}

TEST_F(ChannelsTest, HopelessRowsAreBuriedAtOnceAndTheRestGoesOn) {
  const Receiver receiver(SOCK_DGRAM);
  add("s", 1);
  (void)outbox.add("s", 70'000);
  add("s", 1);
  Channels channels;
  ASSERT_TRUE(channels.start({syslog("s", receiver.address(), "udp")}, outbox, clock, &registry));
  EXPECT_TRUE(eventually([&] { return outbox.size("s") == 0; }));
  ASSERT_EQ(outbox.buried().size(), 1U);
  EXPECT_EQ(outbox.buried()[0].first, 2U);
  EXPECT_EQ(receiver.wait_for(2).size(), 2U);
}

TEST_F(ChannelsTest, WhatWasWrittenBeforeACrashIsNotWrittenAgain) {
  add("f", 5);
  folder.write("f", lines(1, 3) + "{\"id\":\"id4\",");  // then the power went
  Channels channels;
  ASSERT_TRUE(channels.start({file("f")}, outbox, clock, &registry));
  EXPECT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  channels.stop();
  EXPECT_EQ(read("f"), lines(1, 5));
  EXPECT_EQ(metric("f", "duplicate"), 3);
  EXPECT_EQ(metric("f", "delivered"), 2);
}

// A power cut takes back all that the store had not synced, which is more than one page of rows.
TEST_F(ChannelsTest, HoweverMuchWasWrittenIsNotWrittenAgain) {
  add("f", 1000);
  folder.write("f", lines(1, 700));
  Channels channels;
  ASSERT_TRUE(channels.start({file("f")}, outbox, clock, &registry));
  EXPECT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  channels.stop();
  EXPECT_EQ(read("f"), lines(1, 1000));
  EXPECT_EQ(metric("f", "duplicate"), 700);
  EXPECT_EQ(metric("f", "delivered"), 300);
}

// A row that went to its place and is in no outbox any more says nothing of those that are.
TEST_F(ChannelsTest, RowsBehindTheLastOneAreAllWritten) {
  add("f", 600);
  folder.write("f", "{\"id\":\"id0\",\"x\":\"\"}\n");
  Channels channels;
  ASSERT_TRUE(channels.start({file("f")}, outbox, clock, &registry));
  EXPECT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  channels.stop();
  EXPECT_EQ(read("f"), lines(0, 600));
}

TEST_F(ChannelsTest, RestartsGoOn) {
  for (int round = 0; round < 5; ++round) {
    Channels channels;
    ASSERT_TRUE(channels.start({file("f")}, outbox, clock));
    add("f", 100, &channels);
    channels.stop(round % 2 == 0 ? 2s : 0s);
  }
  Channels channels;
  ASSERT_TRUE(channels.start({file("f")}, outbox, clock));
  EXPECT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  EXPECT_EQ(read("f"), lines(1, 500));
}

TEST_F(ChannelsTest, ARowThatIsDeliveredBeforeItIsToldOfIsNotOwed) {
  Channels channels;
  ASSERT_TRUE(channels.start({file("f")}, outbox, clock, &registry));
  const event::OutboxRow row = outbox.add("f", 10);
  channels.wake();
  ASSERT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  channels.committed({&row, 1});
  EXPECT_EQ(channels.status()[0].owed, 0U);
  EXPECT_EQ(registry.gauge(metrics::row::outbox_depth, {"f"}).value(), 0);
}

TEST_F(ChannelsTest, StopLooksOnceMoreForRowsOfWhichNobodySpoke) {
  Channels channels;
  ASSERT_TRUE(channels.start({file("f")}, outbox, clock, &registry));
  add("f", 1, &channels);
  ASSERT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  // Another thread's sync took them along: they are safe before it comes to say so.
  for (int i = 0; i < 3; ++i) (void)outbox.add("f", 10);
  channels.stop(30s);
  EXPECT_EQ(outbox.size("f"), 0U);
}

TEST_F(ChannelsTest, StopDeliversWhatIsOwed) {
  Channels channels;
  ASSERT_TRUE(channels.start({file("f")}, outbox, clock));
  add("f", 2000, &channels);
  channels.stop(5s);
  EXPECT_EQ(outbox.size("f"), 0U);
  channels.stop();
}

TEST_F(ChannelsTest, AStoreThatFailsIsAskedAgain) {
  outbox.broken = true;
  Channels channels;
  ASSERT_TRUE(channels.start({file("f")}, outbox, clock, &registry));
  add("f", 2, &channels);
  EXPECT_TRUE(eventually([&] { return metric("f", "failed") >= 2; }));
  outbox.refuses_removal = true;
  outbox.broken = false;
  EXPECT_TRUE(eventually([&] { return metric("f", "delivered") == 2; }));
  EXPECT_EQ(outbox.size("f"), 2U);
  outbox.refuses_removal = false;
  EXPECT_TRUE(eventually([&] { return outbox.size("f") == 0; }));
  EXPECT_EQ(read("f"), lines(1, 2)) << "written once all the same";
}

TEST_F(ChannelsTest, BadOptionsStartNothing) {
  Channels channels;
  const auto twice = channels.start({file("f"), file("f")}, outbox, clock);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, "respond-1");
  ChannelOptions nameless = file("f");
  nameless.name = "";
  EXPECT_FALSE(channels.start({nameless}, outbox, clock));
  EXPECT_TRUE(channels.status().empty());
}

}  // namespace
}  // namespace tocsin::respond
