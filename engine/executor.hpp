// Drives batches through feed, workers and the ordered stage on a few threads, in an order that
// does not depend on them.
// Path:      Feed -> Worker (parallel) -> OrderedStage (by ticket)
// Threads:   run() starts threads - 1 threads and works itself; stop() from any thread
// Errors:    none of its own; the ordered stage keeps its error
// Tested by: tests/engine/executor_test.cpp
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/work.hpp"

namespace tocsin::engine {

// Every thread does whatever is next: it reads a batch, works on it, and, when that batch is the
// next in order, applies all that are ready. So a second thread helps wherever the time goes.
class Executor {
 public:
  // `make_worker` is called once for each thread. `first_seq` is given to the first frame.
  Executor(std::size_t threads, event::Seq first_seq,
           const std::function<std::unique_ptr<Worker>()>& make_worker);

  // Returns when the feed has ended and all is applied, or the ordered stage refused, or stop().
  // True: the feed ended and everything was applied.
  bool run(Feed& feed, OrderedStage& ordered);
  // No further batch is read; what was read is applied.
  void stop() { stopping_ = true; }

  [[nodiscard]] event::Seq next_seq() const { return next_seq_; }
  // Batches read and not yet applied. Threads: safe.
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::size_t frames_in_flight() const { return frames_in_flight_; }
  [[nodiscard]] std::size_t bytes_in_flight() const { return bytes_in_flight_; }
  [[nodiscard]] std::size_t capacity() const { return works_.size(); }
  // Grows with each batch applied and each look for one, several times a second even when nothing
  // comes: what stands still is stuck. Threads: safe.
  [[nodiscard]] std::uint64_t beats() const { return beats_; }
  // Time that workers and the ordered stage took. Threads: safe.
  [[nodiscard]] std::chrono::nanoseconds worked() const {
    return std::chrono::nanoseconds(worked_);
  }
  [[nodiscard]] std::chrono::nanoseconds ordered() const {
    return std::chrono::nanoseconds(ordered_time_);
  }

 private:
  struct Slot {
    std::unique_ptr<Work> work;
  };

  void loop(Worker& worker);
  std::unique_ptr<Work> take_free();
  bool read(std::unique_ptr<Work>& work);
  void finish(std::unique_ptr<Work> work);
  void apply(Work& work);

  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t works_total_;
  std::vector<Slot> works_;  // ring by ticket: batches that wait for their turn

  std::mutex read_mutex_;  // guards feed_, next_ticket_, next_seq_, ended_
  Feed* feed_ = nullptr;
  std::uint64_t next_ticket_ = 0;
  event::Seq next_seq_;
  bool ended_ = false;

  std::mutex mutex_;  // guards free_, works_, applied_, applying_
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Work>> free_;
  std::uint64_t applied_ = 0;
  bool applying_ = false;
  OrderedStage* ordered_ = nullptr;

  std::atomic<bool> stopping_ = false;
  std::atomic<bool> refused_ = false;
  std::atomic<std::uint64_t> beats_ = 0;
  std::atomic<std::size_t> in_flight_ = 0;
  std::atomic<std::size_t> frames_in_flight_ = 0;
  std::atomic<std::size_t> bytes_in_flight_ = 0;
  std::atomic<std::int64_t> worked_ = 0;  // ns
  std::atomic<std::int64_t> ordered_time_ = 0;
};

}  // namespace tocsin::engine
