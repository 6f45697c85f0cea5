// Detections for benchmarks of the correlator: made in order, given in batches, timed alone.
// Units:     seconds of this thread's processor time
// Threads:   one
#pragma once

#include <cstdint>
#include <vector>

#include "correlate/correlator.hpp"

namespace tocsin::bench {

// Detection i comes at (i + 1) steps.
struct Item {
  std::uint32_t group;  // user.name
  std::uint32_t value;  // source.ip, and as a number in event.count
  std::uint32_t rule;
};
inline constexpr event::FieldId number_field{50};

// Of this thread: others may use the processor meanwhile.
[[nodiscard]] double seconds();

struct Outcome {
  std::uint64_t alerts = 0;
  double seconds = 0;  // from item `from` on
  std::size_t most_bytes = 0;
  std::size_t groups = 0;
};

// Time of the correlator alone: batches are warm, as they are behind the matcher. What comes before
// item `from` fills the windows and is not timed. `finish`: what waits for the watermark is judged.
[[nodiscard]] Outcome run(correlate::Correlator& correlator, const std::vector<Item>& items,
                          std::int64_t step, bool with_detections, std::size_t from = 0,
                          bool finish = false);

}  // namespace tocsin::bench
