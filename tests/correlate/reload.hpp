// A reload in the middle of a history, for tests: as the engine does it (engine/border.cpp,
// engine/warming.cpp), over steps instead of a log.
// Threads:   one
// Tested by: tests/correlate/history_test.cpp, tests/correlate/sharded_correlator_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "correlate/correlator.hpp"
#include "correlate/warming.hpp"
#include "tests/correlate/random_history.hpp"

namespace tocsin::correlate {

// From which of these steps on windows at `watermark` are filled. No step: nothing fills them.
[[nodiscard]] std::optional<std::size_t> warmed_from(std::span<const Step> past,
                                                     const WarmingPlan& plan,
                                                     const Options& options,
                                                     std::int64_t watermark);

// The windows of the plan's new rules at `watermark`, from these steps. As small as the limits of
// the history say: groups leave memory then. None where they have come further than `watermark`.
[[nodiscard]] WarmedWindows warmed_windows(const History& history, std::span<const Step> steps,
                                           const WarmingPlan& plan, std::int64_t watermark);

}  // namespace tocsin::correlate
