// The end of the ordered stage: what a batch caused is written in one piece, then told.
// Path:      Work -> Sequence -> one store::Commit -> observer
// Threads:   one (the ordered stage)
// Errors:    error() after apply() gave false: the store's
// Tested by: tests/engine/committer_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/fold_state.hpp"
#include "engine/sequence.hpp"
#include "engine/work.hpp"
#include "event/source.hpp"
#include "respond/options.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

// Sees what a batch caused after it was committed. Threads: the ordered stage's, where nothing else
// is said.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_applied(const Work& work, const Output& out) = 0;
  // `took`: the write, without its sync.
  virtual void on_committed(const store::Commit&, std::chrono::nanoseconds /*took*/) {}
  // From here on everything is judged by this.
  virtual void on_setup(const Setup&) {}
  // What later events depend on, after a batch and after a recovery.
  virtual void on_state(const Sequence&) {}
  // All up to `seq` is safe; the thread of the store that synced.
  virtual void on_durable(event::Seq /*seq*/, std::chrono::nanoseconds /*took*/) {}
  virtual void on_store_error(std::string_view /*operation*/) {}
};

struct CommitterOptions {
  base::Nanoseconds checkpoint_interval = std::chrono::seconds(10);
  // And after so many frames, however fast they come: a start reads them again in under a second.
  std::uint64_t checkpoint_frames = 250'000;
  std::span<const respond::ChannelOptions> channels;  // who is owed alerts and lockouts
};

class Committer final : public OrderedStage {
 public:
  // `store` may be null: nothing is kept. `epoch`: goes out with the first commit. All must outlive
  // the committer.
  Committer(Sequence& sequence, store::Store* store, const event::SourceTable& sources,
            const base::Clock& clock, Observer& observer, CommitterOptions options,
            std::optional<store::NewEpoch> epoch);
  // Without a store: what memory has no room for goes there. Before the first batch.
  void spill_to(FoldState& scratch) { scratch_ = &scratch; }

  [[nodiscard]] bool apply(Work& work) override;
  // A checkpoint now, with nothing else. Called when no batch is under way.
  [[nodiscard]] bool checkpoint();
  // The end of a replay: judges what only the end decides, and marks the place in the log.
  [[nodiscard]] bool finish();

  // Nothing was written yet: the epoch goes out with the first commit.
  [[nodiscard]] bool owes_epoch() const { return epoch_.has_value(); }
  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }

 private:
  void add_output(const Output& out);
  void add_clock(std::string what, base::EventTime time = {});
  void add_checkpoint();
  bool save_to_scratch();
  bool write();

  Sequence& sequence_;
  store::Store* store_;
  FoldState* scratch_ = nullptr;
  const event::SourceTable& sources_;
  const base::Clock& clock_;
  Observer& observer_;
  CommitterOptions options_;
  std::optional<store::NewEpoch> epoch_;
  Output out_;
  store::Commit commit_;
  event::Seq last_;            // the newest frame applied
  std::uint32_t clock_k_ = 0;  // clock records that stand behind it already
  bool unsaved_ = false;       // the state has changed since the last checkpoint
  std::uint64_t unsaved_frames_ = 0;
  std::chrono::nanoseconds last_checkpoint_;
  std::optional<base::Error> error_;
};

}  // namespace tocsin::engine
