// Reads the store's files again, slowly, to find what the disk has changed while nobody looked.
// Path:      list of files from the open store -> each from the disk -> metrics, a line for the
//            operator
// Units:     bytes a second; ns
// Threads:   one of its own; the store is used for a moment at a time
// Errors:    none: what is damaged is said and counted, once a pass; nothing is changed or stopped
// Tested by: tests/engine/scrubber_test.cpp, tests/e2e/scrub_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/time.hpp"
#include "engine/store_port.hpp"
#include "metrics/registry.hpp"

namespace tocsin::engine {

class Scrubber {
 public:
  // True as soon as it is to end, false when the time has passed.
  using StoppedWithin = std::function<bool(base::Nanoseconds)>;

  Scrubber(const StorePort& store, std::uint64_t rate, metrics::Registry& registry,
           const base::Clock& clock, StoppedWithin stopped_within,
           std::function<void(const std::string&)> say);

  // All files that the store has now, each once, in the time that the rate asks for, and a rest.
  // False: stopped.
  bool pass();

 private:
  bool wait_for(std::uint64_t bytes);

  const StorePort& store_;
  const std::uint64_t rate_;
  const base::Clock& clock_;
  const StoppedWithin stopped_within_;
  const std::function<void(const std::string&)> say_;
  metrics::Counter bytes_;
  metrics::Gauge damaged_;
  metrics::Gauge passed_;
  std::size_t known_ = 0;  // damaged
  std::size_t begin_;      // the file to begin with; elsewhere at each start
};

}  // namespace tocsin::engine
