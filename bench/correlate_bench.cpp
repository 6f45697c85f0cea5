// Detections a second of each correlation type at 1 to 1,000,000 groups, and of numbers in a window
// of a million; bytes a group, and what an event without detections costs. Every run's alerts are
// compared with a plain count first.
// Usage: correlate_bench [detections, 2000000 [groups, all [type, all]]]
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "bench/correlate_load.hpp"
#include "correlate/correlator.hpp"

namespace {

using namespace tocsin;
using bench::Item;
using correlate::CorrelationSpec;
using correlate::CorrelationType;

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::uint32_t values = 9;  // 0 to 8

CorrelationSpec spec_of(CorrelationType type, std::int64_t timespan) {
  CorrelationSpec spec;
  spec.rule = event::RuleIndex(9);
  spec.id = "bench";
  spec.type = type;
  spec.at_least = is_temporal(type) ? 2 : 5;
  if (is_numeric(type)) spec.numbers.low = type == CorrelationType::value_sum ? 16 : 5.5;
  spec.timespan = timespan;
  spec.group_names = {"user.name"};
  const std::uint32_t inputs = is_temporal(type) ? 2 : 1;
  for (std::uint32_t i = 0; i < inputs; ++i) {
    correlate::Input input;
    input.rule = event::RuleIndex(i);
    input.group = {event::field::user_name};
    if (type == CorrelationType::value_count) input.values = {event::field::source_ip};
    if (is_numeric(type)) input.values = {bench::number_field};
    spec.inputs.push_back(input);
  }
  return spec;
}

// Of numbers 0 to 8, by how often each stands in the window.
bool numbers_hold(const CorrelationSpec& spec, const std::array<std::uint64_t, values>& held) {
  std::uint64_t count = 0, sum = 0;
  for (std::uint32_t value = 0; value < values; ++value) {
    count += held[value];
    sum += held[value] * value;
  }
  if (spec.type == CorrelationType::value_sum) return sum >= 16;
  if (spec.type == CorrelationType::value_avg) return 2 * sum >= 11 * count;
  const auto at_rank = [&](std::uint64_t rank) {
    std::uint32_t value = 0;
    for (; rank >= held[value]; ++value) rank -= held[value];
    return value;
  };
  return at_rank((count - 1) / 2) + at_rank(count / 2) >= 11;
}

// What the alerts must be, counted without any of the correlator's means.
std::uint64_t plain_alerts(const CorrelationSpec& spec, const std::vector<Item>& items,
                           std::size_t groups) {
  struct Group {
    std::deque<std::pair<std::int64_t, Item>> window;
    std::array<std::uint64_t, values> held{};
    std::int64_t last_true = -1;
  };
  std::vector<Group> all(groups);
  std::uint64_t alerts = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::int64_t time = static_cast<std::int64_t>(i + 1) * millisecond;
    Group& group = all[items[i].group];
    group.window.emplace_back(time, items[i]);
    ++group.held[items[i].value];
    while (group.window.front().first <= time - spec.timespan) {
      --group.held[group.window.front().second.value];
      group.window.pop_front();
    }
    std::size_t held = group.window.size();
    if (spec.type == CorrelationType::value_count) {
      std::set<std::uint32_t> values;
      for (const auto& [when, item] : group.window) values.insert(item.value);
      held = values.size();
    } else if (is_numeric(spec.type)) {
      held = numbers_hold(spec, group.held) ? spec.at_least : 0;
    } else if (is_temporal(spec.type)) {
      bool first = false, second = false, ordered = false;
      for (const auto& [when, item] : group.window) {
        ordered |= first && item.rule == 1;
        first |= item.rule == 0;
        second |= item.rule == 1;
      }
      held = (spec.type == CorrelationType::temporal ? first && second : ordered) ? 2 : 1;
    }
    if (held < spec.at_least) continue;
    if (group.last_true < 0 || time - group.last_true >= spec.timespan) ++alerts;
    group.last_true = time;
  }
  return alerts;
}

int bench_type(CorrelationType type, std::string_view name, std::size_t groups, std::size_t count,
               std::string_view wanted, std::uint64_t at_least = 0, std::int64_t window = 0) {
  if (!wanted.empty() && wanted != name) return 0;
  std::mt19937_64 random(groups);
  std::vector<Item> items(count);
  for (Item& item : items) {
    item = {static_cast<std::uint32_t>(random() % groups),
            static_cast<std::uint32_t>(random() % values),
            is_temporal(type) ? random() % 50 == 0 ? 1U : 0U : 0};
  }
  const auto timespan =
      window != 0 ? window : static_cast<std::int64_t>(groups) * 3 * millisecond / 2;
  std::vector<CorrelationSpec> specs = {spec_of(type, timespan)};
  if (at_least != 0) specs[0].at_least = at_least;
  if (!correlate::link(specs)) return 1;
  const std::uint64_t expected = plain_alerts(specs[0], items, groups);
  correlate::Correlator correlator(specs, {});
  const bench::Outcome outcome = bench::run(correlator, items, millisecond, true, 0, true);
  const std::uint64_t alerts = outcome.alerts;
  const double took = outcome.seconds;
  fmt::print(
      "{:17} {:>8} groups: {:6.2f} M detections/s, {:6.1f} ns, {:5} bytes a group, {} alerts\n",
      name, groups, static_cast<double>(count) / took / 1e6,
      took / static_cast<double>(count) * 1e9,
      correlator.groups() == 0 ? 0 : correlator.bytes() / correlator.groups(), alerts);
  if (alerts == expected) return 0;
  fmt::print("WRONG: {} alerts expected\n", expected);
  return 1;
}

// A hundred thousand groups with five times each, spread wider than lateness.
void bench_bytes() {
  const std::size_t groups = 100'000;
  std::vector<Item> items;
  for (std::uint32_t i = 0; i < 5 * groups; ++i)
    items.push_back({i % static_cast<std::uint32_t>(groups), 0, 0});
  std::vector<CorrelationSpec> specs = {
      spec_of(CorrelationType::event_count, std::int64_t{3'600'000} * millisecond)};
  specs[0].at_least = 6;
  if (!correlate::link(specs)) return;
  correlate::Correlator correlator(specs, {});
  static_cast<void>(bench::run(correlator, items, millisecond, true));
  fmt::print("{} groups with five times each: {} bytes a group\n", correlator.groups(),
             correlator.bytes() / correlator.groups());
}

void bench_quiet(std::size_t count) {
  std::vector<Item> items(count);
  std::vector<CorrelationSpec> specs = {spec_of(CorrelationType::event_count, 1000 * millisecond)};
  if (!correlate::link(specs)) return;
  correlate::Correlator correlator(specs, {});
  fmt::print(
      "no detection: {:.2f} ns an event\n",
      bench::run(correlator, items, millisecond, false).seconds / static_cast<double>(count) * 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000'000;
  const std::string_view wanted = argc > 3 ? argv[3] : "";
  int wrong = 0;
  for (const std::size_t groups : {1UL, 1'000UL, 60'000UL, 100'000UL, 1'000'000UL}) {
    if (argc > 2 && groups != std::strtoull(argv[2], nullptr, 10)) continue;
    wrong += bench_type(CorrelationType::event_count, "event_count", groups, count, wanted);
    // Where hardly anything fires: the price of the windows alone.
    wrong += bench_type(CorrelationType::event_count, "event_count", groups, count, wanted, 12);
    wrong += bench_type(CorrelationType::value_count, "value_count", groups, count, wanted);
    wrong += bench_type(CorrelationType::temporal, "temporal", groups, count, wanted);
    wrong +=
        bench_type(CorrelationType::temporal_ordered, "temporal_ordered", groups, count, wanted);
    wrong += bench_type(CorrelationType::value_sum, "value_sum", groups, count, wanted);
    wrong += bench_type(CorrelationType::value_avg, "value_avg", groups, count, wanted);
    wrong += bench_type(CorrelationType::value_median, "value_median", groups, count, wanted);
  }
  for (const auto& [type, name] : {std::pair(CorrelationType::value_avg, "value_avg"),
                                   std::pair(CorrelationType::value_median, "value_median")})
    wrong += bench_type(type, name, 1, count, wanted, 0, std::int64_t{1'000'000} * millisecond);
  bench_bytes();
  bench_quiet(count);
  return wrong == 0 ? 0 : 1;
}
