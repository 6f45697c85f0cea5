// The span of event time that a command was asked for: --from, --to, --last.
// Path:      texts -> store::TimeSpan
// Threads:   pure function but for the clock, which --last asks
// Errors:    a sentence for the person who typed
// Tested by: tests/search/time_span_test.cpp, tests/cli/search_test.cpp
#pragma once

#include <string>

#include "store/reader.hpp"

namespace tocsin::search {

// Each text may be empty. A time is as in 2026-11-22T03:08:00Z, or a part of it: 2026-11-22 is the
// whole day. Gives an empty sentence when all is well.
[[nodiscard]] std::string read_span(const std::string& from, const std::string& to,
                                    const std::string& last, store::TimeSpan& span);

}  // namespace tocsin::search
