#include "bench/correlate_load.hpp"

#include <algorithm>
#include <ctime>
#include <string>

namespace tocsin::bench {

namespace {

constexpr std::size_t batch_size = 2048;
constexpr event::FieldId filler{40};

// A batch of events with as many fields as a decoded line of sshd has.
void fill(event::Batch& batch, const std::vector<Item>& items, std::size_t first,
          std::int64_t step) {
  batch.clear();
  batch.first_seq = event::Seq(first + 1);
  for (std::size_t i = first; i < std::min(items.size(), first + batch_size); ++i) {
    batch.add_frame("", event::SourceId(1), base::ReceivedTime(1));
    event::Event event;
    event.time = base::EventTime(static_cast<std::int64_t>(i + 1) * step);
    event.first_field = static_cast<std::uint32_t>(batch.fields.size());
    for (std::uint16_t f = 0; f < 5; ++f)
      batch.fields.emplace_back(event::FieldId(static_cast<std::uint16_t>(filler.value + f)), "x");
    const std::string value = std::to_string(items[i].value);
    batch.fields.emplace_back(event::field::user_name,
                              batch.arena.copy("user" + std::to_string(items[i].group)));
    batch.fields.emplace_back(event::field::source_ip, batch.arena.copy("10.0.0." + value));
    batch.fields.emplace_back(number_field, batch.arena.copy(value));
    event.field_count = 8;
    batch.events.push_back(event);
    batch.detections.push_back(
        {static_cast<std::uint32_t>(i - first), event::RuleIndex(items[i].rule)});
  }
}

}  // namespace

double seconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Outcome run(correlate::Correlator& correlator, const std::vector<Item>& items, std::int64_t step,
            bool with_detections, std::size_t from, bool finish) {
  Outcome outcome;
  event::Batch batch;
  const auto take = [&] {
    correlator.take_changes(
        [&](const correlate::AlertChange& change) { outcome.alerts += change.opened ? 1 : 0; });
  };
  for (std::size_t first = 0; first < items.size(); first += batch_size) {
    fill(batch, items, first, step);
    const double start = seconds();
    if (with_detections) correlator.prepare(batch);
    const std::span<const event::Detection> detections(batch.detections);
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
      correlator.on_event({batch.seq(i), 0, batch.events[i].time, batch.frames[i].source,
                           batch.frames[i].received, &batch, &batch.events[i]},
                          with_detections ? detections.subspan(i, 1) : detections.first(0));
    }
    take();
    if (first >= from) outcome.seconds += seconds() - start;
    outcome.most_bytes = std::max(outcome.most_bytes, correlator.bytes());
  }
  outcome.groups = correlator.groups();
  if (!finish) return outcome;
  const double start = seconds();
  correlator.finish();
  take();
  outcome.seconds += seconds() - start;
  return outcome;
}

}  // namespace tocsin::bench
