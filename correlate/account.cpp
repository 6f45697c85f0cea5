#include "correlate/account.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <set>

#include "base/text.hpp"
#include "correlate/correlator.hpp"
#include "correlate/group_key.hpp"
#include "correlate/number.hpp"
#include "correlate/ranking.hpp"

namespace tocsin::correlate {

namespace {

// Gives `rule` an event of its own, moving other rules to other events where that helps.
bool find_event(std::uint32_t rule, std::span<const std::vector<std::size_t>> events_of,
                std::vector<bool>& tried, std::map<std::size_t, std::uint32_t>& rule_of) {
  for (const std::size_t event : events_of[rule]) {
    if (tried[event]) continue;
    tried[event] = true;
    const auto taken = rule_of.find(event);
    if (taken == rule_of.end() || find_event(taken->second, events_of, tried, rule_of)) {
      rule_of[event] = rule;
      return true;
    }
  }
  return false;
}

// The most rules that get an event of their own.
std::uint64_t rules_in_any_order(std::size_t rules, std::span<const CountedEvent> events) {
  // More events of one rule than there are rules change nothing.
  std::vector<std::vector<std::size_t>> events_of(rules);
  for (std::size_t i = 0; i < events.size(); ++i) {
    for (const std::uint32_t input : events[i].inputs) {
      if (events_of[input].size() < rules) events_of[input].push_back(i);
    }
  }
  std::map<std::size_t, std::uint32_t> rule_of;
  std::uint64_t met = 0;
  for (std::uint32_t rule = 0; rule < rules; ++rule) {
    std::vector<bool> tried(events.size(), false);
    if (find_event(rule, events_of, tried, rule_of)) ++met;
  }
  return met;
}

// The most rules that are met in the order of `rules`, by events of their own.
std::uint64_t rules_in_order(std::size_t rules, std::span<const CountedEvent> events) {
  std::vector<std::uint64_t> most(rules + 1, 0);  // by the first `i` rules
  for (const CountedEvent& event : events) {
    // From the last rule on: one event fills one place.
    for (auto input = event.inputs.rbegin(); input != event.inputs.rend(); ++input) {
      const std::uint64_t longer = most[*input] + 1;
      for (std::size_t i = *input + 1; i <= rules; ++i) most[i] = std::max(most[i], longer);
    }
  }
  return most[rules];
}

std::uint64_t different_values(std::span<const CountedEvent> events) {
  std::set<std::string_view> values;
  for (const CountedEvent& event : events) values.insert(event.values.begin(), event.values.end());
  return values.size();
}

// Whether one way to meet a condition over rules is met.
bool meets(const CorrelationSpec& spec, const Alternative& way,
           std::span<const CountedEvent> events) {
  std::vector<CountedEvent> wanted;
  for (const CountedEvent& event : events) {
    CountedEvent& places = wanted.emplace_back();
    for (const std::uint32_t input : event.inputs) {
      if ((way.negative >> input & 1U) != 0) return false;
      if ((way.positive >> input & 1U) == 0) continue;
      const std::uint32_t before = way.positive & ((std::uint32_t{1} << input) - 1);
      places.inputs.push_back(static_cast<std::uint32_t>(std::popcount(before)));
    }
  }
  const auto rules = static_cast<std::size_t>(std::popcount(way.positive));
  return (spec.type == CorrelationType::temporal ? rules_in_any_order(rules, wanted)
                                                 : rules_in_order(rules, wanted)) == rules;
}

double number_of(const Ratio& ratio) {
  return static_cast<double>(ratio.over) / 1e9 / static_cast<double>(ratio.under);
}

// How much of the window has a value of its newest event, in percent: of several the one for which
// the condition is true.
Held share_held(const CorrelationSpec& spec, std::span<const CountedEvent> events) {
  std::map<std::string_view, std::int64_t> count;
  std::int64_t all = 0;
  for (const CountedEvent& event : events) {
    for (const std::string& value : event.values) {
      ++count[value];
      ++all;
    }
  }
  Held held;
  for (const std::string& own : events.back().values) {
    const Ratio percent{Fixed{count[own]} * 100 * 1'000'000'000, all};
    const bool is_true = NumberLimits(spec.numbers).hold(percent);
    if (!held.number || (is_true && !held.is_true)) held = {number_of(percent), is_true};
  }
  return held;
}

Held number_held(const CorrelationSpec& spec, std::span<const CountedEvent> events) {
  // A sum of nothing is 0; all else of nothing is none.
  if (events.empty() && spec.type != CorrelationType::value_sum) return {};
  if (spec.type == CorrelationType::value_percentile && !spec.percentile)
    return share_held(spec, events);
  std::vector<double> numbers;
  Ratio ratio;
  for (const CountedEvent& event : events) {
    numbers.push_back(event.number.value_or(0));
    ratio.over += fixed_of(numbers.back());
  }
  if (spec.type == CorrelationType::value_avg) {
    ratio.under = static_cast<std::int64_t>(numbers.size());
  } else if (spec.type != CorrelationType::value_sum) {
    ratio = percentile_of(numbers, spec.percentile.value_or(whole_percentile / 2));
  }
  return {number_of(ratio), NumberLimits(spec.numbers).hold(ratio)};
}

std::uint64_t count_held(const CorrelationSpec& spec, std::span<const CountedEvent> events) {
  std::uint64_t sum = 0;
  switch (spec.type) {
    case CorrelationType::value_count:
      return different_values(events);
    case CorrelationType::temporal:
      return rules_in_any_order(spec.inputs.size(), events);
    case CorrelationType::temporal_ordered:
      return rules_in_order(spec.inputs.size(), events);
    default:
      for (const CountedEvent& event : events) sum += event.weight;
      return sum;
  }
}

std::string range_text(const NumberRange& range) {
  std::vector<std::string> parts;
  if (range.low)
    parts.push_back(fmt::format("{} {:.15g}", range.above_low ? "above" : "at least", *range.low));
  if (range.high)
    parts.push_back(fmt::format("{} {:.15g}", range.below_high ? "below" : "at most", *range.high));
  if (range.other_than) parts.push_back(fmt::format("other than {:.15g}", *range.other_than));
  return fmt::format("{}", fmt::join(parts, " and "));
}

}  // namespace

Held held_by(const CorrelationSpec& spec, std::span<const CountedEvent> events) {
  if (is_numeric(spec.type)) return number_held(spec, events);
  std::vector<CountedEvent> ordered;
  if (spec.whole_instants && spec.type == CorrelationType::temporal_ordered) {
    ordered.assign(events.begin(), events.end());
    std::ranges::stable_sort(ordered, {}, [](const CountedEvent& event) {
      return std::pair(event.place.time, event.inputs);
    });
    events = ordered;
  }
  if (spec.forward) return {};  // of windows that begin at a detection: not this one
  if (!spec.alternatives.empty()) {
    return {std::nullopt, std::ranges::any_of(spec.alternatives, [&](const Alternative& way) {
              return meets(spec, way, events);
            })};
  }
  const std::uint64_t count = count_held(spec, events);
  return {static_cast<double>(count),
          spec.at_least <= count && count <= spec.at_most && count != spec.except};
}

bool counts_up(const CorrelationSpec& spec) {
  return !is_numeric(spec.type) && spec.alternatives.empty();
}

std::string condition_text(const CorrelationSpec& spec) {
  if (is_numeric(spec.type)) return range_text(spec.numbers);
  if (!spec.alternatives.empty())
    return spec.forward ? "its condition over rules, a timespan later" : "its condition over rules";
  if (spec.except) return fmt::format("any number but {}", *spec.except);
  if (spec.at_most == no_limit) return fmt::format("at least {}", spec.at_least);
  if (spec.at_least == spec.at_most) return fmt::format("exactly {}", spec.at_least);
  if (spec.at_least == 0) return fmt::format("at most {}", spec.at_most);
  return fmt::format("from {} to {}", spec.at_least, spec.at_most);
}

Account::Account(CorrelationSpec spec, const event::FieldTable& fields, Question question)
    : spec_(std::move(spec)), fields_(fields), question_(std::move(question)) {}

std::string Account::raw_of(const Told& told) {
  if (told.event == nullptr) return {};
  const event::Batch& batch = *told.event->batch;
  const auto index = static_cast<std::size_t>(told.event->event - batch.events.data());
  return std::string(base::utf8_prefix(batch.raw(index), raw_bytes));
}

// The value that counts, as people read it; of several fields, each in quotes.
std::optional<std::string> Account::value_counted(const Told& told) const {
  const Input& input = spec_.inputs[told.input];
  std::vector<std::string> parts;
  if (told.event == nullptr) {
    if (input.inner_values.size() <= 1) parts.emplace_back(told.inner_value);
    for (std::string_view key = told.inner_value; input.inner_values.size() > 1 && !key.empty();) {
      std::uint32_t size_above = 0;  // group_key.hpp
      std::memcpy(&size_above, key.data(), sizeof size_above);
      parts.emplace_back(key.substr(sizeof size_above, size_above - 1));
      key.remove_prefix(sizeof size_above + size_above - 1);
    }
    if (input.inner_values.empty()) return std::nullopt;
  } else {
    if (input.values.empty()) return std::nullopt;
    for (const event::FieldId field : input.values) {
      parts.emplace_back(value_of(*told.event->batch, *told.event->event, field).value_or(""));
    }
  }
  if (parts.size() == 1) return parts.front();
  std::string joined;
  for (const std::string& part : parts)
    joined += fmt::format("{}{:?}", joined.empty() ? "" : ", ", part);
  return joined;
}

void Account::on_detection(const Told& told) {
  if (told.spec != question_.spec) return;
  const bool own = told.key == question_.key;
  const bool inside = told.place.time > from() && told.place.time <= question_.at;
  switch (told.fate) {
    case Fate::missing_group:
      if (inside) leave_out(told, missing_group_);
      return;
    case Fate::missing_value:
      if (inside && own) leave_out(told, missing_value_);
      return;
    case Fate::too_late:
      if (inside && own) leave_out(told, too_late_);
      return;
    case Fate::empties:
      if (inside && own && (!emptied_ || told.place > *emptied_)) emptied_ = told.place;
      return;
    case Fate::counted:
      count(told);
      return;
  }
}

void Account::count(const Told& told) {
  const std::int64_t time = told.place.time;
  if (told.key != question_.key) {
    if (time <= from() || time > question_.at) return;
    const auto found = others_.find(*told.key);
    if (found != others_.end()) {
      ++found->second;
    } else if (others_.size() < max_groups) {
      others_.emplace(*told.key, 1);
    } else {
      ++beyond_groups_;
    }
    return;
  }
  if (time <= from()) {
    ++before_.total;
    if (before_.total == 1 || told.place > before_.nearest) before_.nearest = told.place;
    return;
  }
  if (time > question_.at) {
    ++after_.total;
    if (after_.total == 1 || told.place < after_.nearest) after_.nearest = told.place;
    return;
  }
  const auto [found, is_new] = counted_.try_emplace(told.place);
  CountedEvent& event = found->second;
  bool adds = is_new;
  if (const auto at = std::ranges::lower_bound(event.inputs, told.input);
      at == event.inputs.end() || *at != told.input) {
    event.inputs.insert(at, told.input);
    adds |=
        spec_.type == CorrelationType::temporal || spec_.type == CorrelationType::temporal_ordered;
  }
  if (auto value = value_counted(told);
      value && std::ranges::find(event.values, *value) == event.values.end()) {
    event.values.push_back(*std::move(value));
    adds |= holds_values(spec_.judging);
  }
  if (!adds) ++again_;
  if (holds_numbers(spec_.judging)) {
    const double number = number_in(told.worth);
    event.number = event.number ? std::max(*event.number, number) : number;
  }
  if (!is_new) return;
  event.place = told.place;
  if (spec_.weight && told.event != nullptr) event.weight = told.worth;
  raws_.emplace(told.place, raw_of(told));
  if (raws_.size() > question_.lines) raws_.erase(raws_.begin());
}

void Account::leave_out(const Told& told, LeftOutList& list) const {
  ++list.total;
  if (list.first.size() >= LeftOutList::most) return;
  LeftOut out{told.place, told.input, {}, minus(told.watermark, told.place.time), raw_of(told)};
  const Input& input = spec_.input(told.input);
  if (told.event != nullptr && told.fate != Fate::too_late) {
    const auto& fields = told.fate == Fate::missing_group ? input.group : input.values;
    for (const event::FieldId field : fields) {
      if (value_of(*told.event->batch, *told.event->event, field)) continue;
      out.field = fields_.name(field);
      break;
    }
  }
  list.first.push_back(std::move(out));
}

std::vector<CountedEvent> Account::counted() const {
  std::vector<CountedEvent> out;
  out.reserve(counted_.size());
  for (const auto& [place, event] : counted_) {
    if (emptied_ && place < *emptied_) continue;
    out.push_back(event);
    if (const auto raw = raws_.find(place); raw != raws_.end()) out.back().raw = raw->second;
  }
  return out;
}

std::optional<Account::Emptied> Account::emptied() const {
  if (!emptied_) return std::nullopt;
  const auto end = counted_.lower_bound(*emptied_);
  return Emptied{*emptied_, static_cast<std::uint64_t>(std::distance(counted_.begin(), end))};
}

Account::Others Account::others(std::size_t most) const {
  Others out{beyond_groups_, others_.size(), beyond_groups_ > 0, {}};
  for (const auto& [key, number] : others_) {
    out.detections += number;
    out.largest.emplace_back(key, number);
  }
  // By size, then by key: the order that they have.
  std::ranges::stable_sort(out.largest,
                           [](const auto& a, const auto& b) { return a.second > b.second; });
  if (out.largest.size() > most) out.largest.resize(most);
  return out;
}

}  // namespace tocsin::correlate
