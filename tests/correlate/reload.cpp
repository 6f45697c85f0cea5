#include "tests/correlate/reload.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "tests/event/state_map.hpp"

namespace tocsin::correlate {

std::optional<std::size_t> warmed_from(std::span<const Step> past, const WarmingPlan& plan,
                                       const Options& options, std::int64_t watermark) {
  if (plan.empty() || watermark == Watermark::never) return std::nullopt;
  const std::int64_t wanted =
      minus(minus(watermark, plan.reach), options.lateness.count() + options.idle_timeout.count());
  const auto first = std::ranges::find_if(past, [&](const Step& step) {
    return step.kind == Step::Kind::event && step.event.k == 0 && step.event.time >= wanted;
  });
  if (first == past.end()) return std::nullopt;
  return static_cast<std::size_t>(first - past.begin());
}

WarmedWindows warmed_windows(const History& history, std::span<const Step> steps,
                             const WarmingPlan& plan, std::int64_t watermark) {
  Correlator correlator(plan.specs, history.options);
  correlator.set_limits(history.long_windows ? LongLimits{0, 0, 0} : LongLimits{});
  event::StateMap space;
  if (history.options.window_bytes != 0) {
    correlator.set_limits(SpillLimits{1});
    correlator.keep_cold_in(space);
  }
  const auto save = [&](event::StateWriter& out) {
    correlator.take_changes([](const AlertChange&) {});
    correlator.save_changes(out);
  };
  Stage stage;
  for (const Step& step : steps) {
    switch (step.kind) {
      case Step::Kind::event: {
        const EventView& view = stage.load(step.event);
        correlator.prepare(*view.batch);
        correlator.on_event(view, stage.detections());
        break;
      }
      case Step::Kind::clock:
        correlator.on_clock(base::ReceivedTime(step.event.received));
        break;
      case Step::Kind::source_finished:
        correlator.source_finished(event::SourceId(step.event.source));
        break;
      default:
        break;
    }
    if (correlator.wants_save()) save(space);
  }
  if (!correlator.end_warming(watermark, plan.is_new)) return {};
  WarmedWindows windows(plan);
  for (const auto& [key, value] : space.values) windows.put(key, value);
  save(windows);
  CHECK(!correlator.failure(), "the windows of new rules could not be read back");
  return windows;
}

}  // namespace tocsin::correlate
