// Brings the fold to where the store's log ends: checkpoint, then the log since, then today's
// packs, whose new rules find their windows filled.
// Path:      store -> Sequence ready for the next frame
// Threads:   uses `threads` threads while it runs
// Errors:    the store's, engine-4 to engine-7
// Tested by: tests/engine/recovery_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/sequence.hpp"
#include "event/source.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

struct Recovered {
  std::unique_ptr<Sequence> sequence;
  // To go out with the first commit: the store has no epoch yet. Where the packs changed, the new
  // epoch is already committed.
  std::optional<store::NewEpoch> epoch;
  event::Seq checkpoint;                  // what the saved state had seen
  std::uint64_t reread = 0;               // frames since then
  std::optional<base::Error> not_warmed;  // see Crossed
};

// `sources` is empty before, and holds the store's rows afterwards. What the log causes again is
// discarded: it was committed together with its frames. What was read again is saved as a
// checkpoint.
[[nodiscard]] base::Result<Recovered> recover(
    store::Store& store, event::SourceTable& sources, const Setup& today, std::size_t threads,
    const std::function<void(event::Seq done)>& progress = {});

}  // namespace tocsin::engine
