#include "engine/sequence.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "correlate/checkpoint.hpp"
#include "correlate/place.hpp"
#include "engine/stages.hpp"

namespace tocsin::engine {

namespace {

constexpr std::uint32_t max_depth = 4;  // of lockout records that cause lockout records
constexpr std::string_view source_prefix = "source/";
constexpr std::string_view behind_warming = "warming0";  // the first key behind warming_prefix
static_assert(behind_warming.substr(0, 7) == warming_prefix.substr(0, 7) &&
              behind_warming[7] == warming_prefix[7] + 1);
// Where the numbers of derived records begin, so that those of one frame never meet, whenever they
// are made: behind its own event, behind the audit event that has its place, behind each of its
// clock records.
constexpr std::uint32_t frame_k = 1;
constexpr std::uint32_t joined_k = 1U << 16U;
constexpr std::uint32_t clock_k = 2U << 16U;
constexpr std::uint32_t clock_records = 256;

// The record's place among the events of its frame, of which there are few (correlate/place.hpp).
// Nothing: it is written down, and not judged.
std::optional<std::uint32_t> place_k(std::uint32_t k) {
  static_assert(correlate::max_derived >= 2047);
  if (k < joined_k) return k < 1024 ? std::optional(k) : std::nullopt;
  if (k < clock_k) return k - joined_k < 512 ? std::optional(1024 + k - joined_k) : std::nullopt;
  const std::uint32_t record = (k - clock_k) / clock_records, rest = (k - clock_k) % clock_records;
  return rest < 64 ? std::optional(1536 + record % 8 * 64 + rest) : std::nullopt;
}

event::LogsourceId audit_logsource(const Pipeline& pipeline) {
  return pipeline.decoders->shape(pipeline.decoders->body_shape(ingest::BodyKind::audit)).logsource;
}

}  // namespace

// Each level has a batch of its own: a derived record must outlive those that it causes.
class Sequence::Derived {
 public:
  event::Batch batch;
  std::vector<event::RuleIndex> met;
  std::vector<event::Detection> detections;
};

Sequence::Sequence(std::shared_ptr<const Pipeline> pipeline, const event::SourceTable& sources,
                   const FoldOptions& options,
                   std::optional<std::vector<correlate::CorrelationSpec>> warmed)
    : pipeline_(std::move(pipeline)),
      sources_(sources),
      options_(options),
      crew_(options.shards > 1 ? options.shards - 1 : 0),
      correlator_(std::make_unique<correlate::ShardedCorrelator>(
          warmed ? *warmed : pipeline_->specs, options.correlate, warmed ? 1 : options.shards,
          pipeline_->rules->covering(respond::lockout_logsource()),
          [this](std::size_t count, const std::function<void(std::size_t)>& task) {
            crew_.run(count, task);
          })),
      lockouts_(options.lockout),
      join_(pipeline_->fields, audit_logsource(*pipeline_)),
      matcher_(pipeline_->rules, pipeline_->logsources, pipeline_->fields),
      decoder_(*pipeline_->decoders, pipeline_->fields, sources, decoder_options(options)),
      warming_rules_(correlator_->specs()),
      warms_(warmed.has_value()) {}

Sequence::~Sequence() = default;

void Sequence::keep_no_account() { correlator_->keep_no_account(); }

// A file's line without a time has that of the line before it; the first one, its reception.
void Sequence::inherit_time(const event::Frame& frame, event::Event& event) {
  if (frame.source.value >= by_source_.size()) by_source_.resize(frame.source.value + 1);
  Source& source = by_source_[frame.source.value];
  if (event.has_time) {
    source.changed = source.changed || !source.known || source.last != event.time;
    source.known = true;
    source.last = event.time;
    return;
  }
  event.time = source.known ? source.last : base::EventTime(frame.received.value);
  event.anomalies.set(event::Anomaly::time_inherited);
}

void Sequence::apply(Work& work, Output& out) {
  correlator_->prepare(work.batch);
  collect(work.batch);
  judge_steps(out);
  for (const event::SourceId source : work.finished) correlator_->source_finished(source);
  if (work.clock) act_on_clock(work, out);
  warming_rules_.advance(correlator_->watermark());
  take_changes(out);
}

// Everything of a batch that is to be judged, in order: a joined event stands before the record
// that completed it.
void Sequence::collect(event::Batch& batch) {
  std::span<const event::Detection> left(batch.detections);
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    event::Event& event = batch.events[i];
    const event::Frame& frame = batch.frames[i];
    inherit_time(frame, event);
    const std::size_t joined = joined_.from.size();
    join_.add(batch, i, joined_);
    if (joined_.from.size() != joined) [[unlikely]]
      collect_joined();
    std::size_t count = 0;
    while (count < left.size() && left[count].event == i) ++count;
    steps_.push_back({{batch.seq(i), 0, event.time, frame.source, frame.received, &batch, &event,
                       event.kind == event::EventKind::own},
                      left.first(count)});
    left = left.subspan(count);
  }
}

void Sequence::collect_joined() {
  for (std::size_t i = joined_steps_.size(); i < joined_.from.size(); ++i) {
    met_.clear();
    matcher_.match_event(joined_.batch, joined_.batch.events[i], joined_.batch.raw(i), met_);
    joined_steps_.push_back({steps_.size(), i, met_detections_.size(), met_.size()});
    for (const event::RuleIndex rule : met_)
      met_detections_.push_back({static_cast<std::uint32_t>(i), rule});
    steps_.emplace_back();
  }
}

// Judges what was collected: first the parts of the correlator for themselves, then all in order.
void Sequence::judge_steps(Output& out) {
  for (const JoinedStep& joined : joined_steps_) {
    const event::Event& event = joined_.batch.events[joined.event];
    const event::Frame& frame = joined_.batch.frames[joined.event];
    steps_[joined.step] = {
        {joined_.from[joined.event].seq, 0, event.time, frame.source, frame.received,
         &joined_.batch, &event},
        std::span(met_detections_).subspan(joined.first_detection, joined.detections)};
  }
  correlator_->run(steps_);
  for (const auto& [view, detections] : steps_) {
    for (const event::Detection& detection : detections)
      out.detections.push_back({detection.rule, view.seq, view.time});
    next_k_ = view.batch == &joined_.batch ? joined_k : frame_k;
    judge(view, detections, out);
    if (!expected_.empty() && view.batch != &joined_.batch) [[unlikely]]
      judge_expected(view, out);
  }
  steps_.clear();
  joined_steps_.clear();
  met_detections_.clear();
  joined_.clear();
}

// Time went on although no frame says so. Does nothing a second time, so that it does not matter
// whether a checkpoint behind the same frame has seen it.
void Sequence::act_on_clock(const Work& work, Output& out) {
  const base::ReceivedTime now = work.clock->now;
  const bool joins = join_.is_due(now);
  const bool moves = work.clock->listened && correlator_->clock_matters(now);
  if (!joins && !moves) return;
  out.clock_acted = true;
  if (joins) {
    join_.advance(now, joined_);
    collect_joined();
    judge_steps(out);
  }
  if (!moves) return;
  out.silence_acted = true;
  correlator_->on_clock(now);
  next_k_ = clock_k + work.clock->k * clock_records;
  const std::uint64_t next = work.batch.first_seq.value + work.batch.frames.size();
  judge_fired({event::Seq(next - 1), 0, {}, event::SourceId(0), now, nullptr, nullptr}, out);
}

void Sequence::judge(const correlate::EventView& view, std::span<const event::Detection> detections,
                     Output& out) {
  if (correlator_->on_event(view, detections) == correlate::Verdict::too_late) ++out.late;
  judge_fired(view, out);
}

// Orders and judges the lockouts that the last call to the correlator asks for.
void Sequence::judge_fired(const correlate::EventView& view, Output& out) {
  if (correlator_->fired().empty() || warms_) return;
  // A lockout record that is judged replaces fired(): keep what asks for one.
  std::vector<event::Lockout> ordered;
  for (const correlate::Fired& fired : correlator_->fired()) lock(view, fired, ordered);
  for (event::Lockout& lockout : ordered) {
    out.lockouts.push_back(lockout);
    judge_derived(view, lockout, out);
  }
}

// Decides on the rule's lock_account actions. The record's place is behind the frame of `view`.
void Sequence::lock(const correlate::EventView& view, const correlate::Fired& fired,
                    std::vector<event::Lockout>& out) {
  const rules::Rule& rule = (*pipeline_->rules)[fired.rule];
  // What waited for the watermark fired at a time that no event may have any more.
  const base::EventTime reached(correlator_->watermark());
  // Nor was it fired by this event: only its group speaks for it.
  const bool own = view.batch != nullptr && fired.alert->fired_by == view.seq;
  for (const rules::LockAccount& action : rule.actions) {
    const auto value_of = [&](std::string_view name, event::FieldId id) -> std::string_view {
      for (const auto& [field, value] : fired.alert->group) {
        if (field == name) return value;
      }
      const event::Field* field = own ? view.batch->find(*view.event, id) : nullptr;
      return field == nullptr ? std::string_view() : field->value();
    };
    respond::LockoutRequest request{.alert = *fired.alert,
                                    .seq = view.seq,
                                    .k = next_k_++,
                                    .time = std::max(fired.alert->fired_at, reached),
                                    .user = value_of(action.user_name, action.user),
                                    .host = action.host_name.empty()
                                                ? std::string_view()
                                                : value_of(action.host_name, action.host),
                                    .duration = {},
                                    .authenticated = sources_[view.source].authenticated};
    if (action.duration.count() > 0) request.duration = action.duration;
    out.push_back(lockouts_.decide(request));
  }
}

// The record is an event like any other, right behind the frame that caused it: rules see it.
void Sequence::judge_derived(const correlate::EventView& parent, const event::Lockout& lockout,
                             Output& out) {
  const auto k = place_k(lockout.k);
  if (depth_ >= max_depth || !k) return;
  Derived derived;
  derived.batch.first_seq = parent.seq;
  derived.batch.add_frame(respond::lockout_frame(lockout), event::SourceId(0), parent.received);
  decoder_.decode(derived.batch);
  event::Event& event = derived.batch.events.front();
  event.time = lockout.time;
  event.has_time = true;
  event.logsource = pipeline_->lockout;
  matcher_.match_event(derived.batch, event, derived.batch.raw(0), derived.met);
  for (const event::RuleIndex rule : derived.met) {
    derived.detections.push_back({0, rule});
    out.detections.push_back({rule, lockout.seq, event.time});
  }
  ++depth_;
  judge({lockout.seq, *k, event.time, parent.source, parent.received, &derived.batch, &event},
        derived.detections, out);
  --depth_;
}

bool Sequence::follows_frame(const event::Lockout& lockout) { return lockout.k < joined_k; }

void Sequence::expect(std::vector<event::Lockout> lockouts) {
  expected_.insert(expected_.end(), std::make_move_iterator(lockouts.begin()),
                   std::make_move_iterator(lockouts.end()));
}

void Sequence::judge_expected(const correlate::EventView& view, Output& out) {
  for (; !expected_.empty() && expected_.front().seq <= view.seq; expected_.pop_front()) {
    if (expected_.front().seq == view.seq) judge_derived(view, expected_.front(), out);
  }
}

bool Sequence::end_warming(std::int64_t watermark, const std::vector<bool>& is_new) {
  const bool fits = correlator_->end_warming(watermark, is_new);
  // Its alerts are shown to nobody.
  correlator_->take_changes([](const correlate::AlertChange&) {});
  return fits;
}

void Sequence::take_changes(Output& out) {
  correlator_->take_changes([&](const correlate::AlertChange& change) {
    // Not copied: an alert is a dozen texts, and one that goes on changes with most batches.
    out.alerts.push_back(
        {&change.alert, change.rule, change.number, change.opened, change.retold, change.closed});
  });
}

void Sequence::finish(Output& out) {
  join_.flush_end(joined_);
  collect_joined();
  judge_steps(out);
  correlator_->finish();
  take_changes(out);
}

void Sequence::save_changes(event::StateWriter& out) {
  for (std::size_t i = 0; i < by_source_.size(); ++i) {
    if (!by_source_[i].changed) continue;
    by_source_[i].changed = false;
    out.put(fmt::format("{}{:010}", source_prefix, i), std::to_string(by_source_[i].last.value));
  }
  join_.save(out);
  lockouts_.save(out);
  warming_rules_.save_changes(out);
  correlator_->save_changes(out);
}

base::Result<void> Sequence::load(std::string_view key, std::string_view value) {
  if (key.starts_with(ingest::AuditJoin::state_prefix)) return join_.load(key, value);
  if (key == respond::LockoutPolicy::state_key) return lockouts_.load(key, value);
  if (key.starts_with(correlate::state_prefix)) return correlator_->load(key, value);
  if (key.starts_with(WarmingRules::state_prefix)) return warming_rules_.load(key, value);
  if (!key.starts_with(source_prefix))
    return base::fail("engine-7",
                      fmt::format("the checkpoint has an entry `{}` that nothing here wrote",
                                  base::printable(key)));
  const auto id = base::parse_integer(key.substr(source_prefix.size()));
  const auto time = base::parse_integer(value);
  if (!id || !time || *id < 0 || static_cast<std::size_t>(*id) >= sources_.size()) {
    return base::fail("engine-7",
                      fmt::format("the checkpoint's entry `{}` is damaged", base::printable(key)));
  }
  if (by_source_.size() <= static_cast<std::size_t>(*id))
    by_source_.resize(static_cast<std::size_t>(*id) + 1);
  by_source_[static_cast<std::size_t>(*id)] = {true, false, base::EventTime(*time)};
  return {};
}

base::Result<void> Sequence::loaded() { return correlator_->finish_load(); }

base::Result<void> Sequence::load_from(const event::StateSource& state) {
  constexpr std::size_t all = SIZE_MAX;
  correlator_->keep_cold_in(state);
  const auto take = [this](std::string_view key, std::string_view value) {
    return load(key, value);
  };
  TRY_VOID(state.scan({}, correlate::group_prefix, all, take));
  TRY_VOID(state.scan(correlate::behind_groups, warming_prefix, all, take));
  TRY_VOID(state.scan(behind_warming, {}, all, take));
  return loaded();
}

}  // namespace tocsin::engine
