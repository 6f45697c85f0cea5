#include "metrics/registry.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "metrics/rows.hpp"

namespace tocsin::metrics {
namespace {

using enum Type;
constexpr Row lines{"tocsin_test_lines_total", counter, "lines", "Lines seen.", "input"};
constexpr Row plain{"tocsin_test_things_total", counter, "things", "Things seen.", ""};
constexpr Row busy{"tocsin_test_busy_seconds_total", counter, "seconds", "Busy time.", "", 1e-9};
constexpr Row level{"tocsin_test_level", gauge, "", "A level.", ""};
constexpr Row latency{"tocsin_test_latency_seconds", histogram, "seconds", "A latency.", ""};
constexpr Row rows[] = {lines, plain, busy, level, latency, row::series_refused};

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(RegistryTest, ShowsCountersWithLabelsInOrder) {
  Registry registry(rows);
  registry.counter(lines, {"udp"}).add(3);
  registry.counter(lines, {"tcp"}).add();
  const std::string text = registry.text();
  EXPECT_TRUE(has_line(text, "# HELP tocsin_test_lines_total Lines seen."));
  EXPECT_TRUE(has_line(text, "# TYPE tocsin_test_lines_total counter"));
  EXPECT_TRUE(has_line(text,
                       "tocsin_test_lines_total{input=\"tcp\"} 1\n"
                       "tocsin_test_lines_total{input=\"udp\"} 3"));
}

TEST(RegistryTest, SameLabelsAreTheSameCell) {
  Registry registry(rows);
  registry.counter(lines, {"a"}).add(1);
  registry.counter(lines, {"a"}).add(2);
  EXPECT_EQ(registry.counter(lines, {"a"}).value(), 3U);
  EXPECT_EQ(registry.counter(lines, {"b"}).value(), 0U);
}

TEST(RegistryTest, FamiliesWithoutSeriesAreNotShown) {
  Registry registry(rows);
  EXPECT_EQ(registry.text().find("tocsin_test_lines"), std::string::npos);
}

TEST(RegistryTest, ScaleTurnsNanosecondsIntoSeconds) {
  Registry registry(rows);
  registry.counter(busy).add(std::chrono::milliseconds(1500));
  EXPECT_TRUE(has_line(registry.text(), "tocsin_test_busy_seconds_total 1.5"));
}

TEST(RegistryTest, GaugesGoUpAndDown) {
  Registry registry(rows);
  const Gauge gauge_handle = registry.gauge(level);
  gauge_handle.set(2.5);
  gauge_handle.add(-4);
  EXPECT_TRUE(has_line(registry.text(), "tocsin_test_level -1.5"));
}

TEST(RegistryTest, HistogramCountsCumulatively) {
  Registry registry(rows);
  const Histogram handle = registry.histogram(latency);
  handle.observe(0.001);  // on a bound: belongs to it
  handle.observe(std::chrono::milliseconds(30), 4);
  handle.observe(60.0);
  EXPECT_EQ(handle.count(), 6U);
  EXPECT_DOUBLE_EQ(handle.sum(), 60.121);
  const std::string text = registry.text();
  EXPECT_TRUE(has_line(text, "tocsin_test_latency_seconds_bucket{le=\"0.001\"} 1"));
  EXPECT_TRUE(has_line(text, "tocsin_test_latency_seconds_bucket{le=\"0.02\"} 1"));
  EXPECT_TRUE(has_line(text, "tocsin_test_latency_seconds_bucket{le=\"0.03\"} 5"));
  EXPECT_TRUE(has_line(text, "tocsin_test_latency_seconds_bucket{le=\"10\"} 5"));
  EXPECT_TRUE(has_line(text, "tocsin_test_latency_seconds_bucket{le=\"+Inf\"} 6"));
  EXPECT_TRUE(has_line(text, "tocsin_test_latency_seconds_count 6"));
}

TEST(RegistryTest, EmptyHandlesCountNothing) {
  const Counter counter_handle;
  counter_handle.add(5);
  EXPECT_EQ(counter_handle.value(), 0U);
  const Gauge gauge_handle;
  gauge_handle.set(5);
  EXPECT_EQ(gauge_handle.value(), 0);
  const Histogram histogram_handle;
  histogram_handle.observe(1.0);
  EXPECT_EQ(histogram_handle.count(), 0U);
}

TEST(RegistryTest, TooManyLabelsShareOneSeries) {
  Registry registry(rows, 3);
  for (int i = 0; i < 10; ++i) registry.counter(lines, {"input" + std::to_string(i)}).add();
  const std::string text = registry.text();
  EXPECT_TRUE(has_line(text, "tocsin_test_lines_total{input=\"input2\"} 1"));
  EXPECT_TRUE(has_line(text, "tocsin_test_lines_total{input=\"other\"} 7"));
  EXPECT_EQ(text.find("input3"), std::string::npos);
  EXPECT_TRUE(has_line(text, "tocsin_metrics_series_refused_total 7"));
}

TEST(RegistryTest, LabelValuesAreMadeHarmless) {
  Registry registry(rows);
  registry.counter(lines, {std::string("a\n\x1b[31m\xff\"\\") + std::string(300, 'x')}).add();
  const std::string text = registry.text();
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7F)) << int(c);
  EXPECT_NE(text.find("a\\\\x0a\\\\x1b[31m\\\\xff\\\"\\\\xxx"), std::string::npos) << text;
  EXPECT_EQ(text.find(std::string(129, 'x')), std::string::npos);
}

TEST(RegistryTest, SubscriptionsRefreshBeforeEachCollectionUntilTheyEnd) {
  Registry registry(rows);
  int calls = 0;
  const Gauge gauge_handle = registry.gauge(level);
  {
    const Registry::Subscription subscription =
        registry.on_collect([&] { gauge_handle.set(++calls); });
    EXPECT_TRUE(has_line(registry.text(), "tocsin_test_level 1"));
    EXPECT_TRUE(has_line(registry.text(), "tocsin_test_level 2"));
  }
  EXPECT_TRUE(has_line(registry.text(), "tocsin_test_level 2"));
  EXPECT_EQ(calls, 2);
}

TEST(RegistryTest, ThreadsCountWithoutLoss) {
  Registry registry(rows);
  const Counter handle = registry.counter(plain);
  const Histogram times = registry.histogram(latency);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        handle.add();
        times.observe(0.5);
      }
    });
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(registry.text().empty());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(handle.value(), 80'000U);
  EXPECT_EQ(times.count(), 80'000U);
  EXPECT_DOUBLE_EQ(times.sum(), 40'000.0);
}

TEST(RegistryDeathTest, MisuseIsABug) {
  Registry registry(rows);
  constexpr Row unknown{"tocsin_test_unknown_total", counter, "", "Not declared.", ""};
  EXPECT_DEATH((void)registry.counter(unknown), "no table declares");
  EXPECT_DEATH((void)registry.counter(lines), "another number of labels");
  EXPECT_DEATH((void)registry.gauge(plain), "another type");
  constexpr Row twice[] = {plain, plain};
  EXPECT_DEATH(Registry{twice}, "declared twice");
}

}  // namespace
}  // namespace tocsin::metrics
