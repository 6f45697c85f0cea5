// Who wants to hear what becomes of each detection, to explain it: nothing is decided by it.
// Path:      Correlator -> account.hpp
// Threads:   the correlator's
// Tested by: tests/correlate/tap_test.cpp, tests/correlate/account_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "correlate/place.hpp"

namespace tocsin::correlate {

struct EventView;

// What became of a detection in one correlation.
enum class Fate : std::uint8_t {
  counted,        // it goes into the window of its group
  empties,        // the window of its group is emptied: what came before counts no more
  missing_group,  // a group-by field is missing
  missing_value,  // the field that is counted is missing, or is not what can be counted
  too_late,       // its event is behind the watermark
};

struct Told {
  std::uint32_t spec = 0;   // place in Correlator::specs()
  std::uint32_t input = 0;  // entry of its `rules`
  Fate fate = Fate::counted;
  Place place;
  std::optional<std::string_view> key;  // nothing: a group-by field is missing
  // Of a value that an inner correlation's group gives; otherwise the event has it.
  std::string_view inner_value = {};
  std::uint64_t worth = 1;           // as Waiting has it; of what is counted
  std::int64_t watermark = 0;        // at that moment
  const EventView* event = nullptr;  // nullptr: an inner correlation was true, or opened
};

class Tap {
 public:
  virtual ~Tap() = default;
  // What it refers to is good during the call.
  virtual void on_detection(const Told& told) = 0;
};

}  // namespace tocsin::correlate
