// How far event time has come: no event before the watermark will be counted any more.
// Path:      (source, event time, received) of each event -> watermark
// Units:     ns; event time and received time never mix
// Threads:   one; depends on recorded values only, so that a replay repeats it
// Errors:    none
// Source:    DESIGN section 4, Sources
// Tested by: tests/correlate/watermark_test.cpp
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/time.hpp"
#include "correlate/place.hpp"
#include "event/source.hpp"

namespace tocsin::correlate {

// The minimum over the active sources of (highest event time - lateness); it never goes back.
// A source is active from its first event that is not too late until it is idle (nothing from it
// while received time went on by more than idle_timeout) or finished. Events that are too late
// change nothing of their source, so a clock that is behind cannot hold back the others. While no
// source is active the watermark stands, until a clock record says that all are silent: then event
// time goes on with received time, from where the source that became idle last had come.
class Watermark {
 public:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min();

  struct Source {
    std::int64_t highest = never;        // event time
    std::int64_t last_received = never;  // of its last event, by the running maximum
    std::uint32_t heap = none;           // place in heap_, none while not active
    std::uint32_t older = none;          // active sources by last_received
    std::uint32_t newer = none;
  };
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  Watermark(base::Nanoseconds lateness, base::Nanoseconds idle_timeout)
      : lateness_(lateness.count()), idle_timeout_(idle_timeout.count()) {}

  [[nodiscard]] std::int64_t value() const { return value_; }
  [[nodiscard]] std::size_t active() const { return heap_.size(); }

  // Came behind a newer event of its own source. O(1).
  [[nodiscard]] bool behind(event::SourceId source, base::EventTime time) const {
    return source.value < sources_.size() && time.value < sources_[source.value].highest;
  }

  // An event that is not too late. True when the watermark moved. O(1) for the same source again,
  // else O(log sources).
  bool observe(event::SourceId source, base::EventTime time, base::ReceivedTime received) {
    if (source.value != newest_) [[unlikely]]
      touch(source.value);
    Source& from = sources_[source.value];
    if (received.value > now_) now_ = received.value;
    from.last_received = now_;
    if (time.value > from.highest) {
      from.highest = time.value;
      sift_down(from.heap);
    }
    return settle();
  }

  // Received time went on: an event that was too late.
  bool tick(base::ReceivedTime received) {
    if (received.value > now_) now_ = received.value;
    return settle();
  }

  // A clock record: received time went on and nothing came.
  bool go_on(base::ReceivedTime received) {
    const bool moved = tick(received);
    const std::int64_t candidate = heap_.empty() ? gone_on(idle_, now_) : never;
    if (candidate <= value_) return moved;
    value_ = candidate;
    return true;
  }

  // As far as another one has come. True when that is further.
  bool raise(std::int64_t value) {
    if (value <= value_) return false;
    value_ = value;
    return true;
  }
  // What value() would be behind go_on(). O(active sources).
  [[nodiscard]] std::int64_t value_at(base::ReceivedTime received) const;
  // The highest event time of any source.
  [[nodiscard]] std::int64_t highest() const;

  // Nothing more will come from this source.
  bool finish(event::SourceId source);

  // For the checkpoint: all sources that were ever active, active ones from the longest silent on.
  struct Saved {
    std::uint32_t source = 0;
    bool active = false;
    std::int64_t highest = 0;
    std::int64_t last_received = 0;
  };
  [[nodiscard]] std::vector<Saved> save() const;
  [[nodiscard]] std::int64_t now() const { return now_; }
  // The source that became idle last; `none` where the last one that was active was finished.
  [[nodiscard]] std::uint32_t idle() const { return idle_; }
  void load(std::int64_t value, std::int64_t now, std::uint32_t idle,
            const std::vector<Saved>& sources);

 private:
  bool settle() {
    while (oldest_ != none && sources_[oldest_].last_received < now_ - idle_timeout_) [[unlikely]]
      fall_idle();
    if (heap_.empty()) return false;
    const std::int64_t candidate = sources_[heap_[0]].highest - lateness_;
    if (candidate <= value_) return false;
    value_ = candidate;
    return true;
  }
  // Where event time has come, had it gone on with received time since `source` was last heard.
  [[nodiscard]] std::int64_t gone_on(std::uint32_t source, std::int64_t now) const {
    if (source == none) return never;
    const Source& from = sources_[source];
    return minus(plus(from.highest, now - from.last_received), lateness_);
  }
  void fall_idle() {
    idle_ = oldest_;
    deactivate(oldest_);
  }
  void touch(std::uint32_t source);
  void activate(std::uint32_t source);
  void deactivate(std::uint32_t source);
  void unlink(std::uint32_t source);
  void append(std::uint32_t source);
  void place(std::uint32_t at, std::uint32_t source) {
    heap_[at] = source;
    sources_[source].heap = at;
  }
  void sift_down(std::uint32_t at) {
    if (2 * std::size_t{at} + 1 < heap_.size()) [[unlikely]]
      sift_down_from(at);
  }
  void sift_down_from(std::uint32_t at);
  void sift_up(std::uint32_t at);

  std::int64_t lateness_;
  std::int64_t idle_timeout_;
  std::int64_t value_ = never;
  std::int64_t now_ = 0;
  std::vector<Source> sources_;      // by SourceId
  std::vector<std::uint32_t> heap_;  // active sources, lowest `highest` first
  std::uint32_t oldest_ = none;
  std::uint32_t newest_ = none;
  std::uint32_t idle_ = none;
};

}  // namespace tocsin::correlate
