// Counters, gauges and histograms: declared once as rows, handed out as cheap handles, shown as
// text.
// Path:      every stage -> Registry -> console/http (/metrics)
// Units:     base units of Prometheus: seconds, bytes; a row's unit says which
// Threads:   safe; a handle's add() is one relaxed atomic addition, meant once a batch
// Errors:    none; a row that no table declares or labels that do not fit it are bugs (CHECK)
// Source:    Prometheus text format 0.0.4, https://prometheus.io/docs/practices/naming
// Tested by: tests/metrics/registry_test.cpp
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::metrics {

enum class Type : std::uint8_t { counter, gauge, histogram };

// Upper bounds from 1 ms to 10 s, dense where group sync puts the commit (50 ms).
inline constexpr double latency_buckets[] = {0.001, 0.0025, 0.005, 0.01, 0.02, 0.03,
                                             0.04,  0.05,   0.06,  0.08, 0.1,  0.15,
                                             0.25,  0.5,    1,     2.5,  5,    10};

// One metric, written in a constexpr table (metrics/rows.hpp) and nowhere else.
struct Row {
  std::string_view name;
  Type type = Type::counter;
  std::string_view unit;    // "seconds", "bytes", "events", ...; "" for a pure number
  std::string_view help;    // one sentence
  std::string_view labels;  // names, separated by commas
  double scale = 1;         // shown = counted * scale: 1e-9 for a counter of nanoseconds
  std::span<const double> buckets = latency_buckets;  // of a histogram, ascending
};

// Only ever grows. A default-made handle counts nothing, so that code runs without a registry.
class Counter {
 public:
  Counter() = default;
  void add(std::uint64_t n = 1) const {
    if (cell_ != nullptr) cell_->fetch_add(n, std::memory_order_relaxed);
  }
  void add(std::chrono::nanoseconds time) const { add(static_cast<std::uint64_t>(time.count())); }
  // Only for totals that somebody else counts (the kernel).
  void set_total(std::uint64_t n) const {
    if (cell_ != nullptr) cell_->store(n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const {
    return cell_ == nullptr ? 0 : cell_->load(std::memory_order_relaxed);
  }

 private:
  friend class Registry;
  explicit Counter(std::atomic<std::uint64_t>* cell) : cell_(cell) {}
  std::atomic<std::uint64_t>* cell_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  void set(double value) const {
    if (cell_ != nullptr) cell_->store(value, std::memory_order_relaxed);
  }
  void add(double step) const {
    if (cell_ != nullptr) cell_->fetch_add(step, std::memory_order_relaxed);
  }
  [[nodiscard]] double value() const {
    return cell_ == nullptr ? 0 : cell_->load(std::memory_order_relaxed);
  }

 private:
  friend class Registry;
  explicit Gauge(std::atomic<double>* cell) : cell_(cell) {}
  std::atomic<double>* cell_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  // `n` observations of the same value, as a batch has them.
  void observe(double value, std::uint64_t n = 1) const;
  void observe(std::chrono::nanoseconds time, std::uint64_t n = 1) const {
    observe(std::chrono::duration<double>(time).count(), n);
  }
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] double sum() const;

  struct Cells;

 private:
  friend class Registry;
  explicit Histogram(Cells* cells) : cells_(cells) {}
  Cells* cells_ = nullptr;
};

// Owns all cells; must outlive the handles. Label values come from the configuration and the rules,
// never from input: at most `max_series` combinations a row are kept apart, the rest share one
// series whose labels are all "other" and are counted by tocsin_metrics_series_refused_total.
class Registry {
 public:
  explicit Registry(std::span<const Row> rows, std::size_t max_series = 20'000);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  using Labels = std::initializer_list<std::string_view>;
  // The same row and labels give the same cell again. Values are cut to 128 bytes and control bytes
  // escaped. Takes a lock and allocates: for start and reload, not for a batch.
  [[nodiscard]] Counter counter(const Row& row, Labels labels = {});
  [[nodiscard]] Gauge gauge(const Row& row, Labels labels = {});
  [[nodiscard]] Histogram histogram(const Row& row, Labels labels = {});

  // Calls `refresh` before each collection, for values that are read rather than counted, until the
  // subscription is destroyed. `refresh` may not subscribe or unsubscribe.
  class Subscription;
  [[nodiscard]] Subscription on_collect(std::function<void()> refresh);

  // All series in the order of the rows, labels ascending; families without series are left out.
  [[nodiscard]] std::string text() const;
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Registry::Subscription {
 public:
  Subscription() = default;
  Subscription(Subscription&& other) noexcept;
  Subscription& operator=(Subscription&& other) noexcept;
  ~Subscription();

 private:
  friend class Registry;
  Subscription(State* state, std::uint64_t number) : state_(state), number_(number) {}
  State* state_ = nullptr;
  std::uint64_t number_ = 0;
};

}  // namespace tocsin::metrics
