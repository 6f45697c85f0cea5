// All windows of one rule: takes detections in any order, tells where its condition turned true.
// Path:      (group key, place, worth) -> Episodes; places that are true -> outer correlations
// Units:     ns; bytes
// Threads:   one
// Errors:    none
// Source:    DESIGN section 7
// Tested by: tests/correlate/rule_windows_test.cpp, tests/correlate/history_test.cpp
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "correlate/episodes.hpp"
#include "correlate/group_table.hpp"
#include "correlate/instants.hpp"
#include "correlate/judge.hpp"
#include "correlate/long_window.hpp"
#include "correlate/spec.hpp"
#include "correlate/value_table.hpp"

namespace tocsin::correlate {

// Counted for each rule.
struct RuleCounters {
  std::uint64_t counted = 0;        // detections that went into a window
  std::uint64_t missing_group = 0;  // left out: a group-by field is missing
  std::uint64_t missing_value = 0;  // left out: the counted field is missing
  std::uint64_t alerts = 0;
};

// When the entries of a group move from its record to a LongWindow and back; tests force it.
struct LongLimits {
  // A record holds this many where detections come late. Moving plain entries is cheap, judging the
  // others again is not.
  std::uint32_t plain = 1024;
  std::uint32_t others = 128;
  // A long window that has become this short goes back.
  std::uint32_t short_again = 16;
};

// What all rules of a correlator use.
struct Workshop {
  Pool pool;
  ValueTable values{pool};
  AlertBook book;
  Episodes::Outcome outcome;
  std::vector<Place> trues;  // of the last apply(), by place
  std::vector<Place> inserted;
  LongLimits limits;
  std::uint64_t late_steps = 0;  // entries looked at because detections came late, or many at once

  Workshop() = default;
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
};

class RuleWindows {
 public:
  // `spec` and `workshop` outlive it.
  RuleWindows(const CorrelationSpec& spec, std::uint32_t index, Workshop& workshop);
  ~RuleWindows();

  // The group of a key, made when it is new.
  [[nodiscard]] Group* group_of(std::string_view key, std::uint32_t hash, std::int64_t watermark);

  // Detections of one arrival, by place, into their group, which may move. Of a value_count each
  // holds one use of its value, which goes over. `bound`: nothing will come before it any more.
  // Afterwards workshop.trues holds the places that turned true. In order O(1); a late one
  // O(entries) up to LongLimits, then as LongWindow says.
  Group* apply(Group* group, std::span<const Waiting> detections, std::int64_t bound, bool behind) {
    workshop_.trues.clear();
    if (detections.size() == 1 && is_newest(group, detections[0].place)) [[likely]]
      return append(group, detections[0], bound, behind);
    return insert(group, detections, bound, behind);
  }

  // Of a rule that looks forwards: what comes next, all of one time. True: a window begins with it.
  bool enter(Group*& group, std::span<const Waiting> detections);
  // The window that ends before `end` is over: judges it, as apply() does.
  void judge_ended(Group* group, std::int64_t end);
  // The times with which windows of the group begin, each once, in order, to `visit(time)`.
  template <typename Visit>
  void begun(Group* group, const Visit& visit) const {
    const Window window = table_.window(group);
    for (std::uint32_t i = 0; i < window.size; ++i) {
      if (begins(window, i)) visit(window[i].time);
    }
  }

  // What stands in the window counts no more. Of a deferred rule.
  void empty(Group* group);
  // An entry that will not be: a use of its value goes back.
  void give_back(std::uint64_t worth) {
    if (holds_values(judge_.judging())) workshop_.values.release(static_cast<std::uint32_t>(worth));
  }
  // Of a rule judged by instants: `entering` came at `time`, others leave then, and nothing is to
  // come before. Judges what changed, if anything did, as apply() does.
  Group* judge_instant(Group* group, std::span<const Waiting> entering, std::int64_t time);
  // Such a group's own knowledge, good until the group moves.
  [[nodiscard]] Instants& instants(Group* group) const {
    return *reinterpret_cast<Instants*>(table_.area(group) +
                                        judge_.area_bytes() / sizeof(std::int64_t));
  }
  // When the oldest detection leaves, if nobody waits for that yet; whoever asks waits now.
  [[nodiscard]] std::optional<std::int64_t> next_leave(Group* group) const;
  // The condition is true until something changes, so that no alert of the group can end.
  [[nodiscard]] bool goes_on(Group* group) const {
    return spec_.by_instants && instants(group).goes_on(group->size == 0);
  }

  // Forgets groups whose window is empty and whose alerts are closed: at most `limit` looks.
  // Each forgotten group that stands in a checkpoint is told to `on_forgotten(group)`.
  template <typename OnForgotten>
  void expire(std::int64_t watermark, std::size_t limit, const OnForgotten& on_forgotten) {
    for (; !looks_.empty() && limit > 0 && looks_.front().due <= watermark; --limit) {
      const Look look = looks_.front();
      pop_look();
      if (looks_.size() > 2 * fetch_ahead) table_.fetch_id_address(looks_[2 * fetch_ahead].group);
      if (looks_.size() > fetch_ahead) table_.fetch_id(looks_[fetch_ahead].group);
      Group* group = table_.at(look.group);
      if (group == nullptr) continue;  // it left memory
      if (is_over(group, watermark)) {
        on_forgotten(*group);
        forget(group);
      } else {
        watch(group, watermark);
      }
    }
  }
  // When the next look is due; the end of time when no group is left.
  [[nodiscard]] std::int64_t next_look() const {
    return looks_.empty() ? std::numeric_limits<std::int64_t>::max() : looks_.front().due;
  }

  [[nodiscard]] const CorrelationSpec& spec() const { return spec_; }
  [[nodiscard]] const Judge& judge() const { return judge_; }
  [[nodiscard]] GroupTable& table() { return table_; }
  [[nodiscard]] const GroupTable& table() const { return table_; }
  [[nodiscard]] std::size_t look_bytes() const { return looks_.size() * sizeof(Look); }

  // From when on its window is empty, without further detections. Not of a rule judged by instants.
  [[nodiscard]] std::int64_t over_at(Group* group) const;
  // It stands in the saved state as it is, and leaves memory.
  void drop(Group* group) {
    forget(group);
    if (looks_.size() > 2 * table_.size() + few_looks) drop_looks();
  }

  // All entries in order, to `visit(const Entry&, worth)`.
  template <typename Visit>
  void visit(Group* group, const Visit& visit) const {
    if (const LongWindow* window = group->long_window()) {
      window->visit([&](const PlaceTree::Item& item) { visit(item.entry, item.worth); });
      return;
    }
    const Window window = table_.window(group);
    for (std::uint32_t i = 0; i < window.size; ++i) visit(window[i], window.worth_or_one(i));
  }
  // For the checkpoint: the running knowledge of a loaded window.
  void rebuild(Group* group);
  // Takes entries from `first` on into the window of the newest.
  void push_all(Group* group, std::uint32_t first);
  void watch(Group* group, std::int64_t watermark) {
    // Looks are gathered into some 64 moments a timespan, so that they come in numbers.
    const std::int64_t step = spec_.timespan / 64 + 1;
    const std::int64_t due = plus(watermark, spec_.timespan);
    looks_.push_back({plus(due - due % step, step), group->id});
    workshop_.pool.count_beside(sizeof(Look));
  }

  RuleCounters counters;

 private:
  static constexpr std::size_t fetch_ahead = 8;
  static constexpr std::size_t few_looks = 1024;
  // By watermark at the last look, hence in order. Each group has one; of one that left memory it
  // stays until it is due, and an id that is used again may have two: one look more does no harm.
  struct Look {
    std::int64_t due;
    std::uint32_t group;
  };

  [[nodiscard]] bool is_newest(Group* group, Place place) const {
    if (group->size == 0) return true;
    const Window window = table_.window(group);
    return window[window.size - 1].place() < place;
  }
  Group* append(Group* group, const Waiting& detection, std::int64_t bound, bool behind);
  Group* insert(Group* group, std::span<const Waiting> detections, std::int64_t bound, bool behind);
  Group* insert_long(Group* group, std::span<const Waiting> detections, std::int64_t bound,
                     bool behind);
  [[nodiscard]] bool gets_long(Group* group, std::span<const Waiting> detections) const;
  Group* make_long(Group* group);
  Group* make_short(Group* group);
  Group* put_all(Group* group, std::span<const Waiting> detections);
  [[nodiscard]] bool begins(const Window& window, std::uint32_t at) const;
  bool join_equal(Group* group, const Waiting& detection, std::uint32_t above);
  static std::uint32_t area_of(const CorrelationSpec& spec, const Judge& judge) {
    constexpr auto own = static_cast<std::uint32_t>(sizeof(Instants));
    return judge.area_bytes() + (spec.by_instants ? own : 0);
  }
  void judge_last_n(const Window& window);
  [[nodiscard]] static bool was_true(const Window& window, std::uint32_t at);
  void judge_again(Group* group, std::uint32_t next, std::uint32_t from);
  void purge(Group* group, std::int64_t bound);
  [[nodiscard]] bool is_over(Group* group, std::int64_t watermark) const {
    if (group->is_busy()) return false;
    if (spec_.by_instants)
      return group->size == 0 && instants(group).is_over(watermark, spec_.timespan);
    return over_at(group) <= watermark;
  }
  void pop_look() {
    looks_.pop_front();
    workshop_.pool.count_beside(-static_cast<std::ptrdiff_t>(sizeof(Look)));
  }
  void drop_looks();
  void forget(Group* group);

  const CorrelationSpec& spec_;
  Judge judge_;
  Workshop& workshop_;
  Episodes episodes_;  // of silent rules too: a rule that comes with a reload may count them
  GroupTable table_;
  std::deque<Look> looks_;
};

}  // namespace tocsin::correlate
