#include "metrics/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <thread>

#include "metrics/rows.hpp"

namespace tocsin::metrics {
namespace {

TEST(ProcessTest, ShowsThisProcess) {
  Registry registry(all_rows);
  const ProcessMetrics process(registry, "1.2.3");
  const std::string text = registry.text();
  EXPECT_NE(text.find("tocsin_build_info{version=\"1.2.3\",compiler=\""), std::string::npos)
      << text;
  EXPECT_GT(registry.gauge(row::process_resident).value(), 1e6);
  EXPECT_GT(registry.gauge(row::process_virtual).value(),
            registry.gauge(row::process_resident).value());
  EXPECT_GE(registry.gauge(row::process_threads).value(), 1);
  EXPECT_GE(registry.gauge(row::process_max_fds).value(), 64);
  EXPECT_NEAR(registry.gauge(row::process_start).value(), static_cast<double>(std::time(nullptr)),
              3600);
}

TEST(ProcessTest, CountsOpenDescriptors) {
  Registry registry(all_rows);
  const ProcessMetrics process(registry, "1");
  process.refresh();
  const double before = registry.gauge(row::process_open_fds).value();
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  process.refresh();
  EXPECT_EQ(registry.gauge(row::process_open_fds).value(), before + 1);
  close(fd);
}

TEST(ProcessTest, CountsThreadsAndProcessorTime) {
  Registry registry(all_rows);
  const ProcessMetrics process(registry, "1");
  process.refresh();
  const std::uint64_t before = registry.counter(row::process_cpu).value();
  const double threads_before = registry.gauge(row::process_threads).value();
  std::thread burner([&] {
    const std::clock_t start = std::clock();
    while (std::clock() - start < CLOCKS_PER_SEC / 20) {
    }
    process.refresh();
  });
  burner.join();
  EXPECT_EQ(registry.gauge(row::process_threads).value(), threads_before + 1);
  EXPECT_GE(registry.counter(row::process_cpu).value(), before + 40'000);
}

}  // namespace
}  // namespace tocsin::metrics
