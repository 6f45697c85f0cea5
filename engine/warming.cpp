#include "engine/warming.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "correlate/place.hpp"
#include "correlate/watermark.hpp"

namespace tocsin::engine {

Warming::Warming(correlate::WarmingPlan plan, Setup setup, const event::SourceTable& sources)
    : plan_(std::move(plan)), setup_(std::move(setup)), sources_(&sources) {
  // The fold that goes on has all of its room meanwhile.
  std::size_t& room = setup_.fold.correlate.window_bytes;
  if (room != 0) room = std::max<std::size_t>(room / 4, 1);
}

base::Result<Warming> Warming::of(const Pipeline& before, const Setup& after,
                                  const event::SourceTable& sources) {
  TRY(auto plan, correlate::warming_plan(before.specs, after.pipeline->specs));
  return Warming(std::move(plan), after, sources);
}

// Longer ago than the windows reach lies what tells how far each source has come.
base::Result<void> Warming::begin(const store::Store& store, std::int64_t watermark) {
  if (!is_needed() || watermark == correlate::Watermark::never) return {};
  const correlate::Options& options = setup_.fold.correlate;
  const std::int64_t needed = correlate::minus(watermark, plan_.reach);
  const std::int64_t wanted =
      correlate::minus(needed, options.lateness.count() + options.idle_timeout.count());
  store::LogReader reader = store.read_log(store::TimeSpan{.from = base::EventTime(wanted)});
  event::Batch first;
  TRY(const bool found, reader.next(first));
  if (!found || first.frames.empty()) return {};
  TRY_VOID(begin_at(first.first_seq));
  if (first.first_seq != store.first_seq()) return {};
  store::LogReader whole = store.read_log();
  std::string block;
  TRY(const bool any, whole.next_block(block));
  if (!any) return {};
  TRY(const store::BlockInfo info, store::block_info(block));
  if (info.min_time.value > needed) log_begin_ = info.min_time;
  return {};
}

base::Result<void> Warming::begin_at(event::Seq from, std::unique_ptr<StateCopy> saved,
                                     event::Seq next) {
  state_ = saved ? std::move(saved) : std::make_unique<StateCopy>();
  TRY(const bool is_new, state_->empty());
  from_ = next_ = is_new ? from : next;
  marks_from_ = {from_, 0};
  sequence_ = std::make_unique<Sequence>(setup_.pipeline, *sources_, setup_.fold, plan_.specs);
  return sequence_->load_from(state_->source());
}

base::Result<const event::StateSource*> Warming::save() {
  CHECK(sequence_, "a warming that did not begin has nothing to save");
  TRY_VOID(state_->save(*sequence_, next_));
  return state_.get();
}

// Those that follow their own frame: when the others are written depends on what comes later.
base::Result<void> Warming::read_lockouts(const store::Store& store, event::Seq last) {
  std::vector<event::Lockout> lockouts;
  TRY_VOID(store.read_lockouts(next_, [&](const event::Lockout& lockout) {
    if (lockout.seq > last) return false;
    if (Sequence::follows_frame(lockout)) lockouts.push_back(lockout);
    return true;
  }));
  sequence_->expect(std::move(lockouts));
  return {};
}

base::Result<void> Warming::advance(const store::Store& store, LogPlace end,
                                    const SpanOptions& options) {
  if (!sequence_) return {};
  if (next_ < store.first_seq()) {
    return base::fail("engine-10",
                      fmt::format("windows were filled from frame {} on, and the log begins with "
                                  "frame {}: not comparable",
                                  next_.value, store.first_seq().value));
  }
  TRY(const auto marks, read_marks(store, marks_from_, end));
  TRY_VOID(read_lockouts(store, end.after));
  SpanOptions quiet = options;
  quiet.on_output = nullptr;
  TRY_VOID(
      fold_span(store, *sources_, setup_, *sequence_, *state_, next_, end.after, marks, quiet));
  next_ = std::max(next_, event::Seq(end.after.value + 1));
  marks_from_ = std::max(marks_from_, end);
  return {};
}

base::Result<correlate::WarmedWindows> Warming::finish(std::int64_t watermark) {
  correlate::WarmedWindows windows(plan_);
  if (!sequence_) return windows;
  if (!sequence_->end_warming(watermark, plan_.is_new)) {
    return base::fail("engine-11",
                      "by the new packs and options event time has come further than by the old");
  }
  if (sequence_->failure()) return std::unexpected(*sequence_->failure());
  TRY_VOID(state_->copy_to(windows));
  sequence_->save_changes(windows);
  return windows;
}

}  // namespace tocsin::engine
