// Where a fold keeps its state: what goes from one pipeline to the next, and windows that memory
// has no room for.
// Path:      Sequence -> state -> Sequence
// Threads:   one
// Errors:    the store's; what the sequence finds damaged (engine-7, correlate-2, correlate-3)
// Tested by: tests/engine/fold_state_test.cpp, tests/engine/log_fold_test.cpp
#pragma once

#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "correlate/warming.hpp"
#include "engine/epochs.hpp"
#include "engine/sequence.hpp"
#include "event/ports.hpp"
#include "event/source.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

class FoldState {
 public:
  virtual ~FoldState() = default;
  // What changed in `sequence`, which has seen all up to `seen`.
  [[nodiscard]] base::Result<void> save(Sequence& sequence, event::Seq seen) {
    return save_with({}, sequence, seen);
  }
  // And the windows of rules that begin there.
  [[nodiscard]] virtual base::Result<void> save_with(const correlate::WarmedWindows& windows,
                                                     Sequence& sequence, event::Seq seen) = 0;
  // All that was saved; good as long as this.
  [[nodiscard]] virtual const event::StateSource& source() const = 0;
  // What stands under the prefix goes to `out`, without it, and stands here no more.
  [[nodiscard]] virtual base::Result<void> take(std::string_view prefix,
                                                event::StateWriter& out) = 0;
};

// The store's own: each save is a checkpoint, so that what was read again need not be read a third
// time. Only for a fold whose output the store holds already. Nothing stands there for who takes.
class StoredState final : public FoldState {
 public:
  explicit StoredState(store::Store& store) : store_(store) {}
  [[nodiscard]] base::Result<void> save_with(const correlate::WarmedWindows& windows,
                                             Sequence& sequence, event::Seq seen) override;
  [[nodiscard]] const event::StateSource& source() const override { return store_.state(); }
  [[nodiscard]] base::Result<void> take(std::string_view, event::StateWriter&) override {
    return {};
  }

 private:
  store::Store& store_;
};

// A new sequence that knows what `state` says, reads the rest of it when it is needed, and leaves
// there what memory has no room for. Windows of rules that are not in the setup are removed by the
// next save.
[[nodiscard]] base::Result<std::unique_ptr<Sequence>> make_sequence(
    const Setup& setup, const event::SourceTable& sources, const FoldState& state);

}  // namespace tocsin::engine
