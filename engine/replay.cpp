#include "engine/replay.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "base/check.hpp"
#include "engine/committer.hpp"
#include "engine/executor.hpp"
#include "engine/recovery.hpp"
#include "engine/stages.hpp"
#include "engine/state_copy.hpp"
#include "engine/zones.hpp"

namespace tocsin::engine {

namespace {

// What merging decodes with: the pipeline's own decoders, in the feed's turn.
class MergeDecoder final : public FileDecoder {
 public:
  MergeDecoder(const Setup& setup, const event::SourceTable& sources)
      : pipeline_(setup.pipeline),
        decoder_(*pipeline_->decoders, pipeline_->fields, sources, decoder_options(setup.fold)) {}
  void decode(event::Batch& batch) override { decoder_.decode(batch); }

 private:
  std::shared_ptr<const Pipeline> pipeline_;
  ingest::Decoder decoder_;
};

// Holds alerts back until nothing can change them, and gives them in order of firing. Only what is
// closed is copied.
class Told final : public Observer {
 public:
  Told(const Setup& setup, ReplayListener& listener, const FileFeed& feed)
      : rules_(*setup.pipeline->rules), listener_(listener), feed_(feed) {}

  void on_applied(const Work& work, const Output& out) override {
    stats.events += work.batch.frames.size();
    stats.decoded += work.decoded;
    stats.detections += out.detections.size();
    stats.lockouts += out.lockouts.size();
    stats.late += out.late;
    for (const Output::Met& met : out.detections) listener_.on_detection(rules_[met.rule], met.seq);
    for (const event::Lockout& lockout : out.lockouts) listener_.on_lockout(lockout);
    for (const ChangedAlert& changed : out.alerts) take(changed);
    tell();
    listener_.on_progress({stats.events, feed_.bytes_read(), feed_.bytes_total()});
  }
  // The end of a replay has closed every alert.
  void finish() const { CHECK(waiting_.empty(), "an alert is open behind the end of a replay"); }

  ReplayStats stats;

 private:
  struct Waiting {
    std::uint64_t number;
    std::unique_ptr<event::Alert> closed;  // as it stays; null until then
  };

  void take(const ChangedAlert& changed) {
    if (changed.opened) ++stats.alerts;
    // Numbers ascend; a resumed replay may begin with any, and amend alerts of earlier runs.
    const auto place = std::lower_bound(
        waiting_.begin(), waiting_.end(), changed.number,
        [](const Waiting& waiting, std::uint64_t number) { return waiting.number < number; });
    const bool known = place != waiting_.end() && place->number == changed.number;
    Waiting& waiting = known ? *place : *waiting_.insert(place, Waiting{changed.number, nullptr});
    if (changed.closed) waiting.closed = std::make_unique<event::Alert>(*changed.alert);
  }
  void tell() {
    while (!waiting_.empty() && waiting_.front().closed) {
      listener_.on_alert(*waiting_.front().closed);
      waiting_.pop_front();
    }
  }

  const rules::RuleSet& rules_;
  ReplayListener& listener_;
  const FileFeed& feed_;
  std::deque<Waiting> waiting_;
};

}  // namespace

base::Result<ReplayResult> replay(const Setup& packs, const ReplayOptions& options,
                                  ReplayListener& listener, const base::Clock& clock) {
  Setup setup = packs;
  setup.fold.shards = shards_of(options.shards, options.threads);
  TRY(setup.fold.zones, read_zones({options.files.zone}));
  event::SourceTable sources;
  std::unique_ptr<store::Store> store;
  StateCopy scratch;
  Recovered recovered;
  if (options.store.empty()) {
    TRY(recovered.sequence, make_sequence(setup, sources, scratch));
    recovered.sequence->keep_no_account();
  } else {
    TRY(store, store::Store::open(options.store, options.store_options));
    TRY(recovered, recover(*store, sources, setup, options.threads));
  }
  MergeDecoder decoder(setup, sources);
  TRY(const auto feed, FileFeed::open(options.files, sources, store.get(), &decoder));
  Told told(setup, listener, *feed);
  feed->go_on_from([&](event::SourceId source) { return recovered.sequence->stated_time(source); });
  const event::Seq first(store ? store->last_seq().value + 1 : 1);
  told.stats.resumed_after = first.value - 1;
  CommitterOptions commits;
  commits.checkpoint_frames = 4'000'000;  // nobody waits for its next start
  Committer committer(*recovered.sequence, store.get(), sources, clock, told, commits,
                      std::move(recovered.epoch));
  committer.spill_to(scratch);
  Executor executor(options.threads, first, [&] {
    return std::make_unique<Stages>(setup.pipeline, sources, setup.fold, store != nullptr);
  });
  if (!executor.run(*feed, committer) || !committer.finish()) {
    if (committer.error()) return std::unexpected(*committer.error());
  }
  told.finish();
  const correlate::ShardedCorrelator& correlator = recovered.sequence->correlator();
  told.stats.window_bytes = correlator.most_bytes();
  told.stats.groups_spilled = correlator.counters().spilled;
  told.stats.groups_read_back = correlator.counters().read_back;
  if (store) TRY_VOID(store->close());
  return ReplayResult{told.stats, feed->errors()};
}

}  // namespace tocsin::engine
