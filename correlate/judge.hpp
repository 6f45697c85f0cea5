// Tells what a window holds at one of its entries, and whether the condition is true there.
// Path:      Window -> quantity or Ratio -> is_true
// Units:     ns
// Threads:   immutable, safe
// Errors:    none
// Source:    DESIGN section 7; SIGMA R1, R7 to R9
// Tested by: tests/correlate/judge_test.cpp, tests/correlate/history_test.cpp
#pragma once

#include <cstdint>
#include <optional>

#include "correlate/alternatives.hpp"
#include "correlate/group_table.hpp"
#include "correlate/number.hpp"
#include "correlate/pool.hpp"
#include "correlate/spec.hpp"
#include "correlate/window.hpp"

namespace tocsin::correlate {

// The running knowledge about the window of the entry pushed last, in a group's record.
struct Cursor {
  State& state;
  std::int64_t* area;
};

class Judge {
 public:
  // The pool, where large windows keep their numbers, outlives it.
  Judge(const CorrelationSpec& spec, Pool& pool);

  [[nodiscard]] std::uint32_t stride() const {
    return judging_ == Judging::last_n ? plain_stride : worth_stride;
  }
  // Bytes of a group's own area.
  [[nodiscard]] std::uint32_t area_bytes() const;
  [[nodiscard]] Judging judging() const { return judging_; }
  [[nodiscard]] std::int64_t timespan() const { return timespan_; }
  [[nodiscard]] std::uint64_t at_least() const { return at_least_; }
  [[nodiscard]] bool holds(std::uint64_t quantity) const {
    return at_least_ <= quantity && quantity <= at_most_ && quantity != except_;
  }

  // Whether the last of [0, at] closes a window of at least n entries; Judging::last_n.
  [[nodiscard]] bool last_n(const Window& window, std::uint32_t at) const {
    return at + std::uint64_t{1} >= at_least_ &&
           window[at + 1 - at_least_].time > minus(window[at].time, timespan_);
  }

  // All other judgings: a cursor goes over the entries one by one, from an empty state on.
  void start(Cursor cursor, std::uint32_t first) const;
  // Entry `at`, the one after the last pushed, becomes the newest. Amortised O(1); temporal_ordered
  // takes O(rules squared), rank O(log entries).
  void push(Cursor cursor, const Window& window, std::uint32_t at) const;
  // The same of entry `at`, and of what must be pushed with it: where instants are ordered all of
  // its time. The entry behind.
  std::uint32_t push_next(Cursor cursor, const Window& window, std::uint32_t at) const;
  // Goes back to where entry `at` is the next to be pushed, so that entries from `time` on may come
  // in before it. Returns the entry to push next: `at`, or an earlier one where the way back is not
  // known. O(entries from there on).
  [[nodiscard]] std::uint32_t rewind(Cursor cursor, const Window& window, std::uint32_t at,
                                     std::int64_t time) const;
  // Takes what is not in the window at `time` out of it, behind the entry pushed last.
  void leave(Cursor cursor, const Window& window, std::int64_t time) const;
  // Whether the condition is true at `time`, once leave() was called for it and nothing stands in
  // the window behind it.
  [[nodiscard]] bool is_true_at(Cursor cursor, const Window& window, std::int64_t time) const;
  // Of the window at `time`, once leave() was called for it; not of numeric types.
  [[nodiscard]] std::uint64_t quantity_at(Cursor cursor, std::int64_t time) const;
  // Whether the condition is true at entry `at`, which was pushed last.
  [[nodiscard]] bool is_true(Cursor cursor, const Window& window, std::uint32_t at) const;
  // What the window of entry `at`, which was pushed last, holds; not of numeric types and
  // alternatives.
  [[nodiscard]] std::uint64_t quantity(Cursor cursor, const Window& window, std::uint32_t at) const;
  // Whether both entries are judged together: of one event, or of one instant.
  [[nodiscard]] bool at_once(const Entry& a, const Entry& b) const {
    return whole_instants_ ? a.time == b.time : a.place() == b.place();
  }
  [[nodiscard]] const Alternatives& alternatives() const { return alternatives_; }
  // Gives back what `state` owns.
  void drop(State& state) const;

 private:
  [[nodiscard]] bool share_holds(const State& state, const Window& window, std::uint32_t at) const;

  Judging judging_;
  bool whole_instants_;
  bool orders_instants_;  // what is of one instant stands in the order that is asked for
  std::uint32_t inputs_;
  std::int64_t timespan_;
  std::uint64_t at_least_;
  std::uint64_t at_most_;
  std::optional<std::uint64_t> except_;
  Alternatives alternatives_;
  NumberLimits limits_;
  std::uint32_t percentile_;
  Pool& pool_;
};

}  // namespace tocsin::correlate
