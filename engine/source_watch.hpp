// Early warnings of sources: a clock that is off, silence that is longer than usual. Learnt from
// what is received; nothing is decided by it.
// Path:      batches with their events -> a few numbers for each source -> metrics, status
// Units:     ns; a skew above 0 is a clock ahead
// Threads:   safe; see() locks once a batch
// Errors:    none; sources beyond EngineOptions::watched_sources are counted
// Tested by: tests/engine/source_watch_test.cpp, tests/e2e/sources_test.py
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "engine/options.hpp"
#include "engine/pipeline.hpp"
#include "event/batch.hpp"
#include "event/source.hpp"

namespace tocsin::engine {

// How it learns. Skew: stated minus received time of one event a second, the last 15 of a source;
// at least 9 have come. It is skewed when their median and both quartiles lie beyond skew_warning
// on the same side, and the quartiles no further apart than it: a sender that delivers late now
// and then is not. Gaps: received time between batches of a source. The usual gap is the second
// largest of the last 64 to 128, so that one outage does not hide the next; known once 64 have
// come. It is silent once received time went on by silence_factor usual gaps, and by
// silence_least.
class SourceWatch {
 public:
  // The time that an event stated whose decoder did not believe it.
  using StatedTime =
      std::function<std::optional<base::EventTime>(const event::Batch&, std::size_t)>;

  SourceWatch(const EngineOptions& options, StatedTime stated_time);

  // A batch behind the ordered stage; Tocsin's own records are left out. A few ns an event.
  void see(const event::Batch& batch);

  struct Warning {
    event::SourceId source;
    std::optional<std::int64_t> skew;
    std::optional<std::int64_t> silent;  // for so long
    std::int64_t usual_gap = 0;          // 0: not known
  };
  struct Report {
    std::size_t watched = 0;
    std::size_t learning = 0;   // whose usual gap is not known yet
    std::size_t unwatched = 0;  // there was no room for
    std::size_t skewed = 0;
    std::size_t silent = 0;
    std::int64_t greatest_skew = 0;  // of a skewed one, without its sign
    std::vector<Warning> warnings;   // by source, at most as many as asked for
  };
  [[nodiscard]] Report look(base::ReceivedTime now, std::size_t most_warnings = 0) const;

 private:
  static constexpr std::uint32_t skew_samples = 15;
  static constexpr std::uint32_t enough_samples = 9;
  static constexpr std::uint32_t period = 64;  // gaps

  struct Watched {
    event::SourceId source;
    bool used = false;
    std::int64_t last = 0;         // received
    std::uint64_t batch = 0;       // number of the last one with its events
    std::int64_t next_sample = 0;  // received time from which the next skew is taken
    std::uint32_t samples = 0;
    std::array<std::int64_t, skew_samples> skews{};
    std::optional<std::int64_t> skew;  // when it is skewed
    std::uint32_t gaps = 0;            // of this period
    bool knows_gap = false;            // a period is full
    std::array<std::int64_t, 2> largest{};
    std::int64_t before = 0;  // the second largest of the period before

    [[nodiscard]] std::int64_t usual_gap() const;
    void add_gap(std::int64_t gap);
  };

  Watched* find(event::SourceId source, std::int64_t received);
  void make_room(std::int64_t received);
  void take_skew(Watched& of, const event::Batch& batch, std::size_t index) const;
  void judge_skew(Watched& of) const;
  [[nodiscard]] bool is_silent(const Watched& of, std::int64_t now) const;

  const EngineOptions options_;
  const StatedTime stated_time_;
  mutable std::mutex mutex_;            // of everything below
  std::vector<std::uint32_t> slot_of_;  // by SourceId: place in watched_ + 1; 0: none, ~0: no room
  std::vector<Watched> watched_;
  std::vector<std::uint32_t> free_;
  std::size_t unwatched_ = 0;
  std::uint64_t batches_ = 0;
  std::int64_t next_room_ = 0;
};

// Decodes the frame again, believing every time. All must outlive it.
[[nodiscard]] SourceWatch::StatedTime stated_time_by(std::shared_ptr<const Pipeline> pipeline,
                                                     const event::SourceTable& sources,
                                                     const FoldOptions& options);

}  // namespace tocsin::engine
