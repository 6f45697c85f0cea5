// Drops what the store keeps too long, and leaves at the new begin the state that the log before it
// caused, so that verify of the rest finds what a fold of the whole would.
// Path:      store (plan) -> fold from the old begin to the new one, or a checkpoint that lies
//            there -> store (state and deletion in one write)
// Units:     bytes, ns
// Threads:   one at a time; commits go on meanwhile. The fold works in the caller's thread alone
// Errors:    the store's; engine-9 told to stop. What was dropped before stays dropped
// Source:    DESIGN section 4, Durability: retention
// Tested by: tests/engine/retention_test.cpp, tests/e2e/retention_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/error.hpp"
#include "base/time.hpp"
#include "engine/epochs.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

struct RetentionOptions {
  // A step of about so many bytes of the log is folded and dropped at a time: what it has done
  // outlasts the process.
  std::uint64_t step = std::uint64_t{256} << 20U;
  std::function<bool()> stopped = [] { return false; };  // asked now and then, from this thread
};

struct Retained {
  std::uint64_t blocks = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t steps = 0;
  std::uint64_t folded = 0;  // frames that were read for the state of a new begin
  // Why the last begin has no state: its log was judged by another engine version.
  std::optional<base::Error> without_state;
};

// `today`: its pipeline is used for epochs that say the same. Never drops what the checkpoint has
// not seen, nor the records of an audit event that still waits there.
[[nodiscard]] base::Result<Retained> retain(store::Store& store, const Setup& today,
                                            base::ReceivedTime now,
                                            const RetentionOptions& options = {});

}  // namespace tocsin::engine
