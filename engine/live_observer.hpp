// Counts what the daemon's stages did: events by input, hits by rule, latency; tells channels what
// they are owed.
// Path:      Work, Output, Commit -> metrics::Registry, respond::Channels
// Units:     seconds, events
// Threads:   on_applied, on_committed: the ordered stage's; on_decoded: any worker's
// Tested by: tests/engine/live_observer_test.cpp, tests/e2e/daemon_test.py
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "engine/committer.hpp"
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
  void on_committed(const store::Commit& commit) override;
  void on_decoded(const ingest::DecodeCounters& counters) const;
  // Hears of outbox rows once they are committed; set before the first commit.
  void on_rows(std::function<void(std::span<const event::OutboxRow>)> call) {
    on_rows_ = std::move(call);
  }

 private:
  struct OfRule {
    metrics::Counter detections;
    metrics::Counter alerts;
    metrics::Counter amended;
  };
  metrics::InputAccount& account_of(event::SourceId id);
  void count_stored(const event::Batch& batch);
  void count_alerts(const Output& out);
  void observe_latency(const Work& work, const Output& out);

  metrics::Registry& registry_;
  metrics::Conservation& conservation_;
  const event::SourceTable& sources_;
  const base::Clock& clock_;
  std::vector<OfRule> rules_;
  std::vector<metrics::InputAccount*> accounts_;  // by SourceId
  std::array<metrics::Counter, event::anomaly_count> anomalies_;
  std::array<metrics::Counter, ingest::undecoded_count> undecoded_;
  metrics::Counter decoded_, late_, writes_, written_bytes_, lockouts_ordered_;
  metrics::Histogram until_commit_, until_alert_;
  std::function<void(std::span<const event::OutboxRow>)> on_rows_;
};

}  // namespace tocsin::engine
