// Fills the windows of rules that are new at a border between two epochs from the log before it, so
// that they do not begin blind.
// Path:      store -> fold of the new rules alone, by the setup behind the border -> WarmedWindows
// Units:     frames; ns
// Threads:   one at a time
// Errors:    the store's; correlate-1; engine-9 told to stop; engine-10 what it needs of the log is
//            gone; engine-11 it has come further than the log
// Source:    DESIGN section 7, Reload; docs/operating.md, "Reload"
// Tested by: tests/engine/warming_test.cpp, tests/e2e/reload_test.py
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "correlate/warming.hpp"
#include "engine/epochs.hpp"
#include "engine/log_span.hpp"
#include "engine/sequence.hpp"
#include "engine/state_copy.hpp"
#include "event/source.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

// What comes of it depends on the log from from() to the border and on the two setups, not on the
// steps in which the log was read. A correlation is new when the setup before has none of the same
// content. The fold orders no lockouts; the records of lockouts that follow their own frame are
// taken from the store.
class Warming {
 public:
  // `sources` must outlive it.
  [[nodiscard]] static base::Result<Warming> of(const Pipeline& before, const Setup& after,
                                                const event::SourceTable& sources);

  // Whether there is a rule that the past can matter to.
  [[nodiscard]] bool is_needed() const { return !plan_.empty(); }

  // From where the log must be read so that windows at `watermark` or later are whole. Nothing to
  // read: from() is 0 and advance() does nothing.
  [[nodiscard]] base::Result<void> begin(const store::Store& store, std::int64_t watermark);
  // There; or, where `saved` has what save() gave before, on from that with frame `next`.
  [[nodiscard]] base::Result<void> begin_at(event::Seq from,
                                            std::unique_ptr<StateCopy> saved = nullptr,
                                            event::Seq next = {});
  [[nodiscard]] event::Seq from() const { return from_; }
  // The whole log does not reach as far back as the windows of some rule: where it begins.
  [[nodiscard]] std::optional<base::EventTime> log_begin() const { return log_begin_; }

  // Up to the place `end`: frames up to end.after, and the records behind that one before end.k.
  [[nodiscard]] base::Result<void> advance(const store::Store& store, LogPlace end,
                                           const SpanOptions& options);
  [[nodiscard]] event::Seq next() const { return next_; }
  // All that it knows; good until the next call.
  [[nodiscard]] base::Result<const event::StateSource*> save();
  // The windows at the border, where the sequence that goes on has its watermark. The last call.
  [[nodiscard]] base::Result<correlate::WarmedWindows> finish(std::int64_t watermark);

 private:
  Warming(correlate::WarmingPlan plan, Setup setup, const event::SourceTable& sources);
  base::Result<void> read_lockouts(const store::Store& store, event::Seq last);

  correlate::WarmingPlan plan_;
  Setup setup_;
  const event::SourceTable* sources_;
  std::unique_ptr<StateCopy> state_;
  std::unique_ptr<Sequence> sequence_;  // reads from the state
  event::Seq from_{0};
  event::Seq next_{0};
  LogPlace marks_from_;
  std::optional<base::EventTime> log_begin_;
};

}  // namespace tocsin::engine
