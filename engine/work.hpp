// One batch on its way through the stages, with everything that the stages add to it.
// Path:      feed -> decode, match, encode (parallel) -> sequence (ordered)
// Threads:   one at a time
// Tested by: tests/engine/executor_test.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event/batch.hpp"
#include "event/ports.hpp"

namespace tocsin::engine {

struct Setup;

struct Work {
  event::Batch batch;
  std::vector<event::Offset> offsets;     // to commit with the batch
  std::vector<event::SourceId> finished;  // sources of which nothing comes after this batch
  // Live: received time has come so far, though no frame may say so; k: place among the clock
  // records behind the newest frame; listened: for so long that silence says something.
  struct Clock {
    base::ReceivedTime now;
    std::uint32_t k = 0;
    bool listened = true;
  };
  // Live: by which setup all stages judge it; nothing: the one that they were made with.
  std::shared_ptr<const Setup> setup;
  bool border = false;         // the first one of its setup: it counts though nothing is in it
  std::optional<Clock> clock;  // acts behind the frames and the finished sources
  std::string block;           // the batch as the event log stores it; empty without a store
  std::string filter;          // of the block; empty without one
  std::uint64_t ticket = 0;    // place in the order
  bool is_decoded = false;     // the feed did that already
  std::uint64_t decoded = 0;   // events that a decoder knew
  std::uint64_t skipped = 0;   // that no rule can meet (Pipeline::wanted_shapes)
  std::chrono::nanoseconds arrived{0};  // monotonic; when its first frame was read (live)

  void clear() {
    batch.clear();
    offsets.clear();
    finished.clear();
    setup.reset();
    border = false;
    clock.reset();
    block.clear();
    filter.clear();
    is_decoded = false;
    decoded = 0;
    skipped = 0;
  }
};

// Where batches come from. Called by one thread at a time; sequence numbers are the executor's.
class Feed {
 public:
  virtual ~Feed() = default;
  // Fills `work` (cleared before). False: nothing will come any more. May wait; may also give an
  // empty batch, so that the caller can look whether it is to stop.
  [[nodiscard]] virtual bool next(Work& work) = 0;
};

// What one thread does with a batch, without knowing any other batch.
class Worker {
 public:
  virtual ~Worker() = default;
  virtual void process(Work& work) = 0;
};

// What is done with batches in their order, by one thread at a time.
class OrderedStage {
 public:
  virtual ~OrderedStage() = default;
  // False: it cannot go on; the executor stops.
  [[nodiscard]] virtual bool apply(Work& work) = 0;
};

}  // namespace tocsin::engine
