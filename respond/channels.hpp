// Delivers outbox rows: one thread and one queue a channel, so that one that is down holds up no
// other.
// Path:      outbox rows (store) -> channel threads -> file, syslog
// Units:     durations in ns of monotonic time
// Threads:   safe; start() and stop() by the owner
// Errors:    respond-1 options; what cannot be delivered is tried again and then becomes a dead
//            letter
// Tested by: tests/respond/channels_test.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/ports.hpp"
#include "metrics/registry.hpp"
#include "respond/options.hpp"

namespace tocsin::respond {

struct ChannelStatus {
  std::string name;
  std::uint64_t owed = 0;                                            // rows in the outbox
  std::uint64_t delivered = 0, failed = 0, dead = 0, duplicate = 0;  // since the start
  std::string last_error;  // of the attempt before, empty when it succeeded
};

// At least once, in order: a row leaves the outbox only after it was written (and, for a file with
// fsync, is on the disk; for TCP, is acknowledged by the peer's kernel). A crash in between sends
// it again under the same id, except that a file shows what it already has. A row's age counts from
// its first attempt since the start.
class Channels {
 public:
  Channels();
  ~Channels();  // stops
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  // `outbox`, `clock` and `registry` (may be null) must outlive this. Counts what is owed from
  // before, so it belongs before the first commit.
  [[nodiscard]] base::Result<void> start(std::vector<ChannelOptions> options, event::Outbox& outbox,
                                         const base::Clock& clock,
                                         metrics::Registry* registry = nullptr);
  // These rows are committed now: their channels look. Cheap; never blocks on a channel.
  void committed(std::span<const event::OutboxRow> rows);
  // All channels look into the outbox.
  void wake();
  // Delivers what is owed while that succeeds and `grace` lasts; the rest stays in the outbox. May
  // be called twice.
  void stop(std::chrono::nanoseconds grace = std::chrono::seconds(2));

  [[nodiscard]] std::vector<ChannelStatus> status() const;

 private:
  class Worker;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace tocsin::respond
