// A span of the stored log through one pipeline into one sequence, with the marks that stand in it.
// Path:      store -> LogFeed -> Stages -> Sequence
// Threads:   uses `threads` threads while it runs
// Errors:    the store's and the state's; engine-4 a log that ends early; engine-9 told to stop
// Tested by: tests/engine/log_span_test.cpp, tests/engine/log_fold_test.cpp
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/fold_state.hpp"
#include "engine/log_feed.hpp"
#include "engine/sequence.hpp"
#include "event/source.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

// The mark behind which a replay ended: what only the end of time decides was judged there.
inline constexpr std::string_view end_of_replay = "end of replay";

// The mark behind which a source was finished, so that it held back time no more.
[[nodiscard]] std::string finished_text(event::SourceId source);
[[nodiscard]] std::optional<event::SourceId> parse_finished(std::string_view text);

// The marks of a clock record: received time had come as far as it says, though no frame did; the
// second one, so long behind any frame that event time went on by it.
inline constexpr std::string_view clock_text = "received";
inline constexpr std::string_view silence_text = "silence";

// What the record says to the fold; nothing for those that say nothing to it.
[[nodiscard]] std::optional<LogMark> mark_of(const store::ClockRecord& record);

// Where in the log something stands that is no frame: behind frame `after`, before the record k.
struct LogPlace {
  event::Seq after;
  std::uint32_t k = 0;
  auto operator<=>(const LogPlace&) const = default;
};
// All marks in [from, end), in order.
[[nodiscard]] base::Result<std::vector<LogMark>> read_marks(const store::Store& store,
                                                            LogPlace from, LogPlace end);

struct SpanOptions {
  std::size_t threads = 1;
  std::function<void(const Output&)> on_output;  // after each batch, in order
  // And before that the batch itself: its events have their time.
  std::function<void(const Work&)> on_batch;
  std::function<void(event::Seq done)> on_progress;
  std::function<bool()> stopped;  // asked before each batch
};

// Frames from `from` to `last`, and the marks that stand behind them. When memory runs short what
// changed is saved in `state`, from which `sequence` was loaded.
[[nodiscard]] base::Result<void> fold_span(const store::Store& store,
                                           const event::SourceTable& sources, const Setup& setup,
                                           Sequence& sequence, FoldState& state, event::Seq from,
                                           event::Seq last, std::span<const LogMark> marks,
                                           const SpanOptions& options);

}  // namespace tocsin::engine
