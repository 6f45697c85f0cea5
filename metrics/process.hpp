// What the operating system says of this process, and which build it is.
// Path:      /proc/self -> Registry, at each collection
// Threads:   safe, as Registry
// Errors:    none; what /proc does not tell keeps its last value
// Source:    proc(5); names as in Prometheus client libraries
// Tested by: tests/metrics/process_test.cpp
#pragma once

#include <string_view>

#include "metrics/registry.hpp"

namespace tocsin::metrics {

// Lives as long as the process is to be shown; must be destroyed before the registry.
class ProcessMetrics {
 public:
  ProcessMetrics(Registry& registry, std::string_view version);
  void refresh() const;

 private:
  Counter cpu_;
  Gauge resident_, virtual_, open_fds_, max_fds_, threads_, start_;
  Registry::Subscription subscription_;
};

}  // namespace tocsin::metrics
