// Runs the stored log through the pipeline of each epoch: recovery discards what comes out, verify
// compares it.
// Path:      store -> LogFeed -> Stages -> Sequence, epoch by epoch
// Threads:   uses `threads` threads while it runs
// Errors:    the store's; engine-4 a log that ends early; engine-5 an epoch that cannot be built;
//            engine-9 told to stop; engine-10 the log begins where no state is known
// Tested by: tests/engine/log_fold_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/fold_state.hpp"
#include "engine/sequence.hpp"
#include "event/source.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

// The mark behind which a replay ended: what only the end of time decides was judged there.
inline constexpr std::string_view end_of_replay = "end of replay";

// The mark behind which a source was finished, so that it held back time no more.
[[nodiscard]] std::string finished_text(event::SourceId source);
[[nodiscard]] std::optional<event::SourceId> parse_finished(std::string_view text);

// The mark of a clock record: received time had come as far as it says, though no frame did.
inline constexpr std::string_view clock_text = "received";

struct LogFoldOptions {
  event::Seq from{1};
  event::Seq last;
  std::size_t threads = 1;
  bool judge_ends = false;                       // verify: repeat what the ends of replays decided
  std::function<void(const Output&)> on_output;  // after each batch, in order
  std::function<void(event::Seq done)> on_progress;
  std::function<bool()> stopped;  // asked before each batch
};

struct FoldedLog {
  Setup setup;                         // of the last epoch
  std::unique_ptr<Sequence> sequence;  // has seen everything up to `last`; reads from the state
};

// `state`: what the fold knew before `from`; afterwards, what it knew when it was last saved: at a
// border between epochs, or when memory ran short. It outlives what is returned. `today`: its
// pipeline is used for epochs that say the same, so that it is not compiled twice. Needs at least
// one epoch in the store.
[[nodiscard]] base::Result<FoldedLog> fold_log(const store::Store& store,
                                               const event::SourceTable& sources, FoldState& state,
                                               const Setup& today, const LogFoldOptions& options);

// What the fold knew before the first frame that is kept: nothing, or what retention left there.
[[nodiscard]] base::Result<void> read_anchor(const store::Store& store, StateCopy& out);

}  // namespace tocsin::engine
