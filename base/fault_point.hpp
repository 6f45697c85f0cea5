// Named places where a test has the process killed, to see that what it leaves behind is enough.
// Threads:   safe; arm_fault_point() before there are others
// Errors:    base-14 a text that names no such place
// Tested by: tests/base/fault_point_test.cpp, tests/e2e/fault_test.py
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace tocsin::base {

enum class FaultPoint : std::uint8_t {
  commit_before,
  batch_before,
  batch_after,
  commit_after,
  sync_before,
  sync_unmarked,
  mark_unsynced,
  sync_after,
  create_unwritten,
  close_unmarked,
  merge_before,
  merge_after,
  retention_staged,
  retention_before,
  retention_undeleted,
  retention_after,
  checkpoint_before,
  checkpoint_after,
  recovery_folded,
  recovery_saved,
  spill_before,
  spill_after,
  read_back,
  sweep_after,
  epoch_before,
  epoch_after,
  reopen_closed,
  reopen_after,
  deliver_before,
  deliver_unsettled,
  deliver_after,
  bury_before,
  bury_after,
};

struct FaultPointRow {
  FaultPoint point;
  std::string_view name;   // in TOCSIN_FAULT
  std::string_view place;  // what is done and what is not when the process passes here
};

inline constexpr auto fault_points = std::to_array<FaultPointRow>({
    {FaultPoint::commit_before, "commit-before", "a batch is judged, nothing of it is written"},
    {FaultPoint::batch_before, "batch-before", "a WriteBatch is filled and not given to RocksDB"},
    {FaultPoint::batch_after, "batch-after", "RocksDB has a WriteBatch, nobody was told"},
    {FaultPoint::commit_after, "commit-after", "a batch is written, its observer was not told"},
    {FaultPoint::sync_before, "sync-before", "before the sync of the write-ahead log"},
    {FaultPoint::sync_unmarked, "sync-unmarked", "the log is synced, the mark does not say so"},
    {FaultPoint::mark_unsynced, "mark-unsynced", "the mark is written and not synced"},
    {FaultPoint::sync_after, "sync-after", "the mark is synced, nobody was told"},
    {FaultPoint::create_unwritten, "create-unwritten", "a new database has no record yet"},
    {FaultPoint::close_unmarked, "close-unmarked", "the database is closed, the mark not clean"},
    {FaultPoint::merge_before, "merge-before", "blocks are merged, not written"},
    {FaultPoint::merge_after, "merge-after", "merged blocks are in the place of small ones"},
    {FaultPoint::retention_staged, "retention-staged", "the state of a new begin is written ahead"},
    {FaultPoint::retention_before, "retention-before", "a new begin is planned and not written"},
    {FaultPoint::retention_undeleted, "retention-undeleted", "the log begins anew, its files stay"},
    {FaultPoint::retention_after, "retention-after", "files of dropped blocks are deleted"},
    {FaultPoint::checkpoint_before, "checkpoint-before", "a checkpoint is due, nothing is saved"},
    {FaultPoint::checkpoint_after, "checkpoint-after", "a checkpoint is written"},
    {FaultPoint::recovery_folded, "recovery-folded", "the log was read again, nothing is saved"},
    {FaultPoint::recovery_saved, "recovery-saved", "what was read again is saved"},
    {FaultPoint::spill_before, "spill-before", "memory is short, no group has left it"},
    {FaultPoint::spill_after, "spill-after", "groups stand in the store alone"},
    {FaultPoint::read_back, "read-back", "groups are read back, not judged"},
    {FaultPoint::sweep_after, "sweep-after", "empty windows are found in the store, not removed"},
    {FaultPoint::epoch_before, "epoch-before", "other rules than before, no record says so"},
    {FaultPoint::epoch_after, "epoch-after", "the record of an epoch is written"},
    {FaultPoint::reopen_closed, "reopen-closed", "a store that failed is closed"},
    {FaultPoint::reopen_after, "reopen-after", "a store that failed is open again"},
    {FaultPoint::deliver_before, "deliver-before", "rows are read and not given to a channel"},
    {FaultPoint::deliver_unsettled, "deliver-unsettled", "a channel has rows, the outbox too"},
    {FaultPoint::deliver_after, "deliver-after", "rows that were delivered left the outbox"},
    {FaultPoint::bury_before, "bury-before", "a row is hopeless and still in the outbox"},
    {FaultPoint::bury_after, "bury-after", "a row is a dead letter"},
});

static_assert([] {
  for (std::size_t i = 0; i < fault_points.size(); ++i) {
    if (fault_points[i].point != static_cast<FaultPoint>(i)) return false;
  }
  return fault_points.size() == static_cast<std::size_t>(FaultPoint::bury_after) + 1;
}());

namespace fault {

inline constexpr std::uint8_t none = 0xFF;
inline std::atomic<std::uint8_t> armed = none;  // the one point that counts
void strike();

}  // namespace fault

// The process comes along here. Where this point is not armed that costs one load.
inline void pass(FaultPoint point) {
  if (fault::armed.load(std::memory_order_relaxed) == static_cast<std::uint8_t>(point)) [[unlikely]]
    fault::strike();
}

// "commit-after:3": the process kills itself, as `kill -9` would, when it comes there the third
// time. Without a number: the first time.
[[nodiscard]] Result<void> arm_fault_point(std::string_view text);
// By the environment variable TOCSIN_FAULT, if it is set. It gives nobody a right that he has not
// got: who sets the environment of a process may kill it.
[[nodiscard]] Result<void> arm_fault_point_by_environment();

}  // namespace tocsin::base
