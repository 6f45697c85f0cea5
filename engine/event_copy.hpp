// Takes a decoded event from one batch into another, so that merging need not decode it again.
// Path:      batch of a file, decoded -> batch in merged order (engine/file_feed)
// Threads:   one at a time
// Tested by: tests/engine/event_copy_test.cpp
#pragma once

#include <cstddef>

#include "event/batch.hpp"
#include "ingest/decode/body.hpp"

namespace tocsin::engine {

class EventCopy {
 public:
  // What follows goes to an empty batch.
  void begin() { locals_.forget(); }
  // Adds frame `index` of `from`, and its event with its fields, to the end of `to`: as if it had
  // been decoded there. The text of `to` has room for it (reserve_text), so that nothing moves.
  void add(const event::Batch& from, std::size_t index, event::Batch& to);

 private:
  ingest::LocalNames locals_;  // of `to`
};

}  // namespace tocsin::engine
