#include "engine/live_observer.hpp"

#include <algorithm>

#include "correlate/watermark.hpp"
#include "metrics/rows.hpp"
#include "respond/lockout.hpp"

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
      rule_set_(rules),
      decoded_(registry.counter(row::events_decoded)),
      late_(registry.counter(row::events_late)),
      writes_(registry.counter(row::store_writes)),
      written_bytes_(registry.counter(row::store_written_bytes)),
      lockouts_ordered_(registry.counter(row::lockouts_ordered)),
      over_limit_(registry.counter(row::correlation_over_limit)),
      spilled_(registry.counter(row::correlation_spilled)),
      read_back_(registry.counter(row::correlation_read_back)),
      read_in_vain_(registry.counter(row::correlation_read_in_vain)),
      swept_(registry.counter(row::correlation_swept)),
      until_commit_(registry.histogram(row::pipeline_latency, {"commit"})),
      until_durable_(registry.histogram(row::pipeline_latency, {"durable"})),
      until_alert_(registry.histogram(row::pipeline_latency, {"alert"})),
      write_seconds_(registry.histogram(row::store_write_seconds)),
      sync_seconds_(registry.histogram(row::store_sync_seconds)),
      watermark_lag_(registry.gauge(row::watermark_lag)),
      memory_(registry.gauge(row::correlation_memory)),
      memory_limit_(registry.gauge(row::correlation_memory_limit)),
      rules_warming_(registry.gauge(row::rules_warming)) {
  count_by_rule();
  for (const std::string_view reason : respond::refusal::all)
    static_cast<void>(registry.counter(row::lockouts_refused, {reason}));
  for (const std::string_view operation : {"open", "write", "merge", "retention"})
    static_cast<void>(registry.counter(row::store_errors, {operation}));
  for (std::size_t i = 0; i < event::anomaly_count; ++i) {
    anomalies_[i] = registry.counter(row::anomalies, {event::anomaly_rows[i].name});
  }
  for (std::size_t i = 0; i < ingest::undecoded_count; ++i) {
    undecoded_[i] = registry.counter(row::events_undecoded,
                                     {ingest::name_of(static_cast<ingest::Undecoded>(i))});
  }
}

void LiveObserver::count_by_rule() {
  rules_.clear();
  for (const rules::Rule& rule : rule_set_->rules()) {
    OfRule handles;
    handles.detections = registry_.counter(row::detections, {rule.id});
    handles.alerts = registry_.counter(row::alerts, {rule.id, rules::name_of(rule.level)});
    handles.amended = registry_.counter(row::alerts_amended, {rule.id});
    rules_.push_back(handles);
  }
}

// Counters of rules that are gone stand still; what says how much they hold says nothing.
void LiveObserver::on_setup(const Setup& setup) {
  rule_set_ = setup.pipeline->rules;
  count_by_rule();
  for (OfWindows& windows : windows_) {
    windows.groups.set(0);
    windows.bytes.set(0);
  }
  windows_.clear();
  show_warming({});
}

void LiveObserver::show_warming(const std::vector<WarmingRules::Row>& rows) {
  warming_rows_ = rows;
  rules_warming_.set(static_cast<double>(rows.size()));
  const std::lock_guard lock(warming_mutex_);
  warming_.clear();
  for (const WarmingRules::Row& row : rows)
    warming_.push_back({(*rule_set_)[row.rule].id, row.until});
}

std::vector<LiveObserver::WarmingRule> LiveObserver::warming_rules() const {
  const std::lock_guard lock(warming_mutex_);
  return warming_;
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

namespace {

std::chrono::nanoseconds since(base::ReceivedTime received, std::int64_t now) {
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, now - received.value));
}

}  // namespace

// From the reception of the batch's oldest frame; alerts are counted by the frames that fired them.
void LiveObserver::observe_latency(const Work& work, const Output& out) {
  const event::Batch& batch = work.batch;
  if (batch.frames.empty()) return;
  const std::int64_t now = clock_.now().value;
  const base::ReceivedTime oldest = batch.frames.front().received;
  until_commit_.observe(since(oldest, now), batch.frames.size());
  newest_ = batch.frames.back().received;
  const event::Seq last = batch.seq(batch.frames.size() - 1);
  const std::lock_guard lock(unsafe_mutex_);
  unsafe_.push_back({last, oldest, batch.frames.size()});
  for (const ChangedAlert& changed : out.alerts) {
    const std::uint64_t index = changed.alert->fired_by.value - batch.first_seq.value;
    if (changed.opened && index < batch.frames.size())
      unsafe_.push_back({last, batch.frames[index].received});
  }
  // The sync may have been faster than this.
  observe_safe(now);
}

// Under the mutex.
void LiveObserver::observe_safe(std::int64_t now) {
  for (; !unsafe_.empty() && unsafe_.front().last <= durable_; unsafe_.pop_front()) {
    const Unsafe& safe = unsafe_.front();
    if (safe.frames == 0) {
      until_alert_.observe(since(safe.received, now));
    } else {
      until_durable_.observe(since(safe.received, now), safe.frames);
    }
  }
}

void LiveObserver::on_durable(event::Seq seq, std::chrono::nanoseconds took) {
  sync_seconds_.observe(took);
  const std::int64_t now = clock_.now().value;
  {
    const std::lock_guard lock(unsafe_mutex_);
    durable_ = seq;
    observe_safe(now);
  }
  if (rows_wait_.exchange(false) && on_safe_) on_safe_();
}

void LiveObserver::on_state(const Sequence& sequence) {
  const correlate::ShardedCorrelator& correlator = sequence.correlator();
  if (windows_.empty()) {
    for (const correlate::CorrelationSpec& spec : correlator.specs()) {
      const std::string& id = (*rule_set_)[spec.rule].id;
      windows_.push_back({registry_.gauge(row::correlation_groups, {id}),
                          registry_.gauge(row::correlation_bytes, {id})});
    }
  }
  for (std::uint32_t spec = 0; spec < windows_.size(); ++spec) {
    windows_[spec].groups.set(static_cast<double>(correlator.groups_of(spec)));
    windows_[spec].bytes.set(static_cast<double>(correlator.bytes_of(spec)));
  }
  if (const auto& rows = sequence.warming_rules().rows(); rows != warming_rows_) show_warming(rows);
  const correlate::Counters counters = correlator.counters();
  over_limit_.set_total(counters.over_limit);
  spilled_.set_total(counters.spilled);
  read_back_.set_total(counters.read_back);
  read_in_vain_.set_total(counters.read_in_vain);
  swept_.set_total(counters.swept);
  memory_.set(static_cast<double>(correlator.bytes()));
  memory_limit_.set(static_cast<double>(correlator.byte_limit()));
  const std::int64_t watermark = correlator.watermark();
  if (newest_.value != 0 && watermark != correlate::Watermark::never)
    watermark_lag_.set(static_cast<double>(newest_.value - watermark) / 1e9);
}

void LiveObserver::on_store_error(std::string_view operation) {
  registry_.counter(row::store_errors, {operation}).add();
}

void LiveObserver::on_applied(const Work& work, const Output& out) {
  count_stored(work.batch);
  if (source_watch_ != nullptr) source_watch_->see(work.batch);
  count_alerts(out);
  late_.add(out.late);
  observe_latency(work, out);
}

void LiveObserver::on_committed(const store::Commit& commit, std::chrono::nanoseconds took) {
  writes_.add();
  write_seconds_.observe(took);
  for (const std::string& block : commit.blocks) written_bytes_.add(block.size());
  if (commit.outbox.empty()) return;
  rows_wait_ = true;  // before the channels hear: the sync may be over already
  if (on_rows_) on_rows_(commit.outbox);
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
