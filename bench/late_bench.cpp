// Detections of one group in the orders that a sender of forged times could choose: time, entries
// looked at and bytes a detection. The episodes are compared with those of the same detections in
// order of their times.
// Usage: late_bench [detections, 100000 [shape, all [rule, all]]]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <numeric>

#include "tests/correlate/late_stream.hpp"

namespace {

using namespace tocsin;
using namespace tocsin::correlate;

double seconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

using Episode = std::tuple<std::string, std::int64_t, std::int64_t, std::uint64_t, std::uint64_t>;

struct Outcome {
  std::vector<Episode> episodes;
  double seconds = 0;
  std::uint64_t steps = 0;
  std::size_t bytes = 0;
};

Outcome run(const LateRule& rule, const std::vector<TestEvent>& events) {
  std::vector<CorrelationSpec> specs = rule.specs;
  if (!link(specs)) std::exit(1);
  Correlator correlator(specs, late_options());
  correlator.keep_no_account();
  Outcome outcome;
  Stage stage;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const EventView& view = stage.load(events[i]);
    const double start = seconds();
    correlator.on_event(view, stage.detections());
    outcome.seconds += seconds() - start;
  }
  outcome.bytes = correlator.bytes();
  const double start = seconds();
  correlator.finish();
  outcome.seconds += seconds() - start;
  outcome.steps = correlator.late_steps();
  correlator.take_changes([&](const AlertChange& change) {
    const event::Alert& alert = change.alert;
    if (alert.merged_into) return;
    outcome.episodes.emplace_back(alert.rule_id, alert.fired_at.value, alert.last_seen.value,
                                  alert.count, alert.total);
  });
  std::ranges::sort(outcome.episodes);
  return outcome;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  int wrong = 0;
  for (std::size_t s = 0; s < std::size(late_shape_names); ++s) {
    if (argc > 2 && std::string_view(argv[2]) != "all" && argv[2] != late_shape_names[s]) continue;
    const auto times = late_times(static_cast<LateShape>(s), count);
    for (const LateRule& rule : late_rules()) {
      if (argc > 3 && argv[3] != rule.name) continue;
      std::vector<TestEvent> events;
      for (std::size_t i = 0; i < count; ++i) events.push_back(late_event(rule, i, times[i]));
      const Outcome late = run(rule, events);
      fmt::print("{:11} {:23} {:8.0f} ns {:6} steps a detection, {:6.1f} bytes, {} episodes\n",
                 late_shape_names[s], rule.name, late.seconds / static_cast<double>(count) * 1e9,
                 late.steps / count, static_cast<double>(late.bytes) / static_cast<double>(count),
                 late.episodes.size());
      std::fflush(stdout);
      // Equal times keep their order of arrival in both.
      std::ranges::stable_sort(events, {}, &TestEvent::time);
      if (run(rule, events).episodes == late.episodes) continue;
      fmt::print("WRONG: other episodes than in order\n");
      ++wrong;
    }
  }
  return wrong == 0 ? 0 : 1;
}
