#include "tests/reference/slow_correlator.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "tests/reference/slow_condition.hpp"

namespace tocsin::reference {

using correlate::CorrelationSpec;
using correlate::CorrelationType;
using correlate::Input;

namespace {

using Place = SlowCorrelator::Place;
using Key = SlowCorrelator::Key;

std::int64_t time_of(const Place& place) { return std::get<0>(place); }
event::Seq seq_of(const Place& place) { return event::Seq(std::get<1>(place)); }

// One for each detection, in order; a group that nothing ever came from has no event to show.
void show_places(std::vector<Place> places, event::Alert& shown) {
  if (places.size() > event::max_evidence)
    places.erase(places.begin(), places.end() - static_cast<std::ptrdiff_t>(event::max_evidence));
  shown.first_seen = places.empty() ? shown.fired_at : base::EventTime(time_of(places.front()));
  std::set<event::Seq> evidence;
  for (const Place& place : places) {
    if (seq_of(place).value != 0) evidence.insert(seq_of(place));
  }
  shown.evidence.assign(evidence.begin(), evidence.end());
}

std::optional<std::string> read(const correlate::EventView& view, event::FieldId name) {
  for (const auto& fields :
       {view.batch->own_fields(*view.event), event::Batch::constant_fields(*view.event)}) {
    for (const event::Field& field : fields) {
      if (field.name != name) continue;
      if (field.kind == event::ValueKind::null) return std::nullopt;
      return std::string(field.value());
    }
  }
  return std::nullopt;
}

bool is_incomplete(const Key& key) {
  return std::ranges::any_of(key, [](const auto& value) { return !value.has_value(); });
}

// Several parts as one text, so that no two tuples look alike.
std::optional<std::string> tuple_of(const Key& parts) {
  std::string out;
  for (const auto& part : parts) {
    if (!part) return std::nullopt;
    out += std::to_string(part->size()) + ":" + *part;
  }
  return out;
}

std::uint64_t weight_of(const std::optional<std::string>& text) {
  std::uint64_t weight = 0;
  if (!text) return 1;
  const auto [end, status] = std::from_chars(text->data(), text->data() + text->size(), weight);
  if (status != std::errc{} || end != text->data() + text->size()) return 1;
  return std::clamp<std::uint64_t>(weight, 1, 1'000'000'000);
}

bool takes_values(const CorrelationSpec& spec) {
  return spec.type == CorrelationType::value_count ||
         (spec.type == CorrelationType::value_percentile && !spec.percentile);
}

event::AlertId id_of(const CorrelationSpec& spec, const Key& key, const Place& firing) {
  std::string text(spec.content.begin(), spec.content.end());
  const auto number = [&](std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFFU);
  };
  for (const auto& value : key) {
    number(value ? value->size() : ~std::uint64_t{0}, 8);
    if (value) text += *value;
  }
  if (spec.forward || spec.whole_instants) {
    number(~std::uint64_t{0}, 8);
    number(static_cast<std::uint64_t>(time_of(firing)), 8);
  } else {
    number(std::get<1>(firing), 8);
    number(std::get<2>(firing), 4);
  }
  const base::Sha256 digest = base::sha256(text);
  event::AlertId id;
  std::copy_n(digest.begin(), 16, id.bytes.begin());
  return id;
}

// What turned true at one instant counts in the order that is asked for.
bool orders_instants(const CorrelationSpec& spec) {
  return spec.whole_instants && spec.type == CorrelationType::temporal_ordered;
}

// The first of the rules met stands first; then all of them, as a number.
bool stands_first(const std::set<std::size_t>& a, const std::set<std::size_t>& b) {
  if (*a.begin() != *b.begin()) return *a.begin() < *b.begin();
  return std::ranges::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

event::GroupValues named(const CorrelationSpec& spec, const Key& key) {
  event::GroupValues out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i]) out.emplace_back(spec.group_names[i], *key[i]);
  }
  return out;
}

}  // namespace

std::vector<SlowCorrelator::Shown> SlowCorrelator::on_event(
    const correlate::EventView& view, std::span<const event::Detection> detections) {
  if (view.k == 0) now_ = std::max(now_, view.received.value);
  const bool too_late = view.time.value < watermark_;
  if (!too_late) {
    if (view.own) {
      behind_ = false;
    } else if (view.k == 0) {
      const Source& source = sources_[view.source.value];
      behind_ = source.highest && view.time.value < *source.highest;
    }
    inbox_.assign(specs_.size(), {});
    const Place place{view.time.value, view.seq.value, view.k};
    for (std::uint32_t s = 0; s < specs_.size(); ++s) {
      const CorrelationSpec& spec = specs_[s];
      for (std::size_t i = 0; i < spec.inputs.size(); ++i) {
        const Input& input = spec.inputs[i];
        if (input.inner || std::ranges::none_of(detections, [&](const event::Detection& d) {
              return d.rule == input.rule;
            }))
          continue;
        Key key, value;
        for (const event::FieldId field : input.group) key.push_back(read(view, field));
        for (const event::FieldId field : input.values) value.push_back(read(view, field));
        if (!spec.group_optional && is_incomplete(key)) continue;
        Detection detection;
        detection.inputs = {i};
        if (!read_value(spec, value, detection)) continue;
        if (spec.weight && spec.type == CorrelationType::event_count)
          detection.weight = weight_of(read(view, *spec.weight));
        accept(s, key, place, detection);
      }
      if (spec.until && !spec.until->inner && std::ranges::any_of(detections, [&](const auto& d) {
            return d.rule == spec.until->rule;
          })) {
        Key key;
        for (const event::FieldId field : spec.until->group) key.push_back(read(view, field));
        if (spec.group_optional || !is_incomplete(key)) groups_[s][key].waiting_ends.insert(place);
      }
    }
    run_inbox();
  }
  if (view.k != 0) return shown();
  if (!too_late) {
    for (Beginning& beginning : beginnings_)
      beginning.first_event =
          std::min(beginning.first_event.value_or(view.time.value), view.time.value);
  }
  if (!too_late && !view.own) {
    Source& source = sources_[view.source.value];
    source.heard = ++events_;
    source.highest = std::max(source.highest.value_or(view.time.value), view.time.value);
    source.received = now_;
    source.active = true;
  }
  settle();
  return shown();
}

std::vector<SlowCorrelator::Shown> SlowCorrelator::on_clock(std::int64_t received) {
  now_ = std::max(now_, received);
  settle(true);
  return shown();
}

std::vector<SlowCorrelator::Shown> SlowCorrelator::source_finished(std::uint32_t source) {
  if (sources_.contains(source) && sources_[source].active) {
    sources_[source].active = false;
    idle_.reset();
    settle();
  }
  return shown();
}

std::vector<SlowCorrelator::Shown> SlowCorrelator::finish() {
  constexpr std::int64_t end = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  for (const auto& [id, source] : sources_) last = std::max(last, source.highest.value_or(last));
  expect(last + 1);
  judge_deferred(last + 1);
  close(end);
  return shown();
}

// A detection of correlation `spec`: judged with what else this event brings, or when the watermark
// has passed.
void SlowCorrelator::accept(std::uint32_t spec, const Key& key, Place place,
                            const Detection& detection) {
  Detections& into = specs_[spec].deferred ? groups_[spec][key].waiting : inbox_[spec][key];
  const auto [entry, is_new] = into.emplace(place, detection);
  if (!is_new) join(entry->second, detection);
}

void SlowCorrelator::join(Detection& into, const Detection& more) {
  into.inputs.insert(more.inputs.begin(), more.inputs.end());
  into.values.insert(more.values.begin(), more.values.end());
  if (more.number) into.number = std::max(into.number.value_or(*more.number), *more.number);
}

// What a type looks at; false: it is missing.
bool SlowCorrelator::read_value(const CorrelationSpec& spec, const Key& value,
                                Detection& detection) {
  if (is_incomplete(value)) return false;
  if (takes_values(spec)) detection.values = {*tuple_of(value)};
  if (!correlate::is_numeric(spec.type) || takes_values(spec)) return true;
  detection.number = number_of(*value[0]);
  return detection.number.has_value();
}

void SlowCorrelator::run_inbox() {
  for (std::uint32_t s = 0; s < specs_.size(); ++s) {
    const auto mail = std::move(inbox_[s]);
    inbox_[s].clear();
    for (const auto& [key, arrived] : mail) judge(s, key, arrived, behind_);
  }
}

void SlowCorrelator::judge(std::uint32_t s, const Key& key, const Detections& arrived, bool late) {
  const CorrelationSpec& spec = specs_[s];
  Group& group = groups_[s][key];
  const Place lowest = arrived.begin()->first;
  late |= !group.all.empty() && lowest < group.all.rbegin()->first;
  for (const auto& [place, detection] : arrived) {
    const auto [entry, is_new] = group.all.emplace(place, detection);
    if (!is_new) join(entry->second, detection);
  }
  std::vector<Place> turned_true;
  for (auto at = group.all.lower_bound(lowest); at != group.all.end(); ++at) {
    // All that a whole instant brought is judged together.
    const auto next = std::next(at);
    if (spec.whole_instants && next != group.all.end() &&
        time_of(next->first) == time_of(at->first))
      continue;
    const bool now_true = is_true(spec, group, at->first);
    CHECK(now_true || !at->second.is_true, "a condition that was true is so no more");
    if (now_true && !at->second.is_true) turned_true.push_back(at->first);
    at->second.is_true = now_true;
  }
  reconcile(s, key, group, late && !spec.deferred);
  for (const Place& place : turned_true) emit(s, key, place, false);
}

// ---- windows that are looked at forwards: [t, t + timespan)

// The place before all of this time.
Place before_all(std::int64_t time) {
  return {time - 1, std::numeric_limits<std::uint64_t>::max(),
          std::numeric_limits<std::uint32_t>::max()};
}

void SlowCorrelator::enter(std::uint32_t s, Group& group, const Detections& arrived) {
  const CorrelationSpec& spec = specs_[s];
  for (const auto& [place, detection] : arrived) {
    group.all.emplace(place, detection);
    for (const correlate::Alternative& one : spec.alternatives) {
      if (can_begin(spec, one, detection.inputs))
        group.windows.insert(time_of(place) + spec.timespan);
    }
  }
}

void SlowCorrelator::judge_ended(std::uint32_t s, const Key& key, std::int64_t end) {
  const CorrelationSpec& spec = specs_[s];
  Group& group = groups_[s][key];
  group.windows.erase(end);
  std::vector<std::set<std::size_t>> met;
  std::vector<std::set<std::size_t>> begin;
  std::optional<Place> newest;
  for (const Detection* detection : window_at(spec, group, before_all(end)))
    met.push_back(detection->inputs);
  for (const auto& [place, detection] : group.all) {
    if (!stands(spec, group, place, before_all(end))) continue;
    if (time_of(place) == end - spec.timespan) begin.push_back(detection.inputs);
    newest = place;
  }
  const bool holds = std::ranges::any_of(spec.alternatives, [&](const auto& one) {
    return holds_in(spec, one, met) && std::ranges::any_of(begin, [&](const auto& inputs) {
             return can_begin(spec, one, inputs);
           });
  });
  if (!holds) return;
  const Place instant{end, std::get<1>(*newest), std::get<2>(*newest)};
  group.instants.insert(instant);
  reconcile(s, key, group, false);
  emit(s, key, instant, false);
}

void SlowCorrelator::describe_ended(Alert& alert, const Group& group) const {
  const CorrelationSpec& spec = specs_[alert.spec];
  event::Alert& shown = alert.alert;
  shown.fired_at = base::EventTime(time_of(alert.first));
  shown.last_seen = base::EventTime(time_of(alert.last));
  shown.total = 0;
  std::vector<Place> places;
  for (const auto& [place, detection] : group.all) {
    if (std::ranges::none_of(spec.alternatives,
                             [&](const auto& one) { return meets(one, detection.inputs); }))
      continue;
    const auto stands_at = [&](const Place& instant) {
      return alert.first <= instant && instant <= alert.last &&
             stands(spec, group, place, before_all(time_of(instant)));
    };
    if (std::ranges::any_of(group.instants, stands_at)) ++shown.total;
    if (stands_at(alert.first)) places.push_back(place);
  }
  shown.count = places.size();
  show_places(std::move(places), shown);
}

// Whether the detection at `place` stands in the window at `at`.
bool SlowCorrelator::stands(const CorrelationSpec& spec, const Group& group, Place place,
                            Place at) {
  if (place > at || time_of(place) <= time_of(at) - spec.timespan) return false;
  const auto end = group.ends.upper_bound(place);
  return end == group.ends.end() || *end > at;
}

std::vector<const SlowCorrelator::Detection*> SlowCorrelator::window_at(const CorrelationSpec& spec,
                                                                        const Group& group,
                                                                        Place at) const {
  std::vector<std::pair<std::int64_t, const Detection*>> found;
  for (auto it = group.all.upper_bound(at); it != group.all.begin();) {
    --it;
    if (time_of(it->first) <= time_of(at) - spec.timespan) break;
    if (stands(spec, group, it->first, at)) found.emplace_back(time_of(it->first), &it->second);
  }
  std::ranges::reverse(found);
  if (orders_instants(spec)) {
    std::ranges::stable_sort(found, [](const auto& a, const auto& b) {
      return a.first < b.first ||
             (a.first == b.first && stands_first(a.second->inputs, b.second->inputs));
    });
  }
  std::vector<const Detection*> window;
  for (const auto& [time, detection] : found) window.push_back(detection);
  return window;
}

bool SlowCorrelator::is_true(const CorrelationSpec& spec, const Group& group, Place at) const {
  const std::vector<const Detection*> window = window_at(spec, group, at);
  if (!spec.alternatives.empty()) {
    std::vector<std::set<std::size_t>> met;
    for (const Detection* detection : window) met.push_back(detection->inputs);
    return std::ranges::any_of(spec.alternatives,
                               [&](const auto& one) { return holds_in(spec, one, met); });
  }
  if (!correlate::is_numeric(spec.type)) {
    const std::uint64_t held = quantity(spec, window);
    return spec.at_least <= held && held <= spec.at_most && held != spec.except;
  }
  if (!takes_values(spec)) {
    std::vector<double> numbers;
    for (const Detection* detection : window) numbers.push_back(detection->number.value());
    return numbers_hold(spec, std::move(numbers));
  }
  std::multiset<std::string> values;
  for (const Detection* detection : window)
    values.insert(detection->values.begin(), detection->values.end());
  // Those of the newest event, or of all of its instant.
  std::set<std::string> newest = window.back()->values;
  for (auto it = group.all.upper_bound(at); spec.whole_instants && it != group.all.begin();) {
    --it;
    if (time_of(it->first) != time_of(at)) break;
    if (stands(spec, group, it->first, at))
      newest.insert(it->second.values.begin(), it->second.values.end());
  }
  return std::ranges::any_of(newest, [&](const std::string& own) {
    const auto percent = static_cast<Whole>(values.count(own)) * 100 * 1'000'000'000;
    return lies_in(spec.numbers, percent, static_cast<Whole>(values.size()));
  });
}

std::uint64_t SlowCorrelator::quantity(const CorrelationSpec& spec,
                                       const std::vector<const Detection*>& window) const {
  std::uint64_t sum = 0;
  std::set<std::string> values;
  std::vector<std::set<std::size_t>> events;
  for (const Detection* detection : window) {
    sum += detection->weight;
    values.insert(detection->values.begin(), detection->values.end());
    events.push_back(detection->inputs);
  }
  switch (spec.type) {
    case CorrelationType::event_count:
      return sum;
    case CorrelationType::value_count:
      return values.size();
    case CorrelationType::temporal:
      return met_in_any_order(events, spec.inputs.size());
    case CorrelationType::temporal_ordered:
      return met_in_order(events, spec.inputs.size());
    default:
      return 0;
  }
}

std::vector<SlowCorrelator::Episode> SlowCorrelator::episodes_of(std::uint32_t s,
                                                                 const Group& group) const {
  std::vector<Episode> episodes;
  for (const Instant& instant : group.changes) {
    if (!instant.is_true || instant.untold) continue;
    if (!episodes.empty() &&
        (instant.goes_on ||
         time_of(instant.place) - time_of(episodes.back().last) < specs_[s].timespan)) {
      episodes.back().last = instant.place;
    } else {
      episodes.push_back({instant.place, instant.place});
    }
  }
  std::set<Place> trues = group.instants;
  for (const auto& [place, detection] : group.all) {
    if (detection.is_true && !detection.untold) trues.insert(place);
  }
  for (const Place& place : trues) {
    if (!episodes.empty() && time_of(place) - time_of(episodes.back().last) < specs_[s].timespan) {
      episodes.back().last = place;
    } else {
      episodes.push_back({place, place});
    }
  }
  return episodes;
}

void SlowCorrelator::reconcile(std::uint32_t s, const Key& key, Group& group, bool late) {
  const CorrelationSpec& spec = specs_[s];
  for (const Episode& episode : episodes_of(s, group)) {
    std::vector<Alert*> own;  // in order of firing
    for (Alert* alert : group.alerts) {
      if (!alert->alert.merged_into && episode.first <= alert->anchor &&
          alert->anchor <= episode.last)
        own.push_back(alert);
    }
    const bool opens = own.empty();
    if (opens) {
      Alert& alert = store_.emplace_back();
      alert.spec = s;
      alert.shown = spec.alerts;
      alert.key = key;
      alert.anchor = episode.first;
      alert.reminded = time_of(episode.last);
      alert.alert.id = id_of(spec, key, episode.first);
      alert.alert.rule_id = spec.id;
      alert.alert.rule_title = spec.title;
      alert.alert.rule_level = spec.level;
      alert.alert.rule_author = spec.author;
      alert.alert.rule_tags = spec.tags;
      alert.alert.group = named(spec, key);
      alert.alert.fired_by = seq_of(episode.first);
      alert.alert.late = late;
      own.push_back(&alert);
      group.alerts.push_back(&alert);
      alerts_.push_back(&alert);
    }
    Alert& survivor = *own.front();
    const event::Alert before = survivor.alert;
    survivor.first = episode.first;
    survivor.last = episode.last;
    if (spec.forward) {
      describe_ended(survivor, group);
    } else {
      describe(survivor, group);
    }
    CHECK(!survivor.closed || survivor.alert == before, "an alert changed after it was closed");
    if (!opens && spec.realert && time_of(survivor.last) >= survivor.reminded + *spec.realert) {
      survivor.reminded = time_of(survivor.last);
      reminded_.push_back(&survivor);
    }
    for (std::size_t i = 1; i < own.size(); ++i) {
      own[i]->alert.merged_into = survivor.alert.id;
      own[i]->closed = true;
    }
  }
}

void SlowCorrelator::describe(Alert& alert, const Group& group) const {
  const CorrelationSpec& spec = specs_[alert.spec];
  const auto detections_of = [&](const Detection& detection) {
    return detection.values.empty() ? detection.weight : detection.values.size();
  };
  const std::vector<const Detection*> window = window_at(spec, group, alert.first);
  event::Alert& shown = alert.alert;
  shown.fired_at = base::EventTime(time_of(alert.first));
  shown.last_seen = base::EventTime(time_of(alert.last));
  const bool counts_values = spec.type == CorrelationType::value_count;
  shown.count = counts_values ? quantity(spec, window) : 0;
  shown.total = 0;
  std::vector<Place> places;  // one for each detection
  for (const auto& [place, detection] : group.all) {
    // In the window of one of the places of the episode.
    const auto in_window_of = [&](const auto& other) {
      return alert.first <= other.first && other.first <= alert.last && other.second.is_true &&
             stands(spec, group, place, other.first);
    };
    const bool in_reach =
        time_of(place) > time_of(alert.first) - spec.timespan && place <= alert.last;
    if (in_reach && (!spec.until || std::ranges::any_of(group.all, in_window_of)))
      shown.total += detections_of(detection);
    if (!stands(spec, group, place, alert.first)) continue;
    alert.holds_more |= detection.untold && spec.judging == correlate::Judging::last_n;
    if (!counts_values) shown.count += detections_of(detection);
    places.insert(places.end(), std::max<std::size_t>(1, detection.values.size()), place);
  }
  show_places(std::move(places), shown);
}

// Gives a place at which an inner correlation is true to those over it; event_count takes openings
// only.
void SlowCorrelator::emit(std::uint32_t inner, const Key& key, Place place, bool opening) {
  for (std::uint32_t s = inner + 1; s < specs_.size(); ++s) {
    const CorrelationSpec& spec = specs_[s];
    if (spec.until && spec.until->inner == inner && !opening) {
      Key outer_key;
      for (const std::uint32_t at : spec.until->inner_group) outer_key.push_back(key[at]);
      if (spec.group_optional || !is_incomplete(outer_key))
        groups_[s][outer_key].waiting_ends.insert(place);
    }
    if ((spec.type == CorrelationType::event_count) != opening) continue;
    for (std::size_t i = 0; i < spec.inputs.size(); ++i) {
      const Input& input = spec.inputs[i];
      if (input.inner != inner) continue;
      Key outer_key, value;
      for (const std::uint32_t at : input.inner_group) outer_key.push_back(key[at]);
      for (const std::uint32_t at : input.inner_values) value.push_back(key[at]);
      Detection detection;
      detection.inputs = {i};
      if ((!spec.group_optional && is_incomplete(outer_key)) || !read_value(spec, value, detection))
        continue;
      accept(s, outer_key, place, detection);
    }
  }
}

bool SlowCorrelator::counts_openings(std::uint32_t inner) const {
  return std::ranges::any_of(specs_, [&](const CorrelationSpec& spec) {
    return spec.type == CorrelationType::event_count &&
           std::ranges::any_of(spec.inputs, [&](const Input& i) { return i.inner == inner; });
  });
}

std::vector<SlowCorrelator::Shown> SlowCorrelator::shown() {
  const auto order = [this](const Alert* a, const Alert* b) {
    if (a->spec != b->spec) return specs_[a->spec].rule < specs_[b->spec].rule;
    if (a->alert.group != b->alert.group) return a->alert.group < b->alert.group;
    return a->first < b->first;
  };
  std::stable_sort(alerts_.begin() + static_cast<std::ptrdiff_t>(settled_alerts_), alerts_.end(),
                   order);
  std::ranges::stable_sort(reminded_, order);
  std::vector<Shown> out;
  for (; settled_alerts_ < alerts_.size(); ++settled_alerts_) {
    const Alert& alert = *alerts_[settled_alerts_];
    if (alert.shown) out.push_back({alert.alert, false, alert.holds_more});
  }
  for (const Alert* alert : reminded_) {
    if (alert->shown && !alert->alert.merged_into)
      out.push_back({alert->alert, true, alert->holds_more});
  }
  reminded_.clear();
  return out;
}

}  // namespace tocsin::reference
