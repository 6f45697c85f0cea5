#include "engine/backtest.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "correlate/place.hpp"
#include "engine/log_fold.hpp"
#include "engine/state_copy.hpp"
#include "respond/lockout.hpp"

namespace tocsin::engine {

namespace {

using correlate::minus;
using correlate::plus;

// What a rule counts, down to the detection rules.
void add_below(const rules::RuleSet& rules, event::RuleIndex at, std::vector<bool>& out) {
  if (out[at.value]) return;
  out[at.value] = true;
  if (!rules[at].correlation) return;
  for (const rules::CorrelationInput& input : rules[at].correlation->inputs)
    add_below(rules, input.rule, out);
  if (rules[at].correlation->until) add_below(rules, rules[at].correlation->until->rule, out);
}

// The rules that are asked about, with what they refer to.
std::vector<bool> chosen(const rules::RuleSet& rules, const std::vector<std::string>& ids) {
  std::vector<bool> out(rules.size(), false);
  for (const std::string& id : ids) {
    if (const auto found = rules.find(id)) add_below(rules, *found, out);
  }
  return out;
}

// How long ago an event may be that matters to each of the specs; groups that are judged by
// silence live on for some time.
std::vector<std::int64_t> reaches_of(const std::vector<correlate::CorrelationSpec>& specs,
                                     const correlate::Options& options) {
  std::vector<std::int64_t> out;
  for (const correlate::CorrelationSpec& spec : specs) {
    std::int64_t below = 0;
    for (std::size_t i = 0; i < spec.feed_count(); ++i) {
      if (const auto inner = spec.input(i).inner) below = std::max(below, out[*inner]);
    }
    const std::int64_t own =
        spec.timespan_by_option ? options.alert_timespan.count() : spec.timespan;
    out.push_back(plus(spec.by_instants ? plus(own, plus(own, own)) : own, below));
  }
  return out;
}

class Run {
 public:
  Run(const store::Store& store, const BacktestRequest& request)
      : store_(store), request_(request) {}

  base::Result<Backtest> run() {
    TRY(epochs_, store_.epochs());
    if (store_.last_seq().value == 0) return base::fail("engine-20", "the log has no events yet");
    if (epochs_.empty())
      return base::fail("engine-6", "the store does not say by which rules its log was judged");
    TRY(const Setup newest, setup_of(epochs_.back()));
    TRY_VOID(describe(newest));
    TRY_VOID(choose_frames());
    TRY_VOID(fold());
    finish();
    return std::move(out_);
  }

 private:
  // By the decoders and options of the epoch; each that differs is compiled once.
  base::Result<Setup> setup_of(const store::Epoch& epoch) {
    TRY(Setup setup, read_epoch(store_, epoch));
    setup.packs.rules = request_.packs.rules;
    setup.packs.lists = request_.packs.lists;
    setup.packs.mappings = request_.packs.mappings;
    setup.fold.shards = shards_of(request_.shards, request_.threads);
    for (const Setup& known : setups_) {
      if (same_setup(known, setup)) return known;
    }
    const RuleChoice choose = [this](const rules::RuleSet& rules) {
      return chosen(rules, request_.rules);
    };
    BuiltPipeline built = build_pipeline(setup.packs, request_.cache, choose, request_.skip);
    if (!built.pipeline) {
      return base::fail("engine-5", "the decoders of the log do not compile any more: " +
                                        (built.errors.empty() ? std::string("no reason")
                                                              : to_string(built.errors.front())));
    }
    setup.pipeline = std::move(built.pipeline);
    setups_.push_back(setup);
    return setup;
  }

  base::Result<void> describe(const Setup& setup) {
    const rules::RuleSet& rules = *setup.pipeline->rules;
    std::map<event::RuleIndex, std::int64_t> reach;
    for (const store::Epoch& epoch : epochs_) {
      const auto then = read_epoch(store_, epoch);
      if (!then) continue;  // it matters only where its frames are read
      const auto reaches = reaches_of(setup.pipeline->specs, then->fold.correlate);
      for (std::size_t i = 0; i < reaches.size(); ++i) {
        std::int64_t& most = reach[setup.pipeline->specs[i].rule];
        most = std::max(most, reaches[i]);
        reach_ = std::max(reach_, reaches[i]);
      }
      slack_ = std::max(slack_, plus(then->fold.correlate.lateness.count(),
                                     then->fold.correlate.idle_timeout.count()));
    }
    for (const std::string& id : std::set(request_.rules.begin(), request_.rules.end())) {
      const auto index = rules.find(id);
      if (!index) continue;
      const rules::Rule& rule = rules[*index];
      place_.emplace(rule.id, out_.rules.size());
      out_.rules.push_back({rule.id, rule.title, rule.level, rule.is_correlation(), rule.alerts,
                            base::Nanoseconds(reach[*index]), 0});
    }
    return {};
  }

  // By the times of blocks.
  base::Result<void> choose_frames() {
    const store::TimeSpan& span = request_.span;
    const std::int64_t from = minus(minus(minus(span.from.value, reach_), reach_), slack_);
    const std::int64_t to = plus(plus(span.to.value, reach_), slack_);
    bool any = false, found = false;
    TRY_VOID(store_.read_index([&](const store::BlockInfo& info) {
      out_.log_begin = any ? std::min(out_.log_begin, info.min_time) : info.min_time;
      out_.log_end = any ? std::max(out_.log_end, info.max_time) : info.max_time;
      any = true;
      if (info.max_time.value < from || info.min_time.value > to) return true;
      if (!found) out_.first = std::max(info.first_seq, store_.first_seq());
      found = true;
      out_.last = event::Seq(info.end().value - 1);
      return true;
    }));
    out_.begin = std::max(span.from, out_.log_begin);
    out_.end = std::min(span.to, out_.log_end);
    if (!found || out_.begin > out_.end) {
      return base::fail("engine-20", "the log has nothing of that time: its events are of " +
                                         base::format_rfc3339(out_.log_begin.value) + " to " +
                                         base::format_rfc3339(out_.log_end.value));
    }
    return {};
  }

  base::Result<void> fold() {
    event::SourceTable sources;
    TRY_VOID(store_.load_sources(sources));
    StateCopy state;
    // What is known of the time before the log's begin: nothing, or what retention left.
    if (out_.first != store_.first_seq() || !read_anchor(store_, state)) state = StateCopy();
    LogFoldOptions options;
    options.from = out_.first;
    options.last = out_.last;
    options.threads = request_.threads;
    options.judge_ends = true;
    options.setup_of = [this](const store::Epoch& epoch) { return setup_of(epoch); };
    options.on_sequence = [this](Sequence& sequence, const Setup& setup, event::Seq from) {
      return begin(sequence, setup, from);
    };
    options.on_batch = [this](const Work& work) { count(work); };
    options.on_output = [this](const Output& output) { take(output); };
    options.stopped = [this] {
      out_.is_cut = out_.alerts.size() >= request_.most_alerts;
      return out_.is_cut || (request_.stopped && request_.stopped());
    };
    if (request_.on_progress) {
      options.on_progress = [this](event::Seq done) {
        request_.on_progress(done.value - out_.first.value + 1,
                             out_.last.value - out_.first.value + 1);
      };
    }
    const auto folded = fold_log(store_, sources, state, {}, options);
    if (!folded && !out_.is_cut) return std::unexpected(folded.error());
    return {};
  }

  base::Result<void> begin(Sequence& sequence, const Setup& setup, event::Seq from) {
    const rules::RuleSet& rules = *setup.pipeline->rules;
    counted_.assign(rules.size(), {});
    for (std::size_t i = 0; i < out_.rules.size(); ++i) {
      std::vector<bool> below(rules.size(), false);
      if (const auto index = rules.find(out_.rules[i].id)) add_below(rules, *index, below);
      for (std::size_t rule = 0; rule < below.size(); ++rule) {
        if (below[rule]) counted_[rule].push_back(i);
      }
    }
    return expect_lockouts(sequence, rules, from);
  }

  // Records that other rules caused are events that rules may ask for. Where these rules cause some
  // themselves the places behind a frame are theirs.
  base::Result<void> expect_lockouts(Sequence& sequence, const rules::RuleSet& rules,
                                     event::Seq from) {
    const std::vector<bool> asked = rules.covering(respond::lockout_logsource());
    if (std::ranges::find(asked, true) == asked.end()) return {};
    const std::vector<bool> kept = chosen(rules, request_.rules);
    bool own = false;
    for (std::size_t i = 0; i < rules.size(); ++i)
      own = own || (kept[i] && !rules.rules()[i].actions.empty());
    std::vector<event::Lockout> lockouts;
    TRY_VOID(store_.read_lockouts(from, [&](const event::Lockout& lockout) {
      if (lockout.seq > out_.last) return false;
      const auto index = rules.find(lockout.rule_id);
      if (own) {
        out_.lacks_lockouts = out_.lacks_lockouts || !index || !kept[index->value];
      } else if (Sequence::follows_frame(lockout)) {
        lockouts.push_back(lockout);
      }
      return true;
    }));
    sequence.expect(std::move(lockouts));
    return {};
  }

  [[nodiscard]] bool is_inside(base::EventTime time) const {
    return time >= request_.span.from && time <= request_.span.to;
  }

  void count(const Work& work) {
    out_.events += work.batch.events.size();
    out_.skipped += work.skipped;
    for (const event::Event& event : work.batch.events) {
      out_.events_before += event.time < request_.span.from ? 1 : 0;
      reached_ = std::max(reached_, event.time);
    }
  }

  void take(const Output& output) {
    for (const Output::Met& met : output.detections) {
      if (!is_inside(met.time)) continue;
      for (const std::size_t rule : counted_[met.rule.value]) ++out_.rules[rule].detections;
    }
    for (const ChangedAlert& changed : output.alerts) take(changed);
    for (const event::Lockout& lockout : output.lockouts) {
      if (is_inside(lockout.time) && place_.contains(lockout.rule_id) &&
          locked_.insert({lockout.seq, lockout.k}).second)
        out_.lockouts.push_back(lockout);
    }
  }

  // What the end of a replay decided may be decided again, under the same id.
  void take(const ChangedAlert& changed) {
    const event::Alert& alert = *changed.alert;
    const auto known = known_.find(alert.id);
    if (known != known_.end()) {
      event::Alert& ours = out_.alerts[known->second];
      if (changed.retold || changed.opened) ours = alert;
      ours.last_seen = alert.last_seen;
      ours.total = alert.total;
    } else if (changed.opened && is_inside(alert.fired_at) && place_.contains(alert.rule_id)) {
      known_.emplace(alert.id, out_.alerts.size());
      out_.alerts.push_back(alert);
    }
  }

  void finish() {
    if (out_.is_cut) out_.end = std::min(out_.end, reached_);
    out_.is_blind = minus(out_.begin.value, reach_) < out_.log_begin.value;
    std::ranges::stable_sort(out_.alerts, [](const event::Alert& a, const event::Alert& b) {
      return std::tie(a.fired_at, a.fired_by, a.rule_id) <
             std::tie(b.fired_at, b.fired_by, b.rule_id);
    });
  }

  const store::Store& store_;
  const BacktestRequest& request_;
  std::vector<store::Epoch> epochs_;
  std::vector<Setup> setups_;
  std::int64_t reach_ = 0;  // of all rules
  std::int64_t slack_ = 0;  // by which sources may be behind
  Backtest out_;
  std::map<std::string, std::size_t, std::less<>> place_;  // in out_.rules, by id
  std::vector<std::vector<std::size_t>> counted_;  // by RuleIndex: whose detections they are
  std::map<event::AlertId, std::size_t> known_;    // in out_.alerts
  std::set<std::pair<event::Seq, std::uint32_t>> locked_;
  base::EventTime reached_{std::numeric_limits<std::int64_t>::min()};
};

}  // namespace

base::Result<Backtest> backtest(const store::Store& store, const BacktestRequest& request) {
  return Run(store, request).run();
}

}  // namespace tocsin::engine
