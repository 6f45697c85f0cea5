// Decides when what is written becomes safe from a power cut, and says how far it is.
// Path:      store/ledger -> here -> sync of the write-ahead log and the high-water mark
// Units:     commits, sequence numbers
// Threads:   safe; with SyncMode::group one thread of its own
// Errors:    what the sync function gives; after the first one nothing more is ever called safe (a
//            failed fsync cannot be repeated: the system may have thrown the data away)
// Tested by: tests/store/syncer_test.cpp
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "base/time.hpp"
#include "store/mark.hpp"

namespace tocsin::store {

enum class SyncMode : std::uint8_t { group, always, os };

class Syncer {
 public:
  // Makes all that was committed up to `Position`, and perhaps more, safe, and says so in the mark.
  using Sync = std::function<base::Result<void>(Position)>;

  // `start` is safe already.
  Syncer(SyncMode mode, base::Nanoseconds interval, Position start, Sync sync);
  ~Syncer();
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  // A commit was written. group: its sync begins within the interval after the one before;
  // always: returns when it is safe; os: it counts as safe (from a kill, not from a power cut).
  [[nodiscard]] base::Result<void> committed(Position position);
  // Returns once the frame `seq` is safe, or will never be.
  [[nodiscard]] base::Result<void> wait(event::Seq seq);
  // Makes all that was committed safe now, whatever the mode.
  [[nodiscard]] base::Result<void> sync_now();
  [[nodiscard]] Position durable() const;
  // Called after each sync with the last safe frame and how long it took, from the thread that
  // synced; set before the first commit. It must not call the syncer.
  using OnDurable = std::function<void(event::Seq, std::chrono::nanoseconds)>;
  void on_durable(OnDurable call);
  // Nothing is called safe from here on; everyone who waits gets `error`. The first error counts.
  void fail(base::Error error);
  [[nodiscard]] std::optional<base::Error> failure() const;
  // Ends the thread; what is not safe yet stays so until sync_now().
  void stop();

  [[nodiscard]] std::uint64_t syncs() const;

 private:
  void run();
  base::Result<void> sync_until(Position position);

  const SyncMode mode_;
  const base::Nanoseconds interval_;
  const Sync sync_;
  OnDurable on_durable_;

  std::mutex sync_mutex_;  // one sync at a time; taken before mutex_
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  Position committed_;
  Position durable_;
  std::optional<base::Error> failure_;
  std::uint64_t syncs_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace tocsin::store
