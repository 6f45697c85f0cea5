// Reads a whole store and names everything in it that is not as it was written.
// Path:      files, database -> check_store() -> findings; nothing is changed
// Units:     sequence numbers, ns
// Threads:   one; beside a process that writes: what it had written by then
// Errors:    none of its own: what keeps the store from being read is a finding
// Tested by: tests/store/check_test.cpp, tests/crash/store_damage_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/time.hpp"
#include "event/batch.hpp"
#include "store/options.hpp"

namespace tocsin::store {

// Frames `first` to `last` (0: none are concerned), received in that span as far as it is known.
struct Finding {
  std::string code;
  std::string sentence;
  std::string file = {};
  event::Seq first = {};
  event::Seq last = {};
  base::ReceivedTime from = {};
  base::ReceivedTime to = {};
};

struct CheckReport {
  std::vector<Finding> findings;
  event::Seq first_seq;  // of the kept log; last_seq < first_seq: it is empty
  event::Seq last_seq;
  std::uint64_t blocks = 0;
  std::uint64_t frames = 0;   // read, and as they were written
  std::uint64_t records = 0;  // alerts, lockouts, sources and all else that is kept whole
  std::uint64_t text_bytes = 0;
  base::Sha256
      chain{};  // behind the last frame: who knows it from before knows the log is the same
};

// `progress(frames done, of)`, now and then.
[[nodiscard]] CheckReport check_store(
    const std::string& path, const StoreOptions& options = {},
    const std::function<void(std::uint64_t, std::uint64_t)>& progress = {});

}  // namespace tocsin::store
