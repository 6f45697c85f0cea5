#include "metrics/registry.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "metrics/rows.hpp"

namespace tocsin::metrics {

namespace {

constexpr std::size_t max_label_value = 128;
constexpr std::size_t cache_line = 64;

std::vector<std::string> split(std::string_view names) {
  std::vector<std::string> out;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    out.emplace_back(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return out;
}

// Each cell has a cache line of its own: stages on different threads count without disturbing each
// other.
struct alignas(cache_line) CounterCell {
  std::atomic<std::uint64_t> value = 0;
};
struct alignas(cache_line) GaugeCell {
  std::atomic<double> value = 0;
};

prometheus::MetricType prometheus_type(Type type) {
  switch (type) {
    case Type::counter:
      return prometheus::MetricType::Counter;
    case Type::gauge:
      return prometheus::MetricType::Gauge;
    case Type::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

}  // namespace

struct alignas(cache_line) Histogram::Cells {
  explicit Cells(std::span<const double> upper_bounds)
      : bounds(upper_bounds), counts(upper_bounds.size() + 1) {}
  std::span<const double> bounds;
  std::vector<std::atomic<std::uint64_t>> counts;  // one more than bounds: what is above them all
  std::atomic<double> sum = 0;
};

void Histogram::observe(double value, std::uint64_t n) const {
  if (cells_ == nullptr) return;
  const auto bounds = cells_->bounds;
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
  cells_->counts[static_cast<std::size_t>(bucket)].fetch_add(n, std::memory_order_relaxed);
  cells_->sum.fetch_add(value * static_cast<double>(n), std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  if (cells_ == nullptr) return 0;
  std::uint64_t sum = 0;
  for (const auto& bucket : cells_->counts) sum += bucket.load(std::memory_order_relaxed);
  return sum;
}

double Histogram::sum() const {
  return cells_ == nullptr ? 0 : cells_->sum.load(std::memory_order_relaxed);
}

struct Registry::State final : prometheus::Collectable {
  struct Series {
    std::unique_ptr<CounterCell> counter;
    std::unique_ptr<GaugeCell> gauge;
    std::unique_ptr<Histogram::Cells> histogram;
  };
  struct Family {
    Row row;
    std::vector<std::string> label_names;
    std::map<std::vector<std::string>, Series> series;
  };

  std::vector<Family> families;
  std::size_t max_series = 0;
  Counter refused;
  mutable std::mutex mutex;  // families and their series; cells are atomic
  mutable std::mutex refresh_mutex;
  std::map<std::uint64_t, std::function<void()>> refreshers;
  std::uint64_t next_refresher = 1;

  Series& find(const Row& row, Type type, Labels labels);
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
};

Registry::State::Series& Registry::State::find(const Row& row, Type type, Labels labels) {
  const auto family = std::find_if(families.begin(), families.end(),
                                   [&](const Family& each) { return each.row.name == row.name; });
  CHECK(family != families.end(), "a metric that no table declares");
  CHECK(family->row.type == type && row.type == type, "a metric asked for as another type");
  CHECK(family->label_names.size() == labels.size(), "another number of labels than the row has");
  std::vector<std::string> values;
  for (std::string_view value : labels)
    values.emplace_back(base::utf8_prefix(base::printable(value), max_label_value));
  if (!family->series.contains(values) && family->series.size() >= max_series) {
    refused.add();
    for (std::string& value : values) value = "other";
  }
  Series& series = family->series[std::move(values)];
  if (type == Type::counter && !series.counter) series.counter = std::make_unique<CounterCell>();
  if (type == Type::gauge && !series.gauge) series.gauge = std::make_unique<GaugeCell>();
  if (type == Type::histogram && !series.histogram)
    series.histogram = std::make_unique<Histogram::Cells>(family->row.buckets);
  return series;
}

namespace {

void fill_histogram(const Histogram::Cells& cells, prometheus::ClientMetric::Histogram& out) {
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < cells.counts.size(); ++i) {
    cumulative += cells.counts[i].load(std::memory_order_relaxed);
    if (i < cells.bounds.size()) out.bucket.push_back({cumulative, cells.bounds[i]});
  }
  out.sample_count = cumulative;
  out.sample_sum = cells.sum.load(std::memory_order_relaxed);
}

}  // namespace

std::vector<prometheus::MetricFamily> Registry::State::Collect() const {
  std::vector<prometheus::MetricFamily> out;
  const std::lock_guard lock(mutex);
  for (const Family& family : families) {
    if (family.series.empty()) continue;
    prometheus::MetricFamily shown{std::string(family.row.name),
                                   std::string(family.row.help),
                                   prometheus_type(family.row.type),
                                   {}};
    for (const auto& [values, series] : family.series) {
      prometheus::ClientMetric metric;
      for (std::size_t i = 0; i < values.size(); ++i)
        metric.label.push_back({family.label_names[i], values[i]});
      if (series.counter)
        metric.counter.value =
            static_cast<double>(series.counter->value.load(std::memory_order_relaxed)) *
            family.row.scale;
      if (series.gauge)
        metric.gauge.value = series.gauge->value.load(std::memory_order_relaxed) * family.row.scale;
      if (series.histogram) fill_histogram(*series.histogram, metric.histogram);
      shown.metric.push_back(std::move(metric));
    }
    out.push_back(std::move(shown));
  }
  return out;
}

Registry::Registry(std::span<const Row> rows, std::size_t max_series)
    : state_(std::make_unique<State>()) {
  for (const Row& row : rows) {
    for (const State::Family& other : state_->families)
      CHECK(other.row.name != row.name, "a metric declared twice");
    state_->families.push_back({row, split(row.labels), {}});
  }
  state_->max_series = max_series;
  for (const Row& row : rows)
    if (row.name == row::series_refused.name) state_->refused = counter(row);
}

Registry::~Registry() = default;

Counter Registry::counter(const Row& row, Labels labels) {
  const std::lock_guard lock(state_->mutex);
  return Counter(&state_->find(row, Type::counter, labels).counter->value);
}

Gauge Registry::gauge(const Row& row, Labels labels) {
  const std::lock_guard lock(state_->mutex);
  return Gauge(&state_->find(row, Type::gauge, labels).gauge->value);
}

Histogram Registry::histogram(const Row& row, Labels labels) {
  const std::lock_guard lock(state_->mutex);
  return Histogram(state_->find(row, Type::histogram, labels).histogram.get());
}

Registry::Subscription Registry::on_collect(std::function<void()> refresh) {
  const std::lock_guard lock(state_->refresh_mutex);
  const std::uint64_t number = state_->next_refresher++;
  state_->refreshers.emplace(number, std::move(refresh));
  return {state_.get(), number};
}

std::string Registry::text() const {
  {
    const std::lock_guard lock(state_->refresh_mutex);
    for (const auto& [number, refresh] : state_->refreshers) refresh();
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, state_->Collect());
  return std::move(out).str();
}

Registry::Subscription::Subscription(Subscription&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)), number_(other.number_) {}

Registry::Subscription& Registry::Subscription::operator=(Subscription&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(number_, other.number_);
  return *this;
}

Registry::Subscription::~Subscription() {
  if (state_ == nullptr) return;
  const std::lock_guard lock(state_->refresh_mutex);
  state_->refreshers.erase(number_);
}

}  // namespace tocsin::metrics
