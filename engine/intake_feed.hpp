// What the inputs received as a feed: batches, by which setup they are judged, and how time goes.
// Path:      ingest::BatchQueue -> Work -> Executor
// Units:     received time in ns
// Threads:   next(): one at a time; judge_by(): any
// Errors:    none
// Tested by: tests/engine/intake_feed_test.cpp, tests/e2e/daemon_test.py
#pragma once

#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "base/time.hpp"
#include "engine/epochs.hpp"
#include "engine/work.hpp"
#include "ingest/listen/intake.hpp"

namespace tocsin::engine {

// Says once a second how far received time has come: with a batch, as far as its last frame; when
// nothing waits, as far as the clock. A source that has much to tell after a stop begins within the
// idle timeout: before that, silence says nothing.
class IntakeFeed final : public Feed {
 public:
  // Both outlive it.
  IntakeFeed(ingest::BatchQueue& queue, const base::Clock& clock, base::Nanoseconds idle_timeout)
      : queue_(queue), clock_(clock), listened_(clock.now().value + idle_timeout.count()) {}

  [[nodiscard]] bool next(Work& work) override;
  // All batches from the next one on.
  void judge_by(std::shared_ptr<const Setup> setup);

 private:
  bool take(Work& work);
  void tell_time(Work& work, base::ReceivedTime now);

  ingest::BatchQueue& queue_;
  const base::Clock& clock_;
  base::ReceivedTime told_;
  base::ReceivedTime listened_;
  std::shared_ptr<const Setup> setup_;  // of the last batch
  std::mutex mutex_;                    // of the one below
  std::shared_ptr<const Setup> next_setup_;
};

}  // namespace tocsin::engine
