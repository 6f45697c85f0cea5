// What an operator can set of correlation.
// Units:     durations in ns; bytes
// Threads:   values
// Tested by: tests/correlate/options_test.cpp
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "base/options.hpp"
#include "base/time.hpp"

namespace tocsin::correlate {

struct Options {
  // How far behind its source's newest event an event may come and still be counted in its place.
  base::Nanoseconds lateness = std::chrono::seconds(60);
  // A source from which nothing came for longer than this holds time back no more.
  base::Nanoseconds idle_timeout = std::chrono::seconds(30);
  // Windows have so much memory: groups leave it for the saved state; 0 = no limit. Results do not
  // depend on it.
  std::size_t window_bytes = std::size_t{1} << 30U;
  // Detections of one rule on one entity amend its alert as long as no more than this lies between
  // them, where neither the rule nor a mapping pack says a timespan.
  base::Nanoseconds alert_timespan = std::chrono::hours(1);
};

inline constexpr std::array<base::Option<Options>, 4> option_rows = {{
    {&Options::lateness,
     {.key = "lateness",
      .unit = "duration",
      .sentence = "How far behind its source's newest event an event may come and still be counted "
                  "in its place.",
      .max = 7LL * 24 * 3600 * 1'000'000'000,
      .restart = false}},
    {&Options::idle_timeout,
     {.key = "idle_timeout",
      .unit = "duration",
      .sentence = "A source from which nothing came for longer than this holds back time no more.",
      .min = 1'000'000'000,
      .max = 7LL * 24 * 3600 * 1'000'000'000,
      .restart = false}},
    {&Options::window_bytes,
     {.key = "window_bytes",
      .unit = "bytes",
      .sentence = "Memory of all windows; beyond it groups that nothing happens to stay in the "
                  "store alone until they are needed. Results do not depend on it; 0: no limit.",
      .restart = false}},
    {&Options::alert_timespan,
     {.key = "alert_timespan",
      .unit = "duration",
      .sentence = "Detections of one rule on one entity amend one alert as long as no more than "
                  "this lies between them, where the rule does not say it.",
      .min = 1'000'000'000,
      .max = 30LL * 24 * 3600 * 1'000'000'000,
      .restart = false}},
}};

}  // namespace tocsin::correlate
