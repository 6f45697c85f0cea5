// The border between two epochs of a log: the state of before, the windows of new rules and the
// record of what holds from here on, in one write; then the fold that goes on. The same at a start
// with changed packs and at a reload.
// Path:      Sequence, Warming -> store::Commit -> Sequence of the new setup
// Threads:   the ordered stage's, or that of the start
// Errors:    the store's, those of engine/fold_state.hpp
// Tested by: tests/engine/border_test.cpp, tests/engine/recovery_test.cpp,
//            tests/e2e/reload_test.py
#pragma once

#include <memory>
#include <optional>

#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/sequence.hpp"
#include "engine/warming.hpp"
#include "event/source.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

struct Crossed {
  std::unique_ptr<Sequence> sequence;  // ready for the next frame
  // Why new rules begin with empty windows although the log could have filled them.
  std::optional<base::Error> not_warmed;
  std::optional<base::EventTime> log_begin;  // as Warming has it
};

// Behind the last frame of the store, which `before` has seen together with all records that stand
// there. `warming` has begun, and is brought to its end here. The border is a checkpoint, so that
// no recovery has to cross it. What keeps windows from being filled keeps nobody from going on.
[[nodiscard]] base::Result<Crossed> cross_border(store::Store& store,
                                                 const event::SourceTable& sources,
                                                 Sequence& before, const Setup& after,
                                                 base::Result<Warming> warming,
                                                 const SpanOptions& options);

}  // namespace tocsin::engine
