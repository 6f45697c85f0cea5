#include "engine/border.hpp"

#include <utility>

#include "base/fault_point.hpp"
#include "correlate/warming.hpp"
#include "engine/fold_state.hpp"

namespace tocsin::engine {

namespace {

// Behind the last frame and every record that stands there.
base::Result<LogPlace> end_of(const store::Store& store) {
  LogPlace end{store.last_seq(), 0};
  TRY_VOID(store.read_clocks(end.after, [&end](const store::ClockRecord& record) {
    if (record.after == end.after) end.k = record.k + 1;
    return true;
  }));
  return end;
}

// Of new rules the log shows less than they reach: from its begin on, or nothing at all.
base::Result<void> tell_too_new(const correlate::ShardedCorrelator& before, const Setup& after,
                                const Crossed& crossed, event::Seq warmed_from,
                                event::StateWriter& out) {
  TRY(const auto plan, correlate::warming_plan(before.specs(), after.pipeline->specs));
  std::optional<std::int64_t> begin;
  if (crossed.log_begin) {
    begin = crossed.log_begin->value;
  } else if (warmed_from.value != 0) {
    return {};
  } else if (before.watermark() != correlate::Watermark::never) {
    begin = before.watermark();
  }
  const std::vector<std::int64_t> reaches = correlate::reaches(plan.specs);
  for (std::size_t i = 0; i < plan.specs.size(); ++i) {
    if (plan.is_new[i] && correlate::uses_past(plan.specs[i]))
      WarmingRules::put(plan.specs[i].content, begin, reaches[i], out);
  }
  return {};
}

}  // namespace

base::Result<Crossed> cross_border(store::Store& store, const event::SourceTable& sources,
                                   Sequence& before, const Setup& after,
                                   base::Result<Warming> warming, const SpanOptions& options) {
  Crossed crossed;
  TRY(const LogPlace end, end_of(store));
  store::NewEpoch epoch = epoch_record(after, event::Seq(end.after.value + 1));
  epoch.k = end.k;
  correlate::WarmedWindows windows;
  if (warming) {
    if (const auto whole = warming->advance(store, end, options); !whole)
      warming = std::unexpected(whole.error());
  }
  if (warming) {
    if (auto filled = warming->finish(before.correlator().watermark())) {
      epoch.warmed_from = warming->from();
      crossed.log_begin = warming->log_begin();
      windows = *std::move(filled);
    } else {
      warming = std::unexpected(std::move(filled).error());
    }
  }
  if (!warming) crossed.not_warmed = std::move(warming).error();
  store::Commit commit;
  correlate::WithWindows out(windows, commit.state);
  before.save_changes(out);
  TRY_VOID(tell_too_new(before.correlator(), after, crossed, epoch.warmed_from, commit.state));
  commit.checkpoint = end.after;
  commit.epoch = std::move(epoch);
  commit.sources = &sources;
  base::pass(base::FaultPoint::epoch_before);
  TRY_VOID(store.commit(commit));
  base::pass(base::FaultPoint::epoch_after);
  TRY(crossed.sequence, make_sequence(after, sources, StoredState(store)));
  return crossed;
}

}  // namespace tocsin::engine
