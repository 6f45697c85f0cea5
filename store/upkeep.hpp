// What a log needs while it grows: small blocks merged into full ones, old ones dropped.
// Path:      store/store -> here, called by the engine when it is idle and once a minute or so
// Units:     bytes, ns
// Threads:   safe (one upkeep at a time; commits go on meanwhile)
// Errors:    those of the ledger and of blocks
// Tested by: tests/store/upkeep_test.cpp
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "event/ports.hpp"
#include "store/block.hpp"
#include "store/ledger.hpp"

namespace tocsin::store {

struct Merged {
  std::uint64_t blocks_before = 0;
  std::uint64_t blocks_after = 0;
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
};

// What retention drops, or would: the oldest blocks.
struct Dropped {
  std::uint64_t blocks = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  event::Seq first_seq;  // of the oldest frame that is kept
};

class Upkeep {
 public:
  Upkeep(Ledger& ledger, const StoreOptions& options);

  // Merges runs of adjacent small blocks (less than half a full one) of one retention class, each
  // run in one write. A run that is not full yet waits for more, unless `all`. Each frame is
  // rewritten once, so that frames which came one by one cost little more than those of full
  // blocks.
  [[nodiscard]] base::Result<Merged> merge_small_blocks(bool all);

  // What has to go: whole blocks, oldest first, while they were received longer ago than
  // retention_age or the store is larger than retention_size, at most about `step` bytes; never a
  // frame from `floor` on, nor one that the last checkpoint has not seen. Changes nothing.
  [[nodiscard]] base::Result<Dropped> plan_retention(base::ReceivedTime now, event::Seq floor,
                                                     std::uint64_t step);

  // Drops all before frame `first`, which begins a block (else nothing is done: blocks were merged
  // since it was planned), and leaves an anchor with `state`: both hold from one write on. `state`
  // is the whole fold just before `first`; nullptr: nobody knows it.
  [[nodiscard]] base::Result<Dropped> drop_before(event::Seq first,
                                                  const event::StateSource* state);

 private:
  base::Result<void> merge(const std::vector<BlockInfo>& run, Merged& merged);
  base::Result<event::Seq> keep_from(event::Seq floor) const;
  base::Result<Anchor> anchor() const;
  base::Result<void> stage(const event::StateSource& state, std::uint8_t generation);
  base::Result<void> drop_files_before(event::Seq first);
  // All that the folder holds besides blocks.
  [[nodiscard]] std::uint64_t other_bytes() const;

  Ledger& ledger_;
  const StoreOptions options_;
  std::mutex mutex_;
  event::Seq merged_until_;  // blocks before this one are as large as they get
  event::Batch batch_;
  BlockEncoder encoder_;
  BlockDecoder decoder_;
};

}  // namespace tocsin::store
