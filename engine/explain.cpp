#include "engine/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "correlate/group_key.hpp"
#include "engine/log_fold.hpp"
#include "engine/state_copy.hpp"

namespace tocsin::engine {

namespace {

using correlate::CorrelationSpec;
using correlate::minus;
using correlate::plus;

// The frames of some blocks, from the first to the last of them.
struct Span {
  event::Seq first;
  event::Seq last;
};

struct Target {
  std::uint32_t spec = 0;
  std::int64_t timespan = 0;
  std::int64_t reach = 0;  // events so long ago can matter
  std::string key;
};

std::int64_t timespan_of(const CorrelationSpec& spec, const FoldOptions& options) {
  return spec.timespan_by_option ? options.correlate.alert_timespan.count() : spec.timespan;
}

// A correlation that is true now may rest on events of one timespan ago, and so on inwards.
std::int64_t reach_of(const std::vector<CorrelationSpec>& specs, std::uint32_t at,
                      const FoldOptions& options) {
  std::int64_t inner = 0;
  for (std::size_t i = 0; i < specs[at].feed_count(); ++i) {
    const correlate::Input& input = specs[at].input(i);
    if (input.inner) inner = std::max(inner, reach_of(specs, *input.inner, options));
  }
  return plus(timespan_of(specs[at], options), inner);
}

base::Result<std::string> key_of_group(const CorrelationSpec& spec,
                                       const event::GroupValues& group) {
  const std::string fields =
      spec.group_names.empty() ? "it has one group for all events"
                               : fmt::format("it groups by {}", fmt::join(spec.group_names, ", "));
  for (const auto& [name, value] : group) {
    if (std::ranges::find(spec.group_names, name) == spec.group_names.end()) {
      return base::fail("engine-21", base::printable(fmt::format(
                                         "the rule has no group by `{}`: {}", name, fields)));
    }
  }
  correlate::KeyValues values;
  std::vector<std::uint32_t> places;
  for (const std::string& name : spec.group_names) {
    places.push_back(static_cast<std::uint32_t>(values.size()));
    const auto found = std::ranges::find(group, name, &std::pair<std::string, std::string>::first);
    if (found == group.end()) {
      values.emplace_back();
    } else {
      values.emplace_back(found->second);
    }
  }
  auto key = correlate::join_values(values, places, spec.group_optional);
  if (key) return *std::move(key);
  return base::fail(
      "engine-21",
      base::printable(fmt::format("which group is asked for? {}: each is given a value", fields)));
}

base::Result<Target> target_of(const Setup& setup, const ExplainRequest& request) {
  const auto& specs = setup.pipeline->specs;
  const auto found = std::ranges::find(specs, request.rule, &CorrelationSpec::rule);
  if (found == specs.end()) {
    return base::fail("engine-22", fmt::format("the rule {} raises no alerts of its own and "
                                               "counts nothing: explain it over an event",
                                               (*setup.pipeline->rules)[request.rule].id));
  }
  Target target;
  target.spec = static_cast<std::uint32_t>(found - specs.begin());
  target.timespan = timespan_of(*found, setup.fold);
  target.reach = reach_of(specs, target.spec, setup.fold);
  TRY(target.key, key_of_group(*found, request.group));
  return target;
}

base::Error not_in_the_log(base::EventTime at, base::EventTime first, base::EventTime last) {
  return {"engine-20",
          fmt::format("the log has nothing of {}: its events are of {} to {}",
                      base::format_rfc3339(at.value), base::format_rfc3339(first.value),
                      base::format_rfc3339(last.value)),
          {}};
}

// Everything that the window, the windows inside it and the watermark can depend on, by the times
// of blocks: lateness and silence of sources reach over its begin, and what comes late over its
// end. Where nothing is of that time, the block before it.
base::Result<Span> span_of(const store::Store& store, const Setup& setup, const Target& target,
                           base::EventTime at) {
  const correlate::Options& options = setup.fold.correlate;
  const std::int64_t before = minus(minus(minus(at.value, target.reach), options.lateness.count()),
                                    options.idle_timeout.count());
  const std::int64_t after = plus(plus(at.value, target.timespan), options.lateness.count());
  std::optional<Span> span;
  Span nearest{store.first_seq(), store.first_seq()};
  TRY_VOID(store.read_index([&](const store::BlockInfo& info) {
    const Span block{std::max(info.first_seq, store.first_seq()), event::Seq(info.end().value - 1)};
    if (info.max_time.value <= before) nearest = block;
    if (info.max_time.value <= before || info.min_time.value > after) return true;
    if (!span) span = block;
    span->last = block.last;
    return true;
  }));
  return span.value_or(nearest);
}

// Reads the log and takes its account.
class Reading {
 public:
  Reading(const store::Store& store, const Setup& setup, const ExplainRequest& request,
          const Target& target)
      : store_(store), setup_(setup), request_(request), target_(target) {}

  base::Result<Explanation> read(const event::SourceTable& sources, Span span, bool whole) {
    StateCopy state;
    // What retention left of the time before; without it, that time is unknown.
    if (whole && request_.in_force && !read_anchor(store_, state)) state = StateCopy();
    TRY(const auto sequence, make_sequence(setup_, sources, state));
    Explanation out;
    out.first = span.first;
    out.last = span.last;
    out.whole = whole;
    out.account = std::make_unique<correlate::Account>(
        sequence->correlator().specs()[target_.spec], setup_.pipeline->fields,
        correlate::Question{target_.spec, target_.key, request_.at.value, request_.lines});
    alerts_.clear();
    group_ = correlate::group_values(out.account->spec(), target_.key);
    sequence->keep_no_account();
    sequence->set_tap(out.account.get());
    LogFoldOptions options;
    options.from = span.first;
    options.last = span.last;
    options.threads = request_.threads;
    options.on_output = [this](const Output& output) { take(output); };
    TRY_VOID(fold_by(store_, sources, setup_, *sequence, state, options));
    if (span.last == store_.last_seq()) {
      TRY_VOID(end_as_it_did(*sequence));
    }
    sequence->set_tap(nullptr);
    out.watermark = sequence->correlator().watermark();
    for (const auto& [id, alert] : alerts_) place(alert, out);
    return out;
  }

  // The alerts that the store has, in place of those that were computed.
  base::Result<void> take_stored(Explanation& out) const {
    out.alert.reset();
    out.next.reset();
    out.alerts_stored = true;
    store::AlertFilter filter;
    filter.rule_id = out.account->spec().id;
    return store_.read_alerts(filter, [&](const store::StoredAlert& stored) {
      if (stored.alert.group == group_) place(stored.alert, out);
      return true;
    });
  }

 private:
  void take(const Output& output) {
    for (const ChangedAlert& changed : output.alerts) {
      if (changed.rule == request_.rule && changed.alert->group == group_)
        alerts_.insert_or_assign(changed.alert->id, *changed.alert);
    }
  }

  // Where the log ends with the end of a replay, that decided what waited.
  base::Result<void> end_as_it_did(Sequence& sequence) {
    bool ended = false;
    TRY_VOID(store_.read_clocks(store_.last_seq(), [&](const store::ClockRecord& clock) {
      ended |= clock.what == end_of_replay;
      return true;
    }));
    if (!ended) return {};
    Output output;
    sequence.finish(output);
    if (sequence.failure()) return std::unexpected(*sequence.failure());
    take(output);
    return {};
  }

  // The episode of the time asked for, or the next one.
  void place(const event::Alert& alert, Explanation& out) const {
    if (alert.merged_into) return;
    const base::EventTime at = request_.at;
    if (alert.fired_at > at) {
      if (!out.next || alert.fired_at < out.next->fired_at) out.next = alert;
    } else if (at.value < plus(alert.last_seen.value, target_.timespan)) {
      if (!out.alert || alert.fired_at > out.alert->fired_at) out.alert = alert;
    }
  }

  const store::Store& store_;
  const Setup& setup_;
  const ExplainRequest& request_;
  const Target& target_;
  event::GroupValues group_;
  std::map<event::AlertId, event::Alert> alerts_;
};

// From when on less is held, when no event comes any more.
std::optional<base::EventTime> less_from(const CorrelationSpec& spec,
                                         const std::vector<correlate::CountedEvent>& events,
                                         const correlate::Held& held) {
  if (!correlate::counts_up(spec) || held.number.value_or(0) <= 0) return std::nullopt;
  std::size_t low = 1, high = events.size();  // without the first `high` it is less
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (correlate::held_by(spec, std::span(events).subspan(middle)).number < held.number) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return base::EventTime(plus(events[high - 1].place.time, spec.timespan));
}

Verdict judge(const Explanation& out) {
  const CorrelationSpec& spec = out.account->spec();
  if (!spec.alerts) return out.held.is_true ? Verdict::satisfied : Verdict::not_fired;
  if (out.alert) {
    if (out.alert->fired_at.value == out.account->question().at) return Verdict::fired;
    if (!out.counted.empty() && out.counted.back().place.time == out.alert->fired_at.value &&
        out.counted.back().place.seq() == out.alert->fired_by)
      return Verdict::fired;
    return out.held.is_true ? Verdict::amended : Verdict::open;
  }
  if (spec.deferred && out.watermark <= out.account->question().at) return Verdict::waiting;
  return Verdict::not_fired;
}

void measure(Explanation& out) {
  const CorrelationSpec& spec = out.account->spec();
  out.counted = out.account->counted();
  out.held = correlate::held_by(spec, out.counted);
  if (correlate::counts_up(spec))
    out.missing = std::max(0.0, static_cast<double>(spec.at_least) - out.held.number.value_or(0));
  out.less_from = less_from(spec, out.counted, out.held);
  out.verdict = judge(out);
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::fired:
      return "fired";
    case Verdict::amended:
      return "amended";
    case Verdict::open:
      return "open";
    case Verdict::satisfied:
      return "satisfied";
    case Verdict::waiting:
      return "waiting";
    case Verdict::not_fired:
      return "not_fired";
  }
  return "";
}

base::Result<Then> rules_then(const store::Store& store, base::EventTime at) {
  TRY(auto epochs, store.epochs());
  Then then;
  bool any = false;
  std::optional<event::Seq> reached;  // the block in which event time came so far
  event::Seq before;
  TRY_VOID(store.read_index([&](const store::BlockInfo& info) {
    then.first = any ? std::min(then.first, info.min_time) : info.min_time;
    then.last = any ? std::max(then.last, info.max_time) : info.max_time;
    if (!reached && info.max_time >= at)
      reached = info.min_time > at && any ? before : event::Seq(info.end().value - 1);
    before = event::Seq(info.end().value - 1);
    any = true;
    return true;
  }));
  if (!any) return base::fail("engine-20", "the log has no events yet");
  if (epochs.empty())
    return base::fail("engine-6", "the store does not say by which rules its log was judged");
  const event::Seq seq = reached.value_or(before);
  then.epoch = std::move(epochs.front());
  for (std::size_t i = 1; i < epochs.size(); ++i) {
    if (epochs[i].from <= seq) then.epoch = std::move(epochs[i]);
  }
  return then;
}

base::Result<Explanation> explain(const store::Store& store, const Setup& setup,
                                  const ExplainRequest& request) {
  TRY(const Target target, target_of(setup, request));
  TRY(const Then then, rules_then(store, request.at));
  if (request.at < then.first || request.at.value >= plus(then.last.value, target.timespan))
    return std::unexpected(not_in_the_log(request.at, then.first, then.last));
  TRY(Span span, span_of(store, setup, target, request.at));
  event::SourceTable sources;
  TRY_VOID(store.load_sources(sources));
  Reading reading(store, setup, request, target);
  const bool whole = request.whole || span.first == store.first_seq();
  if (whole) span.first = store.first_seq();
  TRY(Explanation out, reading.read(sources, span, whole));
  if (request.in_force && out.account->spec().alerts) {
    const bool computed = out.alert.has_value();
    TRY_VOID(reading.take_stored(out));
    // What came before the blocks that were read mattered all the same: a source whose clock was
    // far ahead, say.
    if (computed != out.alert.has_value() && !whole) {
      span.first = store.first_seq();
      TRY(out, reading.read(sources, span, true));
      TRY_VOID(reading.take_stored(out));
    }
  }
  measure(out);
  return out;
}

}  // namespace tocsin::engine
