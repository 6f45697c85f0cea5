#include "engine/retention.hpp"

#include <algorithm>
#include <utility>

#include "engine/log_fold.hpp"
#include "ingest/decode/audit_join.hpp"

namespace tocsin::engine {

namespace {

// The first frame that the state at the checkpoint still needs.
base::Result<event::Seq> floor_of(const store::Store& store, event::Seq checkpoint) {
  event::Seq floor(checkpoint.value + 1);
  TRY_VOID(store.read_state(
      [&floor](std::string_view key, std::string_view) -> base::Result<void> {
        if (const auto first = ingest::AuditJoin::first_record(key))
          floor = std::min(floor, *first);
        return {};
      },
      ingest::AuditJoin::state_prefix));
  return floor;
}

// The state just before `first`, when the checkpoint lies there.
base::Result<bool> copy_checkpoint(const store::Store& store, event::Seq first,
                                   store::StateChanges& out) {
  const auto lies_there = [&]() -> base::Result<bool> {
    TRY(const auto checkpoint, store.checkpoint());
    return checkpoint && checkpoint->value + 1 == first.value;
  };
  TRY(const bool before, lies_there());
  if (!before) return false;
  TRY_VOID(
      store.read_state([&out](std::string_view key, std::string_view value) -> base::Result<void> {
        out.put(key, value);
        return {};
      }));
  // The writer may have made its next checkpoint between the two reads.
  TRY(const bool after, lies_there());
  if (!after) out.clear();
  return after;
}

// Folds the log from its begin to just before `first`.
base::Result<void> fold_before(const store::Store& store, const Setup& today, event::Seq first,
                               const RetentionOptions& options, store::StateChanges& out) {
  event::SourceTable sources;
  TRY_VOID(store.load_sources(sources));
  StateCopy state;
  TRY_VOID(read_anchor(store, state));
  LogFoldOptions fold;
  fold.from = store.first_seq();
  fold.last = event::Seq(first.value - 1);
  fold.stopped = options.stopped;
  TRY(const FoldedLog folded, fold_log(store, sources, state, today, fold));
  TRY_VOID(state.save(*folded.sequence, fold.last));
  return state.scan({}, {}, SIZE_MAX,
                    [&out](std::string_view key, std::string_view value) -> base::Result<void> {
                      out.put(key, value);
                      return {};
                    });
}

// The state just before `first`, wherever it can be had. False: nobody can tell any more.
base::Result<bool> state_before(const store::Store& store, const Setup& today, event::Seq first,
                                const RetentionOptions& options, store::StateChanges& out,
                                Retained& retained) {
  TRY(const bool copied, copy_checkpoint(store, first, out));
  if (copied) return true;
  const auto folded = fold_before(store, today, first, options, out);
  if (folded) {
    retained.folded += first.value - store.first_seq().value;
    return true;
  }
  // A disk that runs full is worse than a begin that cannot be compared.
  if (folded.error().code != "engine-5" && folded.error().code != "engine-10")
    return std::unexpected(folded.error());
  retained.without_state = folded.error();
  return false;
}

}  // namespace

base::Result<Retained> retain(store::Store& store, const Setup& today, base::ReceivedTime now,
                              const RetentionOptions& options) {
  Retained retained;
  while (!options.stopped()) {
    TRY(const auto checkpoint, store.checkpoint());
    if (!checkpoint) break;
    TRY(const event::Seq floor, floor_of(store, *checkpoint));
    TRY(const store::Dropped plan, store.plan_retention(now, floor, options.step));
    store::StateChanges state;
    bool known = false;
    if (plan.blocks > 0) {
      retained.without_state.reset();
      TRY(known, state_before(store, today, plan.first_seq, options, state, retained));
    }
    TRY(const store::Dropped dropped, store.drop_before(plan.first_seq, known ? &state : nullptr));
    if (dropped.blocks == 0) break;
    retained.blocks += dropped.blocks;
    retained.frames += dropped.frames;
    retained.bytes += dropped.bytes;
    ++retained.steps;
  }
  return retained;
}

}  // namespace tocsin::engine
