#include "engine/committer.hpp"

#include <iterator>
#include <utility>

#include "base/fault_point.hpp"
#include "engine/log_fold.hpp"
#include "respond/outbox.hpp"
#include "store/block.hpp"

namespace tocsin::engine {

Committer::Committer(Sequence& sequence, store::Store* store, const event::SourceTable& sources,
                     const base::Clock& clock, Observer& observer, CommitterOptions options,
                     std::optional<store::NewEpoch> epoch)
    : sequence_(sequence),
      store_(store),
      sources_(sources),
      clock_(clock),
      observer_(observer),
      options_(options),
      epoch_(std::move(epoch)),
      last_checkpoint_(clock.monotonic()) {
  if (store_ == nullptr) return;
  last_ = store_->last_seq();
  const auto read = store_->read_clocks(last_, [this](const store::ClockRecord& record) {
    if (record.after == last_) clock_k_ = record.k + 1;
    return true;
  });
  if (!read) error_ = read.error();
}

// Time itself acted behind the newest frame.
void Committer::add_clock(std::string what, base::EventTime time) {
  commit_.clocks.push_back({last_, clock_k_++, time, std::move(what)});
}

bool Committer::apply(Work& work) {
  if (error_) return false;
  out_.clear();
  if (!work.batch.frames.empty()) {
    last_ = event::Seq(work.batch.first_seq.value + work.batch.frames.size() - 1);
    clock_k_ = 0;
  }
  // Its place in the log, should it act.
  if (work.clock) work.clock->k = clock_k_ + static_cast<std::uint32_t>(work.finished.size());
  sequence_.apply(work, out_);
  // A batch that was judged without windows that exist is as good as one that cannot be written.
  if (sequence_.failure()) {
    error_ = sequence_.failure();
    observer_.on_store_error("read");
    return false;
  }
  if (store_ == nullptr && !save_to_scratch()) return false;
  if (store_ != nullptr) {
    commit_.clear();
    if (!work.batch.frames.empty()) {
      store::seal(work.block, work.batch.first_seq, store::time_range(work.batch));
      commit_.blocks.push_back(std::move(work.block));
      commit_.filters.push_back(std::move(work.filter));
    }
    std::move(work.offsets.begin(), work.offsets.end(), std::back_inserter(commit_.offsets));
    for (const event::SourceId source : work.finished) add_clock(finished_text(source));
    if (out_.clock_acted)
      add_clock(std::string(out_.silence_acted ? silence_text : clock_text),
                base::EventTime(work.clock->now.value));
    add_output(out_);
    const bool changed = !commit_.blocks.empty() || !commit_.clocks.empty();
    unsaved_ = unsaved_ || changed;
    unsaved_frames_ += work.batch.frames.size();
    // Results do not depend on when, so that a clock and the need of memory may decide it.
    if (unsaved_ && (unsaved_frames_ >= options_.checkpoint_frames || sequence_.wants_save() ||
                     clock_.monotonic() - last_checkpoint_ >= options_.checkpoint_interval))
      add_checkpoint();
    // Time that passes and changes nothing is not worth a write.
    const bool written = (!changed && !commit_.checkpoint && commit_.offsets.empty()) || write();
    // The block goes back to the batch that it came from: for another try, or for its memory.
    if (!work.batch.frames.empty()) {
      work.block = std::move(commit_.blocks.front());
      work.filter = std::move(commit_.filters.front());
    }
    if (!written) {
      work.offsets = std::move(commit_.offsets);
      return false;
    }
  }
  observer_.on_applied(work, out_);
  observer_.on_state(sequence_);
  return true;
}

void Committer::add_output(const Output& out) {
  for (const ChangedAlert& changed : out.alerts) {
    commit_.alerts.push_back({changed.alert, changed.retold});
    const auto change = changed.opened               ? respond::Change::fired
                        : changed.alert->merged_into ? respond::Change::merged
                                                     : respond::Change::amended;
    auto rows = respond::outbox_rows(*changed.alert, change, options_.channels);
    std::move(rows.begin(), rows.end(), std::back_inserter(commit_.outbox));
  }
  for (const event::Lockout& lockout : out.lockouts) {
    commit_.lockouts.push_back(lockout);
    auto rows = respond::outbox_rows(lockout, options_.channels);
    std::move(rows.begin(), rows.end(), std::back_inserter(commit_.outbox));
  }
}

void Committer::add_checkpoint() {
  base::pass(base::FaultPoint::checkpoint_before);
  sequence_.save_changes(commit_.state);
  commit_.checkpoint = last_;
  last_checkpoint_ = clock_.monotonic();
  unsaved_ = false;
  unsaved_frames_ = 0;
}

bool Committer::save_to_scratch() {
  if (scratch_ == nullptr || !sequence_.wants_save()) return true;
  if (auto saved = scratch_->save(sequence_, last_); !saved) {
    error_ = std::move(saved).error();
    observer_.on_store_error("write");
    return false;
  }
  return true;
}

bool Committer::write() {
  commit_.sources = &sources_;
  if (epoch_) commit_.epoch = std::move(epoch_);
  epoch_.reset();
  const auto begin = clock_.monotonic();
  if (auto written = store_->commit(commit_); !written) {
    error_ = std::move(written).error();
    observer_.on_store_error("write");
    return false;
  }
  if (commit_.checkpoint) base::pass(base::FaultPoint::checkpoint_after);
  observer_.on_committed(commit_, clock_.monotonic() - begin);
  return true;
}

bool Committer::checkpoint() {
  if (store_ == nullptr) return true;
  commit_.clear();
  add_checkpoint();
  return write();
}

bool Committer::finish() {
  if (!checkpoint()) return false;
  out_.clear();
  sequence_.finish(out_);
  if (sequence_.failure()) {
    error_ = sequence_.failure();
    return false;
  }
  if (store_ != nullptr && (!out_.alerts.empty() || !out_.lockouts.empty())) {
    commit_.clear();
    add_output(out_);
    add_clock(std::string(end_of_replay));
    if (!write()) return false;
  }
  Work nothing;
  observer_.on_applied(nothing, out_);
  return true;
}

}  // namespace tocsin::engine
