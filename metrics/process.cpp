#include "metrics/process.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "metrics/rows.hpp"

namespace tocsin::metrics {

namespace {

constexpr double ns_per_second = 1e9;

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / ns_per_second;
}

// Entries of /proc/self/fd without the one that counting opens.
double count_open_fds() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  int entries = 0;
  while (readdir(folder) != nullptr) ++entries;
  closedir(folder);
  return entries - 3;  // ".", ".." and the folder's own descriptor
}

}  // namespace

ProcessMetrics::ProcessMetrics(Registry& registry, std::string_view version)
    : cpu_(registry.counter(row::process_cpu)),
      resident_(registry.gauge(row::process_resident)),
      virtual_(registry.gauge(row::process_virtual)),
      open_fds_(registry.gauge(row::process_open_fds)),
      max_fds_(registry.gauge(row::process_max_fds)),
      threads_(registry.gauge(row::process_threads)),
      start_(registry.gauge(row::process_start)) {
  registry.gauge(row::build_info, {version, __VERSION__}).set(1);
  subscription_ = registry.on_collect([this] { refresh(); });
}

void ProcessMetrics::refresh() const {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  constexpr std::uint64_t us_per_second = 1'000'000;
  cpu_.set_total(static_cast<std::uint64_t>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
                     us_per_second +
                 static_cast<std::uint64_t>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec));
  open_fds_.set(count_open_fds());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) max_fds_.set(static_cast<double>(limit.rlim_cur));

  // The program's name stands in brackets and may hold anything: fields are counted behind the last
  // bracket, the first one there being number 3 of proc(5).
  std::string line;
  std::ifstream file("/proc/self/stat");
  std::getline(file, line);
  const std::size_t bracket = line.rfind(')');
  if (bracket == std::string::npos) return;
  std::istringstream fields(line.substr(bracket + 1));
  std::string word;
  for (int number = 3; fields >> word; ++number) {
    const double value = std::strtod(word.c_str(), nullptr);
    if (number == 20) threads_.set(value);
    if (number == 22 && start_.value() == 0)  // once: it would tremble with the clocks
      start_.set(seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) +
                 value / static_cast<double>(sysconf(_SC_CLK_TCK)));
    if (number == 23) virtual_.set(value);
    if (number == 24) resident_.set(value * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
}

}  // namespace tocsin::metrics
