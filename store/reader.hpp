// Reads the event log back: by sequence number or by time, whole or cut to what was asked.
// Path:      RocksDB -> blocks -> event::Batch (replay, verify, search)
// Units:     sequence numbers; event time in ns
// Threads:   one; any number of readers beside the writer, each sees the moment it was made
// Errors:    those of the database and of blocks; store-23 a gap: the log is never shorter in
// silence Tested by: tests/store/reader_test.cpp
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "event/batch.hpp"
#include "store/block.hpp"
#include "store/database.hpp"
#include "store/records.hpp"

namespace tocsin::store {

// Event times in [from, to].
struct TimeSpan {
  base::EventTime from{std::numeric_limits<std::int64_t>::min()};
  base::EventTime to{std::numeric_limits<std::int64_t>::max()};
};

// Removes the frames before `first`; their text stays.
void cut_before(event::Batch& batch, event::Seq first);

// Must not outlive the store.
class LogReader {
 public:
  // Frames from `from` on (from the oldest kept one when that is later), of blocks that have an
  // event in `span`: its borders are those of blocks. `totals` are those of this moment: made while
  // nobody else has the ledger's turn.
  LogReader(const Database& database, const Totals& totals, event::Seq from,
            std::optional<TimeSpan> span = {});

  // The next block as a batch, false at the end of the log.
  [[nodiscard]] base::Result<bool> next(event::Batch& out);
  // The same, not decoded and not cut, so that decoding can be done in parallel: `block` holds the
  // bytes of a whole block, which may begin before `from`.
  [[nodiscard]] base::Result<bool> next_block(std::string& block);
  [[nodiscard]] event::Seq from() const { return from_; }

 private:
  base::Result<bool> start();
  base::Result<bool> step();
  base::Result<bool> step_by_index();

  Cursor blocks_;
  std::optional<Cursor> index_;
  std::optional<TimeSpan> span_;
  event::Seq from_;
  event::Seq end_;       // the log reached this when the reader was made
  event::Seq expected_;  // first seq of the next block
  bool started_ = false;
  bool ended_ = false;
  BlockDecoder decoder_;
};

}  // namespace tocsin::store
