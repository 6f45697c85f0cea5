// Counts what the daemon's stages did: events by input, hits by rule, latency; tells channels what
// they are owed.
// Path:      Work, Output, Commit -> metrics::Registry, respond::Channels
// Units:     seconds, events
// Threads:   on_applied, on_committed, on_state: the ordered stage's; on_durable: the store's;
//            on_decoded: any worker's
// Tested by: tests/engine/live_observer_test.cpp, tests/e2e/daemon_test.py
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "engine/committer.hpp"
#include "engine/source_watch.hpp"
#include "event/anomaly.hpp"
#include "event/source.hpp"
#include "ingest/decode/decoder.hpp"
#include "metrics/conservation.hpp"
#include "metrics/registry.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::engine {

class LiveObserver final : public Observer {
 public:
  // All must outlive the observer.
  LiveObserver(metrics::Registry& registry, metrics::Conservation& conservation,
               const event::SourceTable& sources,
               const std::shared_ptr<const rules::RuleSet>& rules, const base::Clock& clock);

  void on_applied(const Work& work, const Output& out) override;
  void on_committed(const store::Commit& commit, std::chrono::nanoseconds took) override;
  void on_setup(const Setup& setup) override;
  void on_state(const Sequence& sequence) override;
  void on_durable(event::Seq seq, std::chrono::nanoseconds took) override;
  void on_store_error(std::string_view operation) override;
  void on_decoded(const ingest::DecodeCounters& counters) const;
  // Rules that look further back than the log goes. Threads: any.
  struct WarmingRule {
    std::string id;
    std::optional<std::int64_t> until;
  };
  [[nodiscard]] std::vector<WarmingRule> warming_rules() const;
  // Hears of outbox rows once they are committed; set before the first commit, like on_safe(),
  // which hears when rows of before are safe to deliver, on the store's thread.
  void on_rows(std::function<void(std::span<const event::OutboxRow>)> call) {
    on_rows_ = std::move(call);
  }
  void on_safe(std::function<void()> call) { on_safe_ = std::move(call); }
  // Sees every batch; it outlives the observer's use. Set before the first batch.
  void watch_sources(SourceWatch& watch) { source_watch_ = &watch; }

 private:
  struct OfRule {
    metrics::Counter detections;
    metrics::Counter alerts;
    metrics::Counter amended;
  };
  struct OfWindows {
    metrics::Gauge groups;
    metrics::Gauge bytes;
  };
  // A batch, or an alert of it, that is committed and not yet known to be safe.
  struct Unsafe {
    event::Seq last;
    base::ReceivedTime received;
    std::uint64_t frames = 0;  // 0: an alert
  };
  void count_by_rule();
  void show_warming(const std::vector<WarmingRules::Row>& rows);
  metrics::InputAccount& account_of(event::SourceId id);
  void count_stored(const event::Batch& batch);
  void count_alerts(const Output& out);
  void observe_latency(const Work& work, const Output& out);
  void observe_safe(std::int64_t now);

  metrics::Registry& registry_;
  metrics::Conservation& conservation_;
  const event::SourceTable& sources_;
  const base::Clock& clock_;
  std::shared_ptr<const rules::RuleSet> rule_set_;
  std::vector<OfRule> rules_;
  std::vector<metrics::InputAccount*> accounts_;  // by SourceId
  std::array<metrics::Counter, event::anomaly_count> anomalies_;
  std::array<metrics::Counter, ingest::undecoded_count> undecoded_;
  metrics::Counter decoded_, late_, writes_, written_bytes_, lockouts_ordered_, over_limit_;
  metrics::Counter spilled_, read_back_, read_in_vain_, swept_;
  metrics::Histogram until_commit_, until_durable_, until_alert_, write_seconds_, sync_seconds_;
  metrics::Gauge watermark_lag_, memory_, memory_limit_, rules_warming_;
  std::vector<OfWindows> windows_;  // by spec of the correlator
  base::ReceivedTime newest_;
  std::function<void(std::span<const event::OutboxRow>)> on_rows_;
  std::function<void()> on_safe_;
  SourceWatch* source_watch_ = nullptr;
  std::atomic<bool> rows_wait_ = false;

  std::vector<WarmingRules::Row> warming_rows_;
  mutable std::mutex warming_mutex_;  // of the one below
  std::vector<WarmingRule> warming_;

  std::mutex unsafe_mutex_;  // of the two below
  std::deque<Unsafe> unsafe_;
  event::Seq durable_;
};

}  // namespace tocsin::engine
