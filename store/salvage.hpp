// Saves what can be read of a damaged store into a new one, and says what could not.
// Path:      files of the damaged store, never changed -> salvage() -> a store that opens
// Units:     sequence numbers
// Threads:   one
// Errors:    store-2 a process writes to it, store-25 the target is there already; those of files
// Source:    store/block.hpp: blocks stand in the files as they are and can be told by their
//            checksums, also where RocksDB does not find its way any more
// Tested by: tests/store/salvage_test.cpp, tests/crash/store_damage_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "event/batch.hpp"

namespace tocsin::store {

struct LostFrames {
  event::Seq first;
  event::Seq last;
};

struct Salvaged {
  event::Seq first_seq;
  event::Seq last_seq;
  std::uint64_t frames = 0;       // saved
  std::vector<LostFrames> lost;   // they are in the new log as empty frames with the anomaly
                                  // frame_lost, so that all others keep their numbers
  std::uint64_t records = 0;      // alerts, sources and all else that was saved
  std::uint64_t bad_records = 0;  // found, and damaged
  std::uint64_t lost_alerts = 0;
  bool counted = true;    // false: nothing says how much there was
  bool repaired = false;  // the database did not open as it was
  // False: windows and offsets of inputs start anew from the log.
  bool state = true;
};

// `target` must not be there.
[[nodiscard]] base::Result<Salvaged> salvage(const std::string& store, const std::string& target);

}  // namespace tocsin::store
