// Episodes of one rule: which detections with a true condition belong to one alert, and what it
// says.
// Path:      places that turned true -> AlertBook
// Units:     ns
// Threads:   one
// Errors:    none
// Source:    DESIGN section 7
// Tested by: tests/correlate/episodes_test.cpp, tests/correlate/history_test.cpp,
//            tests/cases/correlate/*.case
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "correlate/alert_book.hpp"
#include "correlate/alternatives.hpp"
#include "correlate/long_window.hpp"
#include "correlate/spec.hpp"

namespace tocsin::correlate {

// What episodes ask of a window in a group's record; a LongWindow answers the same.
struct ShortWindow {
  Window window;
  Judging judging;

  // Detections in (low, high], by their weight. O(log n); sums O(n).
  [[nodiscard]] std::uint64_t weight(Place low, Place high) const;
  [[nodiscard]] std::uint64_t weight_at(Place place) const;
  // The number that an alert shows of the window (low, high], whose last entry is `high`.
  [[nodiscard]] std::uint64_t held(Place low, Place high) const;
  // The newest `most` of (low, high], in order.
  void newest(Place low, Place high, std::size_t most, std::vector<Place>& out) const;
};

// Two true places less than a timespan apart belong to one episode; exactly one timespan apart they
// do not. What one arrival did to a group is reconciled at once, so an alert never opens just to be
// merged by the same event. Values of an alert follow from the detections alone; its id, `late`,
// `merged_into` and its place in the order tell how they came. Where a late event joins alerts, the
// one that fired first lives on and the others are merged into it.
class Episodes {
 public:
  // What the caller has to do about it.
  struct Outcome {
    std::vector<std::uint32_t> fired;  // handles of alerts opened, silent ones too
    std::vector<std::uint32_t> moved;  // handles of alerts that now start at an earlier place
    std::vector<std::uint32_t> reminded;
    std::uint64_t steps = 0;  // alerts looked at, for late detections and to pass openings on
  };

  Episodes(const CorrelationSpec& spec, std::uint32_t index, AlertBook& book, Outcome& outcome)
      : spec_(spec), index_(index), book_(book), outcome_(outcome) {}

  // The condition is true at the newest entry. O(entries since it last was true).
  void newest_true(Group& group, const Window& window, bool late);
  // It is true at an instant behind which nothing has been judged; `still`: and it was true all the
  // time since the last true one.
  void instant_true(Group& group, const Window& window, Place instant, bool still);

  // A window that was looked at forwards ended at this instant, and the condition is true; its
  // newest entry is the last. Of the entries those count that meet a positive rule. O(entries).
  void ended_true(Group& group, const Window& window, Place instant,
                  const Alternatives& alternatives);

  // Entries came in between. `inserted` and `trues` by place; the window, a ShortWindow or a
  // LongWindow, holds them already.
  template <typename AnyWindow>
  void reconcile(Group& group, const AnyWindow& window, std::span<const Place> inserted,
                 std::span<const Place> trues, bool late);

 private:
  struct Piece {
    Place first;
    Place last;
    std::uint32_t handle;  // 0: a place that turned true
  };

  [[nodiscard]] std::int64_t span_start(Place first) const {
    return minus(first.time, spec_.timespan);
  }
  std::uint32_t gather(Group& group, Place place, std::uint32_t gathered,
                       std::vector<Piece>& pieces);
  template <typename AnyWindow>
  void settle(Group& group, const AnyWindow& window, std::span<const Piece> pieces,
              std::span<const Place> inserted, bool late);
  void amend(std::uint32_t handle, const Window& window, Place place);
  void open_at(Group& group, const Window& window, Place place, bool late);
  std::uint32_t open(Group& group, Place first, Place last, bool late);
  void remind(std::uint32_t handle);
  // Count, evidence and first_seen: the window at alert.first.
  template <typename AnyWindow>
  void describe(const AnyWindow& window, OpenAlert& alert);
  void show_evidence(event::Alert& shown);
  static void copy_description(const event::Alert& from, event::Alert& to);

  const CorrelationSpec& spec_;
  std::uint32_t index_;
  AlertBook& book_;
  Outcome& outcome_;
  std::vector<Place> shown_;
};

}  // namespace tocsin::correlate
