// Detections a second of every correlation type, by the number of groups and by how many events a
// window holds. Every run's alerts are compared with those of a plain count first.
// Usage: types_bench [type, all [groups, all [events a window, all]]]
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "bench/correlate_load.hpp"
#include "correlate/correlator.hpp"

namespace {

using namespace tocsin;
using bench::Item;
using correlate::CorrelationSpec;
using correlate::CorrelationType;

constexpr std::int64_t second = base::ns_per_second;
constexpr std::uint32_t values = 1800;  // that there are in all

struct Type {
  CorrelationType type;
  std::string_view name;
  std::uint32_t rules = 1;
};
constexpr Type types[] = {{CorrelationType::event_count, "event_count"},
                          {CorrelationType::value_count, "value_count"},
                          {CorrelationType::temporal, "temporal", 2},
                          {CorrelationType::temporal_ordered, "temporal_ordered", 2},
                          {CorrelationType::value_sum, "value_sum"},
                          {CorrelationType::value_avg, "value_avg"},
                          {CorrelationType::value_median, "value_median"}};

// Where hardly anything fires: the price of the windows, not of alerts.
CorrelationSpec spec_of(const Type& type, std::int64_t timespan, double in_window) {
  CorrelationSpec spec;
  spec.rule = event::RuleIndex(9);
  spec.id = "bench";
  spec.type = type.type;
  spec.timespan = timespan;
  spec.group_names = {"user.name"};
  const double high = 1 + 4 / std::sqrt(in_window), middle = (values - 1) / 2.0;
  switch (type.type) {
    case CorrelationType::event_count:
      spec.at_least = static_cast<std::uint64_t>(in_window * high) + 1;
      break;
    case CorrelationType::value_count:
      spec.at_least = static_cast<std::uint64_t>(
          std::min<double>(values, values * (1 - std::exp(-in_window / values)) * high + 1));
      break;
    case CorrelationType::value_sum:
      spec.numbers.low = std::floor(in_window * middle * high);
      break;
    case CorrelationType::value_avg:
    case CorrelationType::value_median:
      spec.numbers.low = std::floor(std::min<double>(values - 1, middle * high));
      break;
    default:
      spec.at_least = 2;
  }
  for (std::uint32_t i = 0; i < type.rules; ++i) {
    correlate::Input input;
    input.rule = event::RuleIndex(i);
    input.group = {event::field::user_name};
    if (type.type == CorrelationType::value_count) input.values = {event::field::source_ip};
    if (correlate::is_numeric(type.type)) input.values = {bench::number_field};
    spec.inputs.push_back(std::move(input));
  }
  return spec;
}

// The window of one group, kept by other means than the correlator's.
class PlainWindow {
 public:
  // The window of a detection at `time`; true: the condition holds there.
  bool add(const CorrelationSpec& spec, std::int64_t time, const Item& item) {
    for (; first_ < items_.size() && items_[first_].first <= time - spec.timespan; ++first_)
      count(items_[first_].second, -1);
    if (first_ > 1000 && first_ > items_.size() / 2) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    items_.emplace_back(time, item);
    count(item, 1);
    return holds(spec);
  }

 private:
  void count(const Item& item, int by) {
    sum_ += by * static_cast<std::int64_t>(item.value);
    rules_[item.rule] += by;
    if ((counts_[item.value] += by) == 0) counts_.erase(item.value);
  }
  [[nodiscard]] bool holds(const CorrelationSpec& spec) const {
    const std::size_t held = items_.size() - first_;
    switch (spec.type) {
      case CorrelationType::event_count:
        return held >= spec.at_least;
      case CorrelationType::value_count:
        return counts_.size() >= spec.at_least;
      case CorrelationType::temporal:
        return rules_[0] > 0 && rules_[1] > 0;
      case CorrelationType::temporal_ordered:
        return rules_[1] > 0 && is_behind_another();
      case CorrelationType::value_sum:
        return static_cast<double>(sum_) >= *spec.numbers.low;
      case CorrelationType::value_avg:
        return static_cast<double>(sum_) >= *spec.numbers.low * static_cast<double>(held);
      default:
        return at_rank((held - 1) / 2) + at_rank(held / 2) >= 2 * *spec.numbers.low;
    }
  }
  // Some detection of the first rule stands before the newest of the second, which is rare.
  [[nodiscard]] bool is_behind_another() const {
    std::size_t newest = items_.size() - 1;
    while (items_[newest].second.rule == 0) --newest;
    for (std::size_t i = first_; i < newest; ++i) {
      if (items_[i].second.rule == 0) return true;
    }
    return false;
  }
  [[nodiscard]] double at_rank(std::size_t rank) const {
    for (const auto& [value, times] : counts_) {
      if (rank < static_cast<std::size_t>(times)) return value;
      rank -= static_cast<std::size_t>(times);
    }
    return 0;
  }

  std::vector<std::pair<std::int64_t, Item>> items_;
  std::size_t first_ = 0;
  std::map<std::uint32_t, int> counts_;
  std::int64_t sum_ = 0;
  int rules_[2] = {0, 0};
};

std::uint64_t plain_alerts(const CorrelationSpec& spec, const std::vector<Item>& items,
                           std::size_t groups) {
  std::vector<PlainWindow> windows(groups);
  std::vector<std::int64_t> last_true(groups, -1);
  std::uint64_t alerts = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::int64_t time = static_cast<std::int64_t>(i + 1) * second;
    if (!windows[items[i].group].add(spec, time, items[i])) continue;
    std::int64_t& last = last_true[items[i].group];
    if (last < 0 || time - last >= spec.timespan) ++alerts;
    last = time;
  }
  return alerts;
}

int bench_one(const Type& type, std::size_t groups, std::size_t in_window) {
  const std::size_t fill = groups * in_window;
  const std::size_t count = fill + std::max<std::size_t>(500'000, groups / 2);
  std::mt19937_64 random(groups);
  std::vector<Item> items(count);
  for (Item& item : items) {
    item = {static_cast<std::uint32_t>(random() % groups),
            static_cast<std::uint32_t>(random() % values),
            type.rules == 2 && random() % 100'000 == 0 ? 1U : 0U};
  }
  std::vector<CorrelationSpec> specs = {
      spec_of(type, static_cast<std::int64_t>(fill) * second, static_cast<double>(in_window))};
  if (!correlate::link(specs)) return 1;
  correlate::Correlator correlator(specs, {});
  const bench::Outcome outcome = bench::run(correlator, items, second, true, fill, true);
  const double took = outcome.seconds / static_cast<double>(count - fill);
  fmt::print(
      "{:17} {:>9} groups {:>7} a window: {:6.2f} M detections/s, {:7.1f} ns, {:8} bytes a group, "
      "{} alerts\n",
      type.name, groups, in_window, 1e-6 / took, took * 1e9,
      outcome.most_bytes / std::max<std::size_t>(1, outcome.groups), outcome.alerts);
  std::fflush(stdout);
  const std::uint64_t expected = plain_alerts(specs[0], items, groups);
  if (outcome.alerts == expected) return 0;
  fmt::print("WRONG: {} alerts expected\n", expected);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "all";
  const auto is_asked = [&](int place, std::size_t value) {
    return argc <= place || std::string_view(argv[place]) == "all" ||
           std::strtoull(argv[place], nullptr, 10) == value;
  };
  int wrong = 0;
  for (const Type& type : types) {
    if (wanted != "all" && wanted != type.name) continue;
    // What fits a run: the window is full before the clock starts.
    for (const auto& [groups, in_window] :
         std::vector<std::pair<std::size_t, std::size_t>>{{1, 10},
                                                          {1, 1000},
                                                          {1, 100'000},
                                                          {1000, 1},
                                                          {1000, 10},
                                                          {1000, 1000},
                                                          {100'000, 1},
                                                          {100'000, 10},
                                                          {1'000'000, 1},
                                                          {10'000'000, 1}}) {
      if (is_asked(2, groups) && is_asked(3, in_window))
        wrong += bench_one(type, groups, in_window);
    }
  }
  return wrong == 0 ? 0 : 1;
}
