// The alerts that are open, and which of them changed since the engine last took them.
// Units:     ns
// Threads:   one
// Errors:    none
// Tested by: tests/correlate/alert_book_test.cpp
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <vector>

#include "correlate/group_table.hpp"
#include "correlate/place.hpp"
#include "event/alert.hpp"

namespace tocsin::correlate {

// An episode of one group that can still change. Of rules that raise no alerts of their own it
// keeps the places only.
struct OpenAlert {
  std::uint32_t older = 0;  // of the same group, by place, 0 = none
  std::uint32_t newer = 0;
  std::uint32_t spec = 0;
  std::uint32_t group = 0;    // its id
  std::uint64_t number = 0;   // in order of firing
  Place first;                // where the condition was first true
  Place last;                 // where it last was
  std::int64_t reminded = 0;  // event time of opening or of the last reminder
  bool silent = false;        // shown to nobody
  bool changed = false;       // waits to be taken
  bool taken = false;         // was taken before
  bool retold = true;         // more than last_seen and total is new since then
  bool closed = false;        // nothing can change it any more
  bool opening_sent = false;  // given to correlations that count openings
  bool timed = false;         // stands in the list of closing times
  event::Alert alert;         // total is kept here for silent ones too
};

class AlertBook {
 public:
  // Handles are never 0 and are used again once an alert is closed and taken.
  [[nodiscard]] OpenAlert& operator[](std::uint32_t handle) { return rows_[handle - 1]; }

  // A new one; it closes at `close_at` unless it is amended. The group's list has the newest first.
  // What `alert.alert` held before is left there, so that its memory is used again.
  std::uint32_t open(std::uint32_t spec, Group& group, bool silent, Place first, Place last,
                     std::int64_t close_at);
  // Waits to be taken from now on.
  void change(std::uint32_t handle);
  // The newest alert of a group that starts at `place` or before; 0 = none. A walk along the list,
  // or O(log alerts) where there are many.
  [[nodiscard]] std::uint32_t newest_up_to(std::uint32_t spec, Group& group, Place place);
  // Its start is another now, between the same neighbours.
  void moved(std::uint32_t handle, const Group& group, Place old_first);
  // Ends it and takes it out of its group's list.
  void close(std::uint32_t handle, Group& group);

  static constexpr std::int64_t not_yet = std::numeric_limits<std::int64_t>::max();

  // Handles whose closing time, as `close_at(alert)` tells it now, is not above `watermark`. Each
  // is given to `on_close`, which calls close(). Where it says `not_yet`, close_by() must follow.
  template <typename CloseAt, typename OnClose>
  void close_until(std::int64_t watermark, const CloseAt& close_at, const OnClose& on_close) {
    while (!times_.empty() && times_.front().at <= watermark) {
      const std::uint32_t handle = pop_time();
      OpenAlert& alert = (*this)[handle];
      if (!alert.closed) {
        const std::int64_t at = close_at(alert);
        if (at > watermark) {
          ask_again(at, handle);
          continue;
        }
        on_close(handle, alert);
      }
      alert.timed = false;
      release_if_done(handle);
    }
  }

  // Whether close_until() would close one. Changes only when it asks.
  template <typename CloseAt>
  [[nodiscard]] bool closes_until(std::int64_t watermark, const CloseAt& close_at) {
    while (!times_.empty() && times_.front().at <= watermark) {
      const std::uint32_t handle = times_.front().handle;
      OpenAlert& alert = (*this)[handle];
      const std::int64_t at = alert.closed ? 0 : close_at(alert);
      if (!alert.closed && at <= watermark) return true;
      static_cast<void>(pop_time());
      if (!alert.closed) {
        ask_again(at, handle);
      } else {
        alert.timed = false;
        release_if_done(handle);
      }
    }
    return false;
  }
  // One for which `not_yet` was said closes at `at` unless it is amended.
  void close_by(std::uint32_t handle, std::int64_t at) {
    OpenAlert& alert = (*this)[handle];
    if (alert.closed || alert.timed) return;
    push_time(at, handle);
    alert.timed = true;
  }
  // The end of time: all that are left are asked.
  void ask_all() {
    for (std::uint32_t handle = 1; handle <= rows_.size(); ++handle) close_by(handle, not_yet);
  }

  // Gives each changed alert, in order of firing, to `visit(alert)` and forgets closed ones.
  template <typename Visit>
  void take(const Visit& visit) {
    sort_changed();
    for (const std::uint32_t handle : changed_) {
      OpenAlert& alert = (*this)[handle];
      visit(static_cast<const OpenAlert&>(alert));
      alert.changed = false;
      alert.taken = true;
      alert.retold = false;
      release_if_done(handle);
    }
    changed_.clear();
  }

  [[nodiscard]] bool has_changes() const { return !changed_.empty(); }
  [[nodiscard]] std::size_t open_count() const { return rows_.size() - free_.size(); }
  // Alerts looked at on the way to others.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  std::uint64_t next_number = 1;

 private:
  struct Time {
    std::int64_t at;
    std::uint32_t handle;
    bool operator<(const Time& other) const { return at > other.at; }  // a heap, earliest first
  };

  static constexpr std::uint32_t long_walk = 32;
  using Index = std::map<Place, std::uint32_t>;  // by first place
  static std::uint64_t key_of(std::uint32_t spec, const Group& group) {
    return std::uint64_t{spec} << 32U | group.id;
  }

  void build_index(std::uint32_t spec, Group& group);
  // Of a group that has one.
  std::uint32_t oldest(std::uint32_t spec, const Group& group);
  void link(std::uint32_t handle, Group& group);
  void push_time(std::int64_t at, std::uint32_t handle);
  void ask_again(std::int64_t at, std::uint32_t handle);
  std::uint32_t pop_time();
  void sort_changed();
  void release_if_done(std::uint32_t handle);

  std::deque<OpenAlert> rows_;  // stable addresses: engine reads a fired alert in place
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> changed_;
  std::vector<Time> times_;
  boost::unordered_flat_map<std::uint64_t, Index> indexes_;  // of groups with many alerts
  std::uint64_t steps_ = 0;
};

}  // namespace tocsin::correlate
