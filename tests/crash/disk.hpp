// Stands between a process and its files, below RocksDB and all else: ends the process within any
// operation, with the power or without it.
// Path:      libc's names, as the process calls them -> here -> the system
// Units:     operations that change a file or a name below the folder, counted from 1
// Threads:   safe
// Errors:    none
// Tested by: tests/crash/disk_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::crash {

// The power cut: of each file, what was written since its last sync is lost, or only its end, or
// any of its pages (then zero), or nothing; of each folder, the newest changes of names since its
// last sync are undone, so many as chance will have it. A file's own sync keeps no name that its
// folder has not synced. What the model leaves out: a disk that lies about a sync, that damages
// what lay still, and pages with the content of other files.
struct DiskPlan {
  std::string folder;      // absolute; what is in it counts
  std::uint64_t at = 0;    // the process ends within this operation; 0: never
  std::string only;        // count these alone: write, sync, name, cut; "" counts all
  std::string file;        // of files whose path holds this; "" means any
  bool power_cut = false;  // else it is as after kill -9
  bool fail = false;       // it lives, and the operation fails with EIO
  std::uint64_t seed = 0;  // of what is lost
};

// Once a process, before it opens the folder's files.
void watch_disk(const DiskPlan& plan);
// "folder=/x,at=7,only=sync,power_cut=1,seed=3".
[[nodiscard]] bool parse_disk_plan(std::string_view text, DiskPlan& plan);
[[nodiscard]] std::uint64_t disk_operations();

}  // namespace tocsin::crash
