#include "engine/recovery.hpp"

#include <utility>

#include "base/fault_point.hpp"
#include "engine/border.hpp"
#include "engine/log_fold.hpp"
#include "engine/warming.hpp"

namespace tocsin::engine {

base::Result<Recovered> recover(store::Store& store, event::SourceTable& sources,
                                const Setup& today, std::size_t threads,
                                const std::function<void(event::Seq)>& progress) {
  Recovered recovered;
  TRY_VOID(store.load_sources(sources));
  TRY(const auto epochs, store.epochs());
  const event::Seq last = store.last_seq();
  StoredState state(store);
  if (epochs.empty()) {
    TRY(recovered.sequence, make_sequence(today, sources, state));
    recovered.sequence->begin_log();
    recovered.epoch = epoch_record(today, event::Seq(last.value + 1));
    return recovered;
  }
  TRY(const auto checkpoint, store.checkpoint());
  recovered.checkpoint = checkpoint.value_or(event::Seq(0));
  LogFoldOptions options;
  options.from = event::Seq(recovered.checkpoint.value + 1);
  options.last = last;
  options.threads = threads;
  options.on_progress = progress;
  recovered.reread = last.value - recovered.checkpoint.value;
  TRY(FoldedLog folded, fold_log(store, sources, state, today, options));
  base::pass(base::FaultPoint::recovery_folded);
  if (same_epoch(epochs.back(), today)) {
    // Saved at once: a process that is killed again and again before its first checkpoint would
    // read more of the log each time.
    if (recovered.reread > 0) {
      TRY_VOID(state.save(*folded.sequence, last));
      base::pass(base::FaultPoint::recovery_saved);
    }
    recovered.sequence = std::move(folded.sequence);
    return recovered;
  }
  auto warming = Warming::of(*folded.setup.pipeline, today, sources);
  if (warming) {
    if (const auto begun = warming->begin(store, folded.sequence->correlator().watermark()); !begun)
      warming = std::unexpected(begun.error());
  }
  SpanOptions span;
  span.threads = threads;
  TRY(Crossed crossed,
      cross_border(store, sources, *folded.sequence, today, std::move(warming), span));
  recovered.sequence = std::move(crossed.sequence);
  recovered.not_warmed = std::move(crossed.not_warmed);
  return recovered;
}

}  // namespace tocsin::engine
