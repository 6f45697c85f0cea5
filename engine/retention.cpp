#include "engine/retention.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/log_fold.hpp"
#include "engine/state_copy.hpp"
#include "engine/warming.hpp"
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

base::Result<bool> lies_before(const store::Store& store, event::Seq first) {
  TRY(const auto checkpoint, store.checkpoint());
  return checkpoint && checkpoint->value + 1 == first.value;
}

// Borders further on fill windows from frames before `first`: what that fold knows there is kept
// with the state, and it goes on from it.
base::Result<void> begin_warmings(const store::Store& store, const event::SourceTable& sources,
                                  const Setup& today, event::Seq first,
                                  const RetentionOptions& options, StateCopy& state) {
  TRY(const auto epochs, store.epochs());
  SpanOptions span;
  span.stopped = options.stopped;
  for (std::size_t i = 1; i < epochs.size(); ++i) {
    const store::Epoch& epoch = epochs[i];
    if (epoch.from <= first || epoch.warmed_from.value == 0 || epoch.warmed_from >= first) continue;
    TRY(const Setup before, setup_of(store, epochs[i - 1], today));
    TRY(const Setup after, setup_of(store, epoch, today));
    TRY(Warming warming, Warming::of(*before.pipeline, after, sources));
    auto begun = std::make_unique<StateCopy>();
    TRY_VOID(state.take(warming_key(epoch), *begun));
    TRY_VOID(begun->flush());
    TRY_VOID(warming.begin_at(epoch.warmed_from, std::move(begun), store.first_seq()));
    TRY_VOID(warming.advance(store, {event::Seq(first.value - 1), UINT32_MAX}, span));
    TRY(const event::StateSource* reached, warming.save());
    TRY_VOID(state.add(warming_key(epoch), *reached));
  }
  return {};
}

// The checkpoint's state, as long as it lies just before `first`: the writer may make its next one
// at any time, but what one walk over the state sees is of the moment when it began.
class Checkpoint final : public event::StateSource {
 public:
  Checkpoint(const store::Store& store, event::Seq first) : store_(store), first_(first) {}
  [[nodiscard]] base::Result<std::optional<std::string>> get(std::string_view key) const override {
    return store_.state().get(key);
  }
  [[nodiscard]] base::Result<std::vector<std::optional<std::string>>> get_many(
      const std::vector<std::string>& keys) const override {
    return store_.state().get_many(keys);
  }
  [[nodiscard]] base::Result<void> scan(std::string_view begin, std::string_view end,
                                        std::size_t limit,
                                        const event::StateReader& each) const override {
    bool known = false;
    return store_.state().scan(
        begin, end, limit, [&](std::string_view key, std::string_view value) -> base::Result<void> {
          if (!known) {
            TRY(known, lies_before(store_, first_));
            moved_on_ = !known;
            if (!known) return base::fail("engine-9", "the checkpoint has moved on");
          }
          return each(key, value);
        });
  }
  // It did, so that nothing was read.
  [[nodiscard]] bool moved_on() const { return moved_on_; }

 private:
  const store::Store& store_;
  event::Seq first_;
  mutable bool moved_on_ = false;
};

// Folds the log from its begin to just before `first`.
base::Result<void> fold_before(const store::Store& store, const Setup& today, event::Seq first,
                               const RetentionOptions& options, StateCopy& state) {
  event::SourceTable sources;
  TRY_VOID(store.load_sources(sources));
  TRY_VOID(read_anchor(store, state));
  LogFoldOptions fold;
  fold.from = store.first_seq();
  fold.last = event::Seq(first.value - 1);
  fold.stopped = options.stopped;
  fold.to_next = true;
  TRY(const FoldedLog folded, fold_log(store, sources, state, today, fold));
  TRY_VOID(state.save(*folded.sequence, fold.last));
  return begin_warmings(store, sources, today, first, options, state);
}

// Drops what lies before `first` and leaves the state of that place, wherever it can be had.
base::Result<store::Dropped> drop(store::Store& store, const Setup& today, event::Seq first,
                                  const RetentionOptions& options, Retained& retained) {
  retained.without_state.reset();
  TRY(const bool there, lies_before(store, first));
  if (there) {
    const Checkpoint checkpoint(store, first);
    auto dropped = store.drop_before(first, &checkpoint);
    if (!checkpoint.moved_on()) return dropped;
  }
  StateCopy state;
  if (const auto folded = fold_before(store, today, first, options, state); !folded) {
    // A disk that runs full is worse than a begin that cannot be compared.
    if (folded.error().code != "engine-5" && folded.error().code != "engine-10")
      return std::unexpected(folded.error());
    retained.without_state = folded.error();
    return store.drop_before(first, nullptr);
  }
  retained.folded += first.value - store.first_seq().value;
  return store.drop_before(first, &state);
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
    // Where there is nothing to drop, files that were passed over before are.
    TRY(const store::Dropped dropped, plan.blocks > 0
                                          ? drop(store, today, plan.first_seq, options, retained)
                                          : store.drop_before(plan.first_seq, nullptr));
    if (dropped.blocks == 0) break;
    retained.blocks += dropped.blocks;
    retained.frames += dropped.frames;
    retained.bytes += dropped.bytes;
    ++retained.steps;
  }
  return retained;
}

}  // namespace tocsin::engine
