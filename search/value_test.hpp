// Whether a value is what a query asks for.
// Path:      Field value -> yes or no (search/evaluate)
// Threads:   pure functions; each thread brings its own scratch
// Errors:    none; a value that is no number, time or address is in no range
// Source:    docs/search.md, "What is compared"
// Tested by: tests/search/value_test_test.cpp, tests/search/agreement_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "search/query.hpp"

namespace tocsin::search {

// A buffer for folded text.
struct Scratch {
  std::string folded;
};

[[nodiscard]] bool holds(const ValueTest& test, std::string_view value, Scratch& scratch);
[[nodiscard]] bool in_range(const Range& range, std::string_view value);
[[nodiscard]] bool in_time_range(const Range& range, std::int64_t time);

// A text that is a time as people write them, and the instants that it stands for: a day, a
// minute, a second, a nanosecond. UTC where it names no offset.
struct TimeText {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
[[nodiscard]] std::optional<TimeText> read_time(std::string_view text);

}  // namespace tocsin::search
