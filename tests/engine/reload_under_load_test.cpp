// Packs that change a thousand times while events come as fast as they are taken: none is lost, and
// every alert is the one that comes without a reload. TOCSIN_LONG=1: all thousand.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "engine/daemon.hpp"
#include "metrics/rows.hpp"
#include "tests/engine/epoch_fixture.hpp"

namespace tocsin::engine {
namespace {

// Twenty lines a second of event time, of a hundred users.
std::string lines(std::uint64_t from, std::uint64_t count) {
  std::string out;
  for (std::uint64_t i = from; i < from + count; ++i) {
    const std::uint64_t second = i / 20;
    char line[160];
    std::snprintf(line, sizeof line,
                  "<38>1 2026-11-%02uT%02u:%02u:%02uZ web01 sshd 811 - - Failed password for "
                  "user%u from 203.0.113.7 port 50022 ssh2\n",
                  static_cast<unsigned>(20 + second / 86400 % 10),
                  static_cast<unsigned>(second / 3600 % 24),
                  static_cast<unsigned>(second / 60 % 60), static_cast<unsigned>(second % 60),
                  static_cast<unsigned>(i * i / 7 % 100));
    out += line;
  }
  return out;
}

class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0);
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

 private:
  int socket_;
};

class ReloadUnderLoad : public EpochTest {
 protected:
  // The rules that alert are the same in both; what is beside them is not, and never alerts.
  static engine::Setup setup(int number) {
    engine::Setup made =
        setup_of_rules(std::string(refused_rule) + counting_rule(10, 4, "10s") +
                       counting_rule(11, 9, "1m") + counting_rule(20 + number, 100000, "20s"));
    made.fold.correlate.lateness = std::chrono::seconds(2);
    made.fold.correlate.idle_timeout = std::chrono::seconds(2);
    made.fold.syslog.max_past = made.fold.syslog.max_future = std::chrono::hours(240'000);
    return made;
  }
  [[nodiscard]] DaemonOptions options(const std::string& store) const {
    DaemonOptions options;
    options.engine.threads = 3;
    options.engine.audit_trail = false;
    options.engine.checkpoint_interval = std::chrono::milliseconds(100);
    options.engine.upkeep_interval = std::chrono::milliseconds(150);
    options.store_path = path(store);
    options.store.sync = "os";
    ingest::InputOptions tcp;
    tcp.name = "tcp";
    tcp.type = "tcp";
    tcp.port = 0;
    options.inputs = {tcp};
    return options;
  }

  // Feeds lines until `work` is done, and the rest up to `at_least`; how many there were.
  std::uint64_t live(const std::string& store, std::uint64_t at_least,
                     const std::function<void(Daemon&)>& work) {
    metrics::Registry registry(metrics::all_rows);
    const base::SystemClock clock;
    Daemon daemon(options(store), setups_[0], registry, clock, [](const std::string&) {});
    std::atomic<std::size_t> readings = 0;
    daemon.read_by([&] {
      Daemon::Reading reading;
      reading.setup = setups_[++readings % 2];
      return reading;
    });
    EXPECT_TRUE(daemon.start().empty());
    std::thread running([&daemon] { EXPECT_TRUE(daemon.run()); });
    std::atomic<bool> done = false;
    std::uint64_t sent = 0;
    std::thread feeding([&] {
      const Connection connection(daemon.port("tcp"));
      for (; !done || sent < at_least; sent += 20) {
        connection.send(lines(sent, 20));
        std::this_thread::sleep_for(std::chrono::microseconds(500));
      }
    });
    work(daemon);
    done = true;
    feeding.join();
    const std::string all = "\"events\":" + std::to_string(sent) + ",";
    for (int i = 0; i < 30000 && daemon.status().find(all) == std::string::npos; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_NE(daemon.status().find(all), std::string::npos) << all << daemon.status();
    EXPECT_EQ(registry.gauge(metrics::row::conservation_violation, {"tcp"}).value(), 0);
    daemon.stop();
    running.join();
    return sent;
  }
  const std::vector<engine::Setup> setups_ = {setup(0), setup(1)};
};

TEST_F(ReloadUnderLoad, NoEventIsLostAndNoAlertIsAnother) {
  const std::uint64_t reloads = std::getenv("TOCSIN_LONG") != nullptr ? 1000 : 25;
  const std::uint64_t sent = live("reloaded", 2000, [&](Daemon& daemon) {
    for (std::uint64_t i = 0; i < reloads; ++i) {
      const std::uint64_t request = daemon.reload();
      std::string answer;
      while ((answer = daemon.reloaded(request)).find("\"done\":true") == std::string::npos)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ASSERT_NE(answer.find("\"success\":true,\"changed\":true"), std::string::npos) << answer;
    }
  });
  EXPECT_EQ(live("plain", sent, [](Daemon&) {}), sent);
  const auto reloaded = open(path("reloaded"));
  EXPECT_EQ(reloaded->last_seq(), event::Seq(sent));
  // A reload before the first frame leaves nothing of the packs before it.
  EXPECT_GE(reloaded->epochs()->size(), reloads);
  const std::vector<std::string> alerts = stored_alerts(*reloaded);
  EXPECT_GT(alerts.size(), 20U);
  EXPECT_EQ(alerts, stored_alerts(*open(path("plain"))));
  check(*reloaded);
}

}  // namespace
}  // namespace tocsin::engine
