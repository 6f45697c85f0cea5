#include "engine/daemon.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "engine/log_fold.hpp"
#include "engine/verify.hpp"
#include "metrics/rows.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

class DaemonTest : public EngineTest {
 protected:
  DaemonOptions daemon_options() const {
    DaemonOptions options;
    options.engine.threads = 2;
    options.engine.audit_trail = false;
    options.store_path = path("store");
    ingest::InputOptions tcp;
    tcp.name = "tcp";
    tcp.type = "tcp";
    tcp.port = 0;
    ingest::InputOptions udp;
    udp.name = "udp";
    udp.type = "udp";
    udp.port = 0;
    options.inputs = {tcp, udp};
    return options;
  }
  static void send(int type, std::uint16_t port, std::string_view text) {
    const int socket = ::socket(AF_INET, type, 0);
    ASSERT_GE(socket, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    ASSERT_EQ(::send(socket, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    ::close(socket);
  }
  base::SystemClock clock_;
  metrics::Registry registry_{metrics::all_rows};
};

TEST_F(DaemonTest, FromTheSocketToTheStoreAndItVerifies) {
  Daemon daemon(daemon_options(), default_setup(), registry_, clock_, [](const std::string&) {});
  EXPECT_FALSE(daemon.not_ready().empty());
  const base::Errors errors = daemon.start();
  ASSERT_TRUE(errors.empty()) << base::to_string(errors.front());
  EXPECT_TRUE(daemon.not_ready().empty());
  std::thread running([&daemon] {
    const auto ended = daemon.run();
    EXPECT_TRUE(ended) << (ended ? std::string() : base::to_string(ended.error()));
  });
  send(SOCK_STREAM, daemon.port("tcp"), failures("bob", 40, 5));
  send(SOCK_DGRAM, daemon.port("udp"), "<86>Nov 20 22:41:00 web01 su: hello");
  // Bounded by patience, not by a time that must be met.
  for (int i = 0; i < 3000 && daemon.status().find("\"events\":6") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_NE(daemon.status().find("\"events\":6"), std::string::npos) << daemon.status();
  daemon.stop();
  running.join();
  EXPECT_FALSE(daemon.not_ready().empty());

  const auto store = open(path("store"));
  EXPECT_EQ(store->last_seq(), event::Seq(6));
  std::size_t of_rule = 0;
  for (const std::string& alert : stored_alerts(*store))
    of_rule += alert.find(brute_force_user) != std::string::npos ? 1 : 0;
  EXPECT_EQ(of_rule, 1U);
  const auto verified = verify(*store, 1);
  ASSERT_TRUE(verified) << base::to_string(verified.error());
  EXPECT_EQ(verified->frames, 6U);
  for (const Difference& difference : verified->differences) ADD_FAILURE() << difference.sentence;
}

// An audit event without its end, and nothing comes behind it: time alone completes it, and is
// written down, so that the log read again gives the same.
TEST_F(DaemonTest, TimeActsAndIsInTheLog) {
  Daemon daemon(daemon_options(), default_setup(), registry_, clock_, [](const std::string&) {});
  const base::Errors errors = daemon.start();
  ASSERT_TRUE(errors.empty()) << base::to_string(errors.front());
  std::thread running([&daemon] { EXPECT_TRUE(daemon.run()); });
  send(SOCK_STREAM, daemon.port("tcp"),
       "type=SYSCALL msg=audit(1795215121.007:13): arch=c000003e syscall=175 success=yes exit=3 "
       "items=1 ppid=2310 pid=2411 auid=1001 uid=0 comm=\"insmod\" exe=\"/usr/bin/kmod\"\n");
  for (int i = 0; i < 6000 && daemon.status().find("\"alerts\":1") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  daemon.stop();
  running.join();

  const auto store = open(path("store"));
  const std::vector<std::string> alerts = stored_alerts(*store);
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_NE(alerts[0].find("A kernel module was loaded"), std::string::npos) << alerts[0];
  EXPECT_NE(alerts[0].find("\"evidence\":[1]"), std::string::npos) << alerts[0];
  std::vector<std::string> marks;
  ASSERT_TRUE(store->read_clocks(event::Seq(0), [&marks](const store::ClockRecord& clock) {
    marks.push_back(clock.what);
    return true;
  }));
  EXPECT_EQ(marks, std::vector<std::string>{std::string(clock_text)});
  const auto verified = verify(*store, 1);
  ASSERT_TRUE(verified) << base::to_string(verified.error());
  EXPECT_EQ(verified->alerts, 1U);
  for (const Difference& difference : verified->differences) ADD_FAILURE() << difference.sentence;
}

// The alarm of item "nothing vanishes": a batch that is taken behind the read call and never stored.
TEST_F(DaemonTest, ABatchThatVanishesIsAlarmed) {
  std::mutex mutex;
  std::string said;
  Daemon daemon(daemon_options(), default_setup(), registry_, clock_, [&](const std::string& line) {
    const std::lock_guard lock(mutex);
    said += line + "\n";
  });
  ASSERT_TRUE(daemon.start().empty());
  send(SOCK_STREAM, daemon.port("tcp"), failures("bob", 40, 5));
  ingest::IntakeBatch* lost = nullptr;
  std::size_t frames = 0;
  while (frames < 5 && (lost = daemon.queue().take(std::chrono::seconds(60))) != nullptr) {
    frames += lost->batch.frames.size();
    daemon.queue().recycle(lost);
  }
  ASSERT_EQ(frames, 5U);
  std::thread running([&daemon] { EXPECT_TRUE(daemon.run()); });
  send(SOCK_STREAM, daemon.port("tcp"), failures("eve", 50, 2));
  const auto heard = [&] {
    const std::lock_guard lock(mutex);
    return said.find("events of input tcp do not add up: 5 lost without a counter");
  };
  for (int i = 0; i < 6000 && heard() == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_NE(heard(), std::string::npos) << said;
  EXPECT_EQ(registry_.gauge(metrics::row::conservation_violation, {"tcp"}).value(), 1);
  EXPECT_EQ(registry_.gauge(metrics::row::conservation_imbalance, {"tcp"}).value(), 5);
  EXPECT_EQ(registry_.gauge(metrics::row::conservation_violation, {"udp"}).value(), 0);
  EXPECT_NE(daemon.status().find("\"unaccounted\":5"), std::string::npos) << daemon.status();
  daemon.stop();
  running.join();
}

TEST_F(DaemonTest, ACounterThatCountsTwiceIsAlarmed) {
  Daemon daemon(daemon_options(), default_setup(), registry_, clock_, [](const std::string&) {});
  ASSERT_TRUE(daemon.start().empty());
  std::thread running([&daemon] { EXPECT_TRUE(daemon.run()); });
  daemon.conservation().input("udp").stored.add(3);
  const auto imbalance = registry_.gauge(metrics::row::conservation_imbalance, {"udp"});
  for (int i = 0; i < 6000 && imbalance.value() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(imbalance.value(), -3);
  daemon.stop();
  running.join();
}

TEST_F(DaemonTest, AStoreThatCannotBeOpenedIsAnErrorAtTheStart) {
  DaemonOptions options = daemon_options();
  options.store_path = write("file", "in the way") + "/store";
  Daemon daemon(options, default_setup(), registry_, clock_, [](const std::string&) {});
  EXPECT_FALSE(daemon.start().empty());
}

}  // namespace
}  // namespace tocsin::engine
