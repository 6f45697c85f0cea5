#include "correlate/correlator.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

#include "base/check.hpp"
#include "correlate/group_key.hpp"
#include "correlate/number.hpp"

namespace tocsin::correlate {

namespace {

constexpr std::int64_t end_of_time = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t max_weight = 1'000'000'000;
// Looks for empty windows each time the watermark moves.
constexpr std::size_t looks_a_move = 64;
// Numbers of alerts until renumber(): above all that hold, so that what opened before is older.
constexpr std::uint64_t first_passing_number = std::uint64_t{1} << 63U;
constexpr std::size_t not_prepared = std::numeric_limits<std::size_t>::max();

// What a weight field says: a whole number from 1 to max_weight; anything else counts once.
std::uint64_t weight_of(std::string_view text) {
  std::uint64_t weight = 1;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), weight);
  if (status != std::errc{} || end != text.data() + text.size()) return 1;
  return std::clamp<std::uint64_t>(weight, 1, max_weight);
}

}  // namespace

Correlator::Correlator(std::vector<CorrelationSpec> specs, const Options& options, Share share)
    : specs_(std::move(specs)),
      options_(options),
      share_(std::move(share)),
      watermark_(options.lateness, options.idle_timeout),
      next_look_(end_of_time),
      listed_(specs_.size()) {
  workshop_.pool.set_limit(options.window_bytes);
  if (share_.of != 0) workshop_.book.next_number = first_passing_number;
  for (CorrelationSpec& spec : specs_) {
    if (spec.timespan_by_option) spec.timespan = options.alert_timespan.count();
  }
  for (std::uint32_t i = 0; i < specs_.size(); ++i) {
    windows_.push_back(std::make_unique<RuleWindows>(specs_[i], i, workshop_));
    by_content_.emplace(specs_[i].content, i);
    if (!specs_[i].expected.empty() && share_.keeps_spec(i))
      beginnings_.push_back({i, std::nullopt});
  }
  index_rules();
}

Correlator::~Correlator() = default;

// Later than lateness: stored and counted, not correlated; received time goes on all the same.
Verdict Correlator::refuse(const EventView& view, std::span<const event::Detection> detections) {
  ++counters_.too_late;
  if (tap_ != nullptr) tell_too_late(view, detections);
  if (view.k == 0 && watermark_.tick(view.received)) {
    advance();
    finish_step();
  }
  return Verdict::too_late;
}

// No log has come so far as its time says: received time goes on by it, and nothing else.
Verdict Correlator::judge_own(const EventView& view, std::span<const event::Detection> detections) {
  behind_ = false;
  if (!beginnings_.empty()) begin_with(view.time.value);
  judge_event(view, detections);
  if (watermark_.tick(view.received)) advance();
  finish_step();
  return Verdict::in_time;
}

void Correlator::tell(const EventView& view, const Feed& to, const Key& found, Place place,
                      Fate fate, std::uint64_t worth) {
  Told told{.spec = to.spec, .input = to.input, .fate = fate, .place = place, .key = {}};
  told.worth = worth;
  if (found.size != missing) told.key = std::string_view(found.data, found.size);
  told.watermark = watermark_.value();
  told.event = &view;
  tap_->on_detection(told);
}

void Correlator::tell_too_late(const EventView& view,
                               std::span<const event::Detection> detections) {
  const Place place = place_of(view.seq, view.k, view.time);
  for (const event::Detection& detection : detections) {
    if (detection.rule.value + std::size_t{1} >= first_feed_.size()) continue;
    for (std::uint32_t f = first_feed_[detection.rule.value];
         f < first_feed_[detection.rule.value + 1]; ++f) {
      const Key key = read_key(*view.batch, *view.event, feeds_[f], nullptr);
      tell(view, feeds_[f], key, place, Fate::too_late);
    }
  }
}

void Correlator::index_rules() {
  std::size_t rules = 0;
  for (const CorrelationSpec& spec : specs_) {
    for (std::size_t i = 0; i < spec.feed_count(); ++i) {
      const Input& input = spec.input(i);
      if (!input.inner) rules = std::max<std::size_t>(rules, input.rule.value + std::size_t{1});
    }
  }
  std::vector<std::vector<Feed>> by_rule(rules);
  for (std::uint32_t s = 0; s < specs_.size(); ++s) {
    const CorrelationSpec& spec = specs_[s];
    if (!share_.keeps_spec(s)) continue;
    for (std::uint32_t i = 0; i < spec.feed_count(); ++i) {
      const Input& input = spec.input(i);
      if (input.inner) continue;
      by_rule[input.rule.value].push_back({s, i, spec.inputs.size() == 1 && !spec.deferred});
    }
  }
  for (const auto& feeds : by_rule) {
    first_feed_.push_back(static_cast<std::uint32_t>(feeds_.size()));
    feeds_.insert(feeds_.end(), feeds.begin(), feeds.end());
  }
  first_feed_.push_back(static_cast<std::uint32_t>(feeds_.size()));
}

void Correlator::prepare(const event::Batch& batch) {
  prepared_ = &batch;
  prepared_seq_ = batch.first_seq;
  prepared_end_ = 0;
  first_key_.clear();
  keys_.clear();
  key_arena_.clear();
  if (cold_.on()) make_room();
}

// The next piece: all keys first, then one step of the look-up for all of them after the other.
void Correlator::prepare_more() {
  const std::vector<event::Detection>& detections = prepared_->detections;
  const std::size_t end = std::min(detections.size(), prepared_end_ + fetch_detections);
  const std::size_t first = keys_.size();
  for (; prepared_end_ < end; ++prepared_end_) {
    first_key_.push_back(static_cast<std::uint32_t>(keys_.size()));
    const event::Detection& detection = detections[prepared_end_];
    if (detection.rule.value + std::size_t{1} >= first_feed_.size()) continue;
    for (std::uint32_t f = first_feed_[detection.rule.value];
         f < first_feed_[detection.rule.value + 1]; ++f) {
      keys_.push_back(
          read_key(*prepared_, prepared_->events[detection.event], feeds_[f], &key_arena_));
      if (share_.keeps(keys_.back().hash))
        windows_[feeds_[f].spec]->table().fetch_slot(keys_.back().hash);
    }
  }
  for (std::size_t i = first; i < keys_.size(); ++i) {
    if (share_.keeps(keys_[i].hash)) windows_[keys_[i].spec]->table().fetch_address(keys_[i].hash);
  }
  for (std::size_t i = first; i < keys_.size(); ++i) {
    if (share_.keeps(keys_[i].hash)) windows_[keys_[i].spec]->table().fetch_group(keys_[i].hash);
  }
  if (cold_.on()) read_back_ahead(first);
}

// `keep`: where keys of several values are copied to; without it they last until the next one.
Correlator::Key Correlator::read_key(const event::Batch& batch, const event::Event& event,
                                     const Feed& to, base::Arena* keep) {
  const CorrelationSpec& spec = specs_[to.spec];
  const auto& fields = spec.input(to.input).group;
  auto key = key_of(batch, event, fields, spec.group_optional, key_scratch_);
  if (!key) return {nullptr, missing, 0, to.spec};
  if (keep != nullptr && key->data() == key_scratch_.data()) key = keep->copy(*key);
  return {key->data(), static_cast<std::uint32_t>(key->size()), GroupTable::hash_of(*key), to.spec};
}

// Where in the prepared batch these detections stand.
std::size_t Correlator::prepared_place(const EventView& view,
                                       std::span<const event::Detection> detections) const {
  if (prepared_ == nullptr || prepared_ != view.batch || prepared_seq_ != view.batch->first_seq)
    return not_prepared;
  const event::Detection* first = prepared_->detections.data();
  const event::Detection* end = first + prepared_->detections.size();
  if (detections.empty() || std::less<>()(detections.data(), first) ||
      !std::less<>()(detections.data(), end))
    return not_prepared;
  return static_cast<std::size_t>(detections.data() - first);
}

void Correlator::judge_event(const EventView& view, std::span<const event::Detection> detections) {
  const Place place = place_of(view.seq, view.k, view.time);
  bound_ = watermark_.value();
  workshop_.outcome.moved.clear();
  std::size_t at = prepared_place(view, detections);
  const bool ready = at != not_prepared;
  for (const event::Detection& detection : detections) {
    const std::size_t own = at++;
    if (detection.rule.value + std::size_t{1} >= first_feed_.size()) continue;
    while (ready && own >= prepared_end_) prepare_more();
    const std::uint32_t first = first_feed_[detection.rule.value];
    const std::uint32_t end = first_feed_[detection.rule.value + 1];
    for (std::uint32_t f = first; f < end; ++f) {
      feed(view, feeds_[f],
           ready ? keys_[first_key_[own] + f - first]
                 : read_key(*view.batch, *view.event, feeds_[f], nullptr),
           place);
    }
  }
  if (!steps_.empty()) run_steps();
}

void Correlator::feed(const EventView& view, const Feed& to, const Key& found, Place place) {
  if (!share_.keeps(found.hash)) return;
  const CorrelationSpec& spec = specs_[to.spec];
  RuleWindows& windows = *windows_[to.spec];
  if (found.size == missing) {
    ++windows.counters.missing_group;
    if (tap_ != nullptr) [[unlikely]]
      tell(view, to, found, place, Fate::missing_group);
    return;
  }
  if (spec.is_until(to.input)) {
    if (tap_ != nullptr) tell(view, to, found, place, Fate::empties);
    const std::string_view of(found.data, found.size);
    wait(to.spec, group_for(to.spec, of, found.hash, found.absent), {until_place(place), 0});
    return;
  }
  Waiting waiting{place, 0};
  if (!read_worth(view, spec, to, waiting.worth)) {
    ++windows.counters.missing_value;
    if (tap_ != nullptr) [[unlikely]]
      tell(view, to, found, place, Fate::missing_value);
    return;
  }
  if (tap_ != nullptr) [[unlikely]]
    tell(view, to, found, place, Fate::counted, waiting.worth);
  const std::string_view key(found.data, found.size);
  if (to.alone) {
    apply(to.spec, group_for(to.spec, key, found.hash, found.absent), {&waiting, 1}, bound_,
          behind_);
  } else if (spec.deferred) {
    wait(to.spec, group_for(to.spec, key, found.hash, found.absent), waiting);
  } else {
    steps_.push_back({to.spec, std::string(key), waiting});
  }
}

bool Correlator::read_worth(const EventView& view, const CorrelationSpec& spec, const Feed& to,
                            std::uint64_t& worth) {
  switch (spec.judging) {
    case Judging::last_n:
      return true;
    case Judging::sum: {
      worth = 1;
      if (!spec.weight) return true;
      if (const auto text = value_of(*view.batch, *view.event, *spec.weight))
        worth = weight_of(*text);
      return true;
    }
    case Judging::total:
    case Judging::average:
    case Judging::rank: {
      const auto text = value_of(*view.batch, *view.event, spec.inputs[to.input].values[0]);
      const auto number = text ? number_of(*text) : std::nullopt;
      if (number) worth = worth_of(*number);
      return number.has_value();
    }
    case Judging::distinct:
    case Judging::share: {
      const auto value =
          key_of(*view.batch, *view.event, spec.inputs[to.input].values, false, value_scratch_);
      if (!value) return false;
      worth = workshop_.values.use(*value);
      return true;
    }
    case Judging::any_rules:
    case Judging::ordered_rules:
    case Judging::alternatives:
      worth = std::uint64_t{1} << to.input;
      return true;
  }
  return false;
}

// One that memory does not have.
Group* Correlator::bring_group(std::uint32_t spec, std::string_view key, std::uint32_t hash,
                               bool absent) {
  if (!absent && cold_.on() && cold_.may_hold(spec, hash)) {
    if (Group* group = read_back(spec, key)) return group;
  }
  RuleWindows& windows = *windows_[spec];
  Group* group = windows.group_of(key, hash, watermark_.value());
  next_look_ = std::min(next_look_, windows.next_look());
  if (options_.window_bytes != 0 && bytes() > options_.window_bytes) ++counters_.over_limit;
  return group;
}

// What one event brought to correlations with several inputs, inner ones first, each group at once.
void Correlator::run_steps() {
  while (!steps_.empty()) {
    std::ranges::stable_sort(steps_, [](const Step& a, const Step& b) {
      if (a.spec != b.spec) return a.spec > b.spec;
      if (a.key != b.key) return a.key > b.key;
      return a.waiting.place > b.waiting.place;
    });
    const std::uint32_t spec = steps_.back().spec;
    const std::string key = std::move(steps_.back().key);
    std::vector<Waiting> batch{steps_.back().waiting};
    steps_.pop_back();
    for (; !steps_.empty() && steps_.back().spec == spec && steps_.back().key == key;
         steps_.pop_back())
      join(specs_[spec], batch, steps_.back().waiting);
    apply(spec, group_for(spec, key), batch, bound_, behind_);
  }
}

void Correlator::apply(std::uint32_t spec, Group* group, std::span<const Waiting> detections,
                       std::int64_t bound, bool behind) {
  RuleWindows& windows = *windows_[spec];
  const std::size_t fired = workshop_.outcome.fired.size();
  const std::size_t moved = workshop_.outcome.moved.size();
  group = windows.apply(group, detections, bound, behind);
  mark(spec, *group);
  if (!specs_[spec].feeds.empty()) [[unlikely]]
    pass_on(spec, group, fired, moved);
}

// Gives what turned true to the correlations over this one. What was fired and moved before these
// places was passed on with its own group: one look at the watermark may judge very many.
void Correlator::pass_on(std::uint32_t spec, Group* group, std::size_t fired, std::size_t moved) {
  const CorrelationSpec& inner = specs_[spec];
  for (const CorrelationSpec::Feed to : inner.feeds) {
    const CorrelationSpec& outer = specs_[to.spec];
    if (outer.type == CorrelationType::event_count && !outer.is_until(to.input)) continue;
    for (const Place place : workshop_.trues) deliver(inner, group, to, place);
  }
  if (!inner.feeds_openings) return;
  // Openings can still move until the watermark has passed them.
  const auto& outcome = workshop_.outcome;
  for (const std::span handles :
       {std::span(outcome.fired).subspan(fired), std::span(outcome.moved).subspan(moved)}) {
    for (const std::uint32_t handle : handles) {
      ++workshop_.outcome.steps;
      const OpenAlert& alert = workshop_.book[handle];
      if (alert.spec == spec && alert.group == group->id && !alert.opening_sent)
        push_due({alert.first, spec, group->id, true});
    }
  }
}

void Correlator::deliver(const CorrelationSpec& inner, Group* group, CorrelationSpec::Feed to,
                         Place place) {
  const CorrelationSpec& outer = specs_[to.spec];
  const Input& input = outer.input(to.input);
  const KeyValues values = values_of(inner, group->key());
  auto key = join_values(values, input.inner_group, outer.group_optional);
  Told told{.spec = to.spec, .input = to.input, .place = place, .key = key};
  told.watermark = watermark_.value();
  if (!key) {
    ++windows_[to.spec]->counters.missing_group;
    told.fate = Fate::missing_group;
    if (tap_ != nullptr) tap_->on_detection(told);
    return;
  }
  if (outer.is_until(to.input)) {
    told.fate = Fate::empties;
    if (tap_ != nullptr) tap_->on_detection(told);
    wait(to.spec, group_for(to.spec, *key), {until_place(place), 0});
    return;
  }
  Waiting waiting{place, 1};
  std::optional<std::string> value;
  if (holds_numbers(outer.judging)) {
    const auto& text = values[input.inner_values[0]];
    const auto number = text ? number_of(*text) : std::nullopt;
    if (!number) {
      ++windows_[to.spec]->counters.missing_value;
      told.fate = Fate::missing_value;
      if (tap_ != nullptr) tap_->on_detection(told);
      return;
    }
    waiting.worth = worth_of(*number);
    told.inner_value = *text;
  } else if (holds_values(outer.judging)) {
    value = join_values(values, input.inner_values, false);
    if (!value) {
      ++windows_[to.spec]->counters.missing_value;
      told.fate = Fate::missing_value;
      if (tap_ != nullptr) tap_->on_detection(told);
      return;
    }
    waiting.worth = workshop_.values.use(*value);
  } else if (outer.judging != Judging::sum) {
    waiting.worth = std::uint64_t{1} << to.input;
  }
  if (value) told.inner_value = *value;
  told.worth = waiting.worth;
  if (tap_ != nullptr) tap_->on_detection(told);
  if (outer.deferred) {
    wait(to.spec, group_for(to.spec, *key), waiting);
  } else {
    steps_.push_back({to.spec, std::move(*key), waiting});
  }
}

void Correlator::expire() {
  next_look_ = end_of_time;
  for (std::uint32_t spec = 0; spec < windows_.size(); ++spec) {
    windows_[spec]->expire(watermark_.value(), looks_a_move, [&](const Group& group) {
      ++counters_.forgotten;
      if ((group.flags & Group::saved) != 0) {
        forget_saved(saved_key(specs_[spec], group.key(), (group.flags & Group::saved_held) != 0));
      }
    });
    next_look_ = std::min(next_look_, windows_[spec]->next_look());
  }
}

// Orders what was opened by this call and shows it.
void Correlator::finish_step() {
  std::vector<std::uint32_t>& handles = workshop_.outcome.fired;
  workshop_.outcome.moved.clear();
  order_fired(handles);
  std::uint64_t number = workshop_.book.next_number - handles.size();
  for (const std::uint32_t handle : handles) {
    OpenAlert& alert = workshop_.book[handle];
    alert.number = number++;
    if (share_.of != 0) opened_.push_back({alert.spec, handle, alert.number});
    if (alert.silent) continue;
    ++windows_[alert.spec]->counters.alerts;
    fired_.push_back({specs_[alert.spec].rule, alert.spec, &alert.alert, false});
  }
  handles.clear();
  std::vector<std::uint32_t>& reminded = workshop_.outcome.reminded;
  order_fired(reminded);
  for (const std::uint32_t handle : reminded) {
    const OpenAlert& alert = workshop_.book[handle];
    if (alert.silent || alert.alert.merged_into) continue;
    fired_.push_back({specs_[alert.spec].rule, alert.spec, &alert.alert, true});
  }
  reminded.clear();
}

void Correlator::renumber(const Opening& opening, std::uint64_t number) {
  // What is closed already may have left its place to another.
  OpenAlert& alert = workshop_.book[opening.handle];
  if (alert.number == opening.number) alert.number = number;
}

// Of a group that was forgotten meanwhile: nothing.
std::string_view Correlator::key_of_group(const OpenAlert& alert) const {
  const Group* group = windows_[alert.spec]->table().at(alert.group);
  return group == nullptr ? std::string_view() : group->key();
}

void Correlator::order_fired(std::vector<std::uint32_t>& handles) {
  AlertBook& book = workshop_.book;
  std::ranges::sort(handles, [&](std::uint32_t a, std::uint32_t b) {
    const OpenAlert& left = book[a];
    const OpenAlert& right = book[b];
    if (left.spec != right.spec) {
      const auto left_rule = specs_[left.spec].rule, right_rule = specs_[right.spec].rule;
      return left_rule != right_rule ? left_rule < right_rule : left.spec < right.spec;
    }
    if (left.silent) {  // has no values to show
      if (const int order = key_of_group(left).compare(key_of_group(right)); order != 0)
        return order < 0;
    } else if (left.alert.group != right.alert.group) {
      return left.alert.group < right.alert.group;
    }
    return left.first != right.first ? left.first < right.first : left.number < right.number;
  });
}

void Correlator::source_finished(event::SourceId source) {
  clear_fired();
  if (watermark_.finish(source)) advance();
  finish_step();
}

void Correlator::finish() {
  clear_fired();
  // Windows that end later on are not over, and instants later on are not reached.
  const std::int64_t end = plus(watermark_.highest(), 1);
  make_expected(end);
  judge_due(end);
  workshop_.book.ask_all();
  close_alerts(end_of_time);
  finish_step();
}

std::size_t Correlator::groups() const {
  std::size_t sum = 0;
  for (const auto& windows : windows_) sum += windows->table().size();
  return sum;
}

std::size_t Correlator::bytes() const {
  return workshop_.pool.used_with_tables() + workshop_.values.table_bytes() + cold_.bytes() +
         removed_bytes_ + due_.capacity() * sizeof(Due);
}

}  // namespace tocsin::correlate
