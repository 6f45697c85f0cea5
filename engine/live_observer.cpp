#include "engine/live_observer.hpp"

#include <algorithm>

#include "metrics/rows.hpp"

namespace tocsin::engine {

namespace row = metrics::row;

LiveObserver::LiveObserver(metrics::Registry& registry, metrics::Conservation& conservation,
                           const event::SourceTable& sources,
                           const std::shared_ptr<const rules::RuleSet>& rules,
                           const base::Clock& clock)
    : registry_(registry),
      conservation_(conservation),
      sources_(sources),
      clock_(clock),
      decoded_(registry.counter(row::events_decoded)),
      late_(registry.counter(row::events_late)),
      writes_(registry.counter(row::store_writes)),
      written_bytes_(registry.counter(row::store_written_bytes)),
      lockouts_ordered_(registry.counter(row::lockouts_ordered)),
      until_commit_(registry.histogram(row::pipeline_latency, {"commit"})),
      until_alert_(registry.histogram(row::pipeline_latency, {"alert"})) {
  for (const rules::Rule& rule : rules->rules()) {
    OfRule handles;
    handles.detections = registry.counter(row::detections, {rule.id});
    handles.alerts = registry.counter(row::alerts, {rule.id, rules::name_of(rule.level)});
    handles.amended = registry.counter(row::alerts_amended, {rule.id});
    rules_.push_back(handles);
  }
  for (std::size_t i = 0; i < event::anomaly_count; ++i) {
    anomalies_[i] = registry.counter(row::anomalies, {event::anomaly_rows[i].name});
  }
  for (std::size_t i = 0; i < ingest::undecoded_count; ++i) {
    undecoded_[i] = registry.counter(row::events_undecoded,
                                     {ingest::name_of(static_cast<ingest::Undecoded>(i))});
  }
}

metrics::InputAccount& LiveObserver::account_of(event::SourceId id) {
  if (id.value >= accounts_.size()) accounts_.resize(id.value + 1, nullptr);
  if (accounts_[id.value] == nullptr)
    accounts_[id.value] = &conservation_.input(sources_[id].input);
  return *accounts_[id.value];
}

// Frames of one source come in runs.
void LiveObserver::count_stored(const event::Batch& batch) {
  for (std::size_t i = 0; i < batch.frames.size();) {
    const event::SourceId source = batch.frames[i].source;
    std::size_t end = i + 1;
    while (end < batch.frames.size() && batch.frames[end].source == source) ++end;
    account_of(source).stored.add(end - i);
    i = end;
  }
}

void LiveObserver::count_alerts(const Output& out) {
  for (const Output::Met& met : out.detections) rules_[met.rule.value].detections.add();
  for (const ChangedAlert& changed : out.alerts) {
    (changed.opened ? rules_[changed.rule.value].alerts : rules_[changed.rule.value].amended).add();
  }
  for (const event::Lockout& lockout : out.lockouts) {
    if (lockout.refused.empty()) {
      lockouts_ordered_.add();
    } else {
      registry_.counter(row::lockouts_refused, {lockout.refused}).add();
    }
  }
}

// From the reception of the batch's oldest frame; alerts are counted by the frames that fired them.
void LiveObserver::observe_latency(const Work& work, const Output& out) {
  const event::Batch& batch = work.batch;
  if (batch.frames.empty()) return;
  const std::int64_t now = clock_.now().value;
  const auto since = [now](base::ReceivedTime received) {
    return std::chrono::nanoseconds(std::max<std::int64_t>(0, now - received.value));
  };
  until_commit_.observe(since(batch.frames.front().received), batch.frames.size());
  for (const ChangedAlert& changed : out.alerts) {
    const std::uint64_t index = changed.alert.fired_by.value - batch.first_seq.value;
    if (changed.opened && index < batch.frames.size())
      until_alert_.observe(since(batch.frames[index].received));
  }
}

void LiveObserver::on_applied(const Work& work, const Output& out) {
  count_stored(work.batch);
  count_alerts(out);
  late_.add(out.late);
  observe_latency(work, out);
}

void LiveObserver::on_committed(const store::Commit& commit) {
  writes_.add();
  for (const std::string& block : commit.blocks) written_bytes_.add(block.size());
  if (on_rows_ && !commit.outbox.empty()) on_rows_(commit.outbox);
}

void LiveObserver::on_decoded(const ingest::DecodeCounters& counters) const {
  decoded_.add(counters.decoded);
  for (std::size_t i = 0; i < ingest::undecoded_count; ++i) {
    if (counters.undecoded[i] != 0) undecoded_[i].add(counters.undecoded[i]);
  }
  for (std::size_t i = 0; i < event::anomaly_count; ++i) {
    if (counters.anomalies[i] != 0) anomalies_[i].add(counters.anomalies[i]);
  }
}

}  // namespace tocsin::engine
