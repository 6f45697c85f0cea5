// The daemon as a service of systemd: readiness, status line, watchdog, reload, by sd_notify(3).
// Path:      the daemon's progress -> WATCHDOG=1, STATUS=...; reload -> RELOADING=1, READY=1
// Units:     WATCHDOG_USEC in microseconds
// Threads:   Service: its functions from any thread; it has a thread of its own
// Errors:    none: without a service manager nothing happens
// Source:    sd_notify(3), sd_watchdog_enabled(3)
// Tested by: tests/cli/service_test.cpp, tests/e2e/service_test.py
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace tocsin::cli {

// What the daemon tells of itself.
struct Vitals {
  std::uint64_t beats = 0;   // steps of the pipeline, empty ones too: several a second
  bool held_up = false;      // it waits for what a restart would not mend, such as a full disk
  std::uint64_t events = 0;  // stored since the store was made
  std::uint64_t alerts = 0;
};

class Service {
 public:
  using Send = std::function<void(const std::string& state)>;

  // From here on the start is given time, and a status line each `pace`; with a watchdog, at most a
  // third of its time apart.
  Service(std::function<Vitals()> look, Send send,
          std::optional<std::chrono::microseconds> watchdog,
          std::chrono::microseconds pace = std::chrono::seconds(2));
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void ready();
  void reloading();
  void reloaded();
  void stopping();

 private:
  enum class Phase : std::uint8_t { starting, ready, stopping };
  void loop();
  void tick();
  void change(Phase phase, const std::string& state);

  const std::function<Vitals()> look_;
  const Send send_;
  const std::optional<std::chrono::microseconds> watchdog_;
  const std::chrono::microseconds pace_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  Phase phase_ = Phase::starting;
  std::optional<Vitals> last_;
  std::chrono::steady_clock::time_point last_time_;
  std::thread thread_;
};

// $WATCHDOG_USEC, where it is meant for this process.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_time();

}  // namespace tocsin::cli
