#include "cli/service.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace tocsin::cli {

namespace {

constexpr std::string_view ready_state = "READY=1";

// The start may take as long as the log since the last checkpoint is long.
constexpr std::string_view more_time = "EXTEND_TIMEOUT_USEC=30000000";

std::optional<std::int64_t> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  return base::parse_integer(text != nullptr ? text : "");
}

// What systemd compares with its own clock, to tell a reload from an earlier one.
std::int64_t monotonic_microseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

std::optional<std::chrono::microseconds> watchdog_time() {
  const auto time = number_of("WATCHDOG_USEC");
  const auto pid = number_of("WATCHDOG_PID");
  if (!time || *time <= 0 || (pid && *pid != ::getpid())) return std::nullopt;
  return std::chrono::microseconds(*time);
}

Service::Service(std::function<Vitals()> look, Send send,
                 std::optional<std::chrono::microseconds> watchdog, std::chrono::microseconds pace)
    : look_(std::move(look)),
      send_(std::move(send)),
      watchdog_(watchdog),
      pace_(watchdog ? std::min(pace, *watchdog / 3) : pace),
      last_time_(std::chrono::steady_clock::now()),
      thread_([this] { loop(); }) {}

Service::~Service() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void Service::loop() {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, pace_, [this] { return ending_; })) tick();
}

// Says that all goes on only when the pipeline has taken a step since the last time: a timer that
// runs while the rest hangs proves nothing.
void Service::tick() {
  if (phase_ == Phase::stopping) return;
  if (phase_ == Phase::starting) {
    send_(std::string(more_time) + "\nSTATUS=starting: the log since the last checkpoint is read");
    return;
  }
  const Vitals now = look_();
  const auto time = std::chrono::steady_clock::now();
  const bool goes_on = !last_ || now.beats != last_->beats || now.held_up;
  std::string state;
  if (watchdog_ && goes_on) state = "WATCHDOG=1\n";
  const double seconds = std::chrono::duration<double>(time - last_time_).count();
  const double rate = last_ ? static_cast<double>(now.events - last_->events) / seconds : 0;
  state += fmt::format("STATUS={}{:.0f} events/s; {} events, {} alerts stored",
                       now.held_up ? "the store cannot be written; "
                       : goes_on   ? ""
                                   : "the pipeline stands still; ",
                       rate, now.events, now.alerts);
  last_ = now;
  last_time_ = time;
  send_(state);
}

void Service::change(Phase phase, const std::string& state) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
  send_(state);
}

void Service::ready() { change(Phase::ready, std::string(ready_state)); }

void Service::reloading() {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::ready)
    send_(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
}

void Service::reloaded() {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::ready) send_(std::string(ready_state));
}

void Service::stopping() { change(Phase::stopping, "STOPPING=1\nSTATUS=storing what has come"); }

}  // namespace tocsin::cli
