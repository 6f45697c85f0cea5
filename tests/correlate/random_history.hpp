// Random rules and events for the correlator, and their text, so that a failure can be read.
// Threads:   one
// Tested by: tests/correlate/history_test.cpp
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "correlate/spec.hpp"
#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {

struct Step {
  enum class Kind : std::uint8_t { event, clock, source_finished, commit, restart, reload };
  Kind kind = Kind::event;
  TestEvent event;  // of a clock record: received; of source_finished: source
  std::vector<CorrelationSpec> specs = {};  // of a reload: the rules from here on, not linked
};

struct History {
  Options options;
  std::vector<CorrelationSpec> specs;  // at the start, not linked
  std::vector<Step> steps;             // seq is given by number_events()
  bool long_windows = false;           // as soon as one detection is late
};

struct Shape {
  std::uint64_t max_steps = 40;
  bool disturbed = true;  // commits, restarts, clock records, several sources, too late events
  bool distinct_times = false;
  bool dense = false;    // many events a window, high thresholds, many values
  bool reloads = false;  // rules come, go, change, and change their places
  bool own = true;       // some events are Tocsin's own records
};

[[nodiscard]] History random_history(std::mt19937_64& random, const Shape& shape);
// Frames 1, 2, 3... in the order of the steps; derived records take the number before them.
void number_events(std::vector<Step>& steps);
[[nodiscard]] std::string to_text(const History& history);

}  // namespace tocsin::correlate
