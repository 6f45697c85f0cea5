// Events for tests: a line each, given to a correlator as the engine would.
// Threads:   one
// Tested by: every test of this folder
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "correlate/correlator.hpp"
#include "correlate/spec.hpp"

namespace tocsin::correlate {

inline constexpr std::int64_t second = base::ns_per_second;
inline constexpr event::FieldId field_a{100};
inline constexpr event::FieldId field_b{101};
inline constexpr event::FieldId field_c{102};

struct TestEvent {
  std::uint64_t seq = 0;
  std::uint32_t k = 0;
  std::int64_t time = 0;  // ns
  std::vector<std::uint32_t> rules = {};
  std::vector<std::pair<event::FieldId, std::string>> fields = {};
  std::uint32_t source = 1;
  std::int64_t received = 0;
};

inline constexpr std::uint32_t own_source = 0;  // of Tocsin's own records

// Holds one event in a batch of its own; the view is good until the next load().
class Stage {
 public:
  const EventView& load(const TestEvent& from) {
    batch_.clear();
    batch_.first_seq = event::Seq(from.seq);
    batch_.add_frame("x", event::SourceId(from.source), base::ReceivedTime(from.received));
    event::Event event;
    event.time = base::EventTime(from.time);
    event.has_time = true;
    event.field_count = static_cast<std::uint16_t>(from.fields.size());
    for (const auto& [id, value] : from.fields)
      batch_.fields.emplace_back(id, batch_.arena.copy(value));
    batch_.events.push_back(event);
    for (const std::uint32_t rule : from.rules)
      batch_.detections.push_back({0, event::RuleIndex(rule)});
    view_ = {event::Seq(from.seq),
             from.k,
             base::EventTime(from.time),
             event::SourceId(from.source),
             base::ReceivedTime(from.received),
             &batch_,
             batch_.events.data(),
             from.source == own_source};
    return view_;
  }
  [[nodiscard]] std::span<const event::Detection> detections() const { return batch_.detections; }
  [[nodiscard]] const EventView& view() const { return view_; }

 private:
  event::Batch batch_;
  EventView view_;
};

// "at least n detections of rule 0 by field a within timespan".
inline CorrelationSpec count_spec(std::uint64_t n, std::int64_t timespan) {
  CorrelationSpec spec;
  spec.rule = event::RuleIndex(50);
  spec.id = "count";
  spec.title = "Counts";
  spec.level = "high";
  spec.at_least = n;
  spec.timespan = timespan;
  spec.group_names = {"a"};
  Input input;
  input.rule = event::RuleIndex(0);
  input.group = {field_a};
  spec.inputs.push_back(input);
  return spec;
}

}  // namespace tocsin::correlate
