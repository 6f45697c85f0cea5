// The ordered stage's fold: events with detections in, alerts and lockout records out. The same for
// live, replay, recovery and verify.
// Path:      Work (decoded, matched) -> audit join, correlate, lockouts -> Output
// Units:     ns since 1970Z
// Threads:   one
// Errors:    load(): a damaged checkpoint
// Source:    DESIGN sections 2, 7, 8
// Tested by: tests/engine/sequence_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "correlate/sharded_correlator.hpp"
#include "engine/crew.hpp"
#include "engine/options.hpp"
#include "engine/pipeline.hpp"
#include "engine/warming_rules.hpp"
#include "engine/work.hpp"
#include "event/alert.hpp"
#include "event/ports.hpp"
#include "event/source.hpp"
#include "ingest/decode/audit_join.hpp"
#include "ingest/decode/decoder.hpp"
#include "respond/lockout.hpp"
#include "rules/matcher.hpp"

namespace tocsin::engine {

// An alert as it stands after a batch; the fold's own, until the next batch.
struct ChangedAlert {
  const event::Alert* alert = nullptr;
  event::RuleIndex rule;
  std::uint64_t number = 0;  // in order of firing, from 1
  bool opened = false;       // by this batch
  bool retold = false;       // more than last_seen and total is new
  bool closed = false;       // nothing can change it any more
};

// What one batch causes. Recycled.
struct Output {
  std::vector<ChangedAlert> alerts;  // in order of firing
  std::vector<event::Lockout> lockouts;
  struct Met {
    event::RuleIndex rule;
    event::Seq seq;
    base::EventTime time;
  };
  std::vector<Met> detections;  // of joined and derived events too
  std::uint64_t late = 0;
  bool clock_acted = false;    // Work::clock changed something: the log has to say so
  bool silence_acted = false;  // and event time went on by it

  void clear() {
    alerts.clear();
    lockouts.clear();
    detections.clear();
    late = 0;
    clock_acted = false;
    silence_acted = false;
  }
};

// Under this and the epoch's number stands, in the state of a log's begin, what a fold knows that
// fills windows for an epoch further on (engine/warming.hpp). No sequence loads it.
inline constexpr std::string_view warming_prefix = "warming/";

class Sequence {
 public:
  // `sources` is the table that frames refer to. All must outlive the sequence.
  // `warmed`: the fold fills windows for these and does nothing else (engine/warming.hpp).
  Sequence(std::shared_ptr<const Pipeline> pipeline, const event::SourceTable& sources,
           const FoldOptions& options,
           std::optional<std::vector<correlate::CorrelationSpec>> warmed = std::nullopt);
  ~Sequence();

  // Folds one batch, which must be the next in order; adds to `out`.
  void apply(Work& work, Output& out);
  // The end of a replay: completes and closes everything.
  void finish(Output& out);

  // Nothing will be saved: a replay without a store. Before the first batch.
  void keep_no_account();
  // Hears what becomes of each detection (correlate/tap.hpp). Before the first batch.
  void set_tap(correlate::Tap* tap) { correlator_->set_tap(tap); }

  // ---- warming
  // A record that was written together with its frame, right behind it.
  [[nodiscard]] static bool follows_frame(const event::Lockout& lockout);
  // Records of the frames that come next, in order: events like any other, made by nobody here.
  void expect(std::vector<event::Lockout> lockouts);
  [[nodiscard]] bool end_warming(std::int64_t watermark, const std::vector<bool>& is_new);

  // The log begins with the next frame.
  void begin_log() { warming_rules_.begin_log(); }
  [[nodiscard]] const WarmingRules& warming_rules() const { return warming_rules_; }

  // ---- checkpoint: everything that later events could depend on. What was loaded and all changes
  // since are together the whole state.
  void save_changes(event::StateWriter& out);
  [[nodiscard]] base::Result<void> load(std::string_view key, std::string_view value);
  // After the last load().
  [[nodiscard]] base::Result<void> loaded();
  // Both in one, without the windows that can be read when they are needed. They are looked for in
  // `state` from now on, and what memory has no room for is, too: it outlives the sequence's use,
  // and holds what save_changes() wrote before the next apply().
  [[nodiscard]] base::Result<void> load_from(const event::StateSource& state);
  // Memory is short: save_changes() should be called after this batch.
  [[nodiscard]] bool wants_save() const { return correlator_->wants_save(); }
  // The state could not be read: what the last apply() gave is not to be used, nor is the sequence.
  [[nodiscard]] const std::optional<base::Error>& failure() const { return correlator_->failure(); }

  [[nodiscard]] const correlate::ShardedCorrelator& correlator() const { return *correlator_; }
  [[nodiscard]] const ingest::AuditJoin& join() const { return join_; }
  // Of the newest line of that source with a time.
  [[nodiscard]] std::optional<base::EventTime> stated_time(event::SourceId source) const {
    if (source.value >= by_source_.size() || !by_source_[source.value].known) return std::nullopt;
    return by_source_[source.value].last;
  }

 private:
  struct Source {
    bool known = false;
    bool changed = false;
    base::EventTime last;  // of its newest line with a time
  };
  class Derived;

  void inherit_time(const event::Frame& frame, event::Event& event);
  void collect(event::Batch& batch);
  void collect_joined();
  void judge_steps(Output& out);
  void judge(const correlate::EventView& view, std::span<const event::Detection> detections,
             Output& out);
  void act_on_clock(const Work& work, Output& out);
  void judge_fired(const correlate::EventView& view, Output& out);
  void lock(const correlate::EventView& view, const correlate::Fired& fired,
            std::vector<event::Lockout>& out);
  void judge_derived(const correlate::EventView& parent, const event::Lockout& lockout,
                     Output& out);
  void take_changes(Output& out);
  void judge_expected(const correlate::EventView& view, Output& out);

  std::shared_ptr<const Pipeline> pipeline_;
  const event::SourceTable& sources_;
  FoldOptions options_;
  Crew crew_;  // helps the correlator
  std::unique_ptr<correlate::ShardedCorrelator> correlator_;
  respond::LockoutPolicy lockouts_;
  ingest::AuditJoin join_;
  ingest::AuditJoined joined_;  // by the batch at hand
  rules::Matcher matcher_;      // of joined and derived events
  ingest::Decoder decoder_;     // of derived records
  std::vector<Source> by_source_;
  std::vector<event::RuleIndex> met_;
  std::vector<event::Detection> met_detections_;  // of joined events
  // What is to be judged of the batch at hand, in order.
  std::vector<correlate::ShardedCorrelator::Step> steps_;
  // Of steps whose event is a joined one, whose addresses are known when all are there.
  struct JoinedStep {
    std::size_t step;
    std::size_t event;
    std::size_t first_detection;
    std::size_t detections;
  };
  std::vector<JoinedStep> joined_steps_;
  std::uint32_t next_k_ = 1;  // of the next derived record
  std::uint32_t depth_ = 0;
  WarmingRules warming_rules_;
  bool warms_ = false;
  std::deque<event::Lockout> expected_;
};

}  // namespace tocsin::engine
