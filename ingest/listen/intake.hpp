// Where all inputs put their frames: a fixed number of batches that go round between the thread of
// the inputs and the engine.
// Path:      inputs -> IntakeBatch -> BatchQueue -> engine, which numbers the frames -> back
// Units:     bytes, frames, ns
// Threads:   BatchQueue: safe. Intake: the one thread of the inputs
// Errors:    none. No free batch means wait: streams and files are not read, datagrams stay in the
//            kernel's buffer, which counts what it drops
// Tested by: tests/ingest/listen/intake_test.cpp
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "event/batch.hpp"
#include "event/ports.hpp"
#include "ingest/listen/counters.hpp"
#include "ingest/options.hpp"

namespace tocsin::ingest {

// A batch, and what is to be committed with it.
struct IntakeBatch {
  event::Batch batch;
  std::vector<event::Offset> offsets;      // one a key: the latest
  std::chrono::nanoseconds first_arrival;  // Clock::monotonic() when its first frame came

  void put_offset(event::Offset offset);
  void clear();
};

struct IntakeOptions {
  std::size_t batches = 32;  // that go round; their text is what the inputs hold in memory at most
  BatchLimits batch;         // a batch that is so full is handed on
  base::Nanoseconds flush_interval =
      std::chrono::milliseconds(5);  // one that is not, after so long
};

// Full batches on their way to the engine, free ones on their way back. Owns all of them.
class BatchQueue {
 public:
  explicit BatchQueue(std::size_t batches);
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  // ---- the engine's side
  // The next batch in order; nullptr when none came in time, or when finished().
  [[nodiscard]] IntakeBatch* take(std::chrono::nanoseconds timeout);
  // Gives a batch back; it is cleared here. In any order.
  void recycle(IntakeBatch* batch);
  // close() was called and everything was taken.
  [[nodiscard]] bool finished() const;
  [[nodiscard]] std::size_t depth() const;  // batches that wait to be taken
  struct Held {
    std::size_t batches = 0, frames = 0, bytes = 0;
  };
  // What waits to be taken, counted by looking at it.
  [[nodiscard]] Held held() const;
  [[nodiscard]] std::size_t capacity() const { return all_.size(); }

  // ---- the inputs' side
  // A cleared batch, nullptr when none is free: then `on_free` is called once when one is.
  [[nodiscard]] IntakeBatch* take_free();
  void push(IntakeBatch* batch);
  // Called by recycle(), on its thread; must not call back into the queue.
  void set_on_free(std::function<void()> on_free);
  void close();
  void reopen();

 private:
  std::vector<std::unique_ptr<IntakeBatch>> all_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<IntakeBatch*> full_;
  std::vector<IntakeBatch*> free_;  // the last one used first: it is still in the cache
  std::function<void()> on_free_;
  bool wanted_ = false;
  bool closed_ = false;
};

// Whoever had to stop reading.
class Waiter {
 public:
  virtual ~Waiter() = default;
  // There is room again: on the thread of the inputs.
  virtual void on_room() = 0;

 private:
  friend class Intake;
  bool waiting_ = false;
};

class Intake {
 public:
  Intake(const IntakeOptions& options, const base::Clock& clock);

  [[nodiscard]] BatchQueue& queue() { return queue_; }
  [[nodiscard]] const IntakeOptions& options() const { return options_; }
  [[nodiscard]] const base::Clock& clock() const { return clock_; }

  // Counters of an input, kept as long as the intake; the same for the same name. Safe.
  InputCounters& counters(const std::string& name, event::Transport transport);
  // Calls `see` with each. Safe.
  void for_each_input(const std::function<void(const InputCounters&)>& see) const;

  // ---- the thread of the inputs
  // Frames of `source` are counted as handed for `counters`.
  void count_source(event::SourceId source, InputCounters& counters);
  // The batch to append to, with room for at least one frame; nullptr when none is free: `who` is
  // called when one is.
  [[nodiscard]] IntakeBatch* open(Waiter& who);
  // To call after appending: hands the batch on when it is full.
  void appended();
  // Hands on what there is.
  void flush();
  // A batch was given back: lets those who wait go on, in the order in which they stopped.
  void wake();
  void forget(Waiter& who);
  // Called when the current batch gets its first frame; the owner of the timer sets it.
  void set_on_first(std::function<void()> on_first) { on_first_ = std::move(on_first); }
  [[nodiscard]] bool has_frames() const { return current_ != nullptr && begun_; }

 private:
  void hand_on();

  IntakeOptions options_;
  const base::Clock& clock_;
  BatchQueue queue_;
  IntakeBatch* current_ = nullptr;
  bool begun_ = false;
  std::deque<Waiter*> waiting_;
  std::function<void()> on_first_;
  std::vector<InputCounters*> of_source_;  // by SourceId

  mutable std::mutex mutex_;
  std::deque<InputCounters> counters_;
};

}  // namespace tocsin::ingest
