// Runs the stored log through the pipeline of each epoch: recovery discards what comes out, verify
// compares it.
// Path:      store -> LogFeed -> Stages -> Sequence, epoch by epoch
// Threads:   uses `threads` threads while it runs
// Errors:    the store's; engine-4 a log that ends early; engine-5 an epoch that cannot be built;
//            engine-9 told to stop; engine-10 what a border needs of the log is gone
// Tested by: tests/engine/log_fold_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/fold_state.hpp"
#include "engine/log_span.hpp"
#include "engine/sequence.hpp"
#include "event/source.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

struct LogFoldOptions : SpanOptions {
  event::Seq from{1};
  event::Seq last;
  bool judge_ends = false;  // verify: repeat what the ends of replays decided
  // Cross the borders right behind `last`, too: what is known is what the frame after it finds.
  bool to_next = false;
  // The setup that is used for an epoch in place of its own (engine/backtest.hpp). Between epochs
  // that are given the same one there is no border, and nowhere are windows filled.
  std::function<base::Result<Setup>(const store::Epoch&)> setup_of;
  // Each sequence, before it is given frame `from`.
  std::function<base::Result<void>(Sequence&, const Setup&, event::Seq from)> on_sequence;
};

struct FoldedLog {
  Setup setup;                         // of the last epoch
  std::unique_ptr<Sequence> sequence;  // has seen everything up to `last`; reads from the state
};

// The setup of a stored epoch; `today`, when the epoch says the same.
[[nodiscard]] base::Result<Setup> setup_of(const store::Store& store, const store::Epoch& epoch,
                                           const Setup& today);
// The place of an epoch's border in its log.
[[nodiscard]] inline LogPlace place_of(const store::Epoch& epoch) {
  return {event::Seq(epoch.from.value - 1), epoch.k};
}
// Where a state holds what fills windows at that border (warming_prefix).
[[nodiscard]] std::string warming_key(const store::Epoch& epoch);

// `state`: what the fold knew before `from`; afterwards, what it knew when it was last saved: at a
// border between epochs, or when memory ran short. It outlives what is returned. At a border the
// windows of new rules are filled as they were when it was made. `today`: its pipeline is used for
// epochs that say the same, so that it is not compiled twice. The store has at least one epoch.
[[nodiscard]] base::Result<FoldedLog> fold_log(const store::Store& store,
                                               const event::SourceTable& sources, FoldState& state,
                                               const Setup& today, const LogFoldOptions& options);

// Frames and marks from options.from to options.last by one setup, whatever epochs they are of and
// wherever replays ended: how the log is read to explain a rule. `state` as fold_span() has it.
[[nodiscard]] base::Result<void> fold_by(const store::Store& store,
                                         const event::SourceTable& sources, const Setup& setup,
                                         Sequence& sequence, FoldState& state,
                                         const LogFoldOptions& options);

}  // namespace tocsin::engine
