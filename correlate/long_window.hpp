// The window of a group whose detections come late in numbers: judges again only what a late one
// can change, however many entries stand behind it.
// Path:      detections in any order -> places that turned true
// Units:     ns; n = entries of the window
// Threads:   one
// Errors:    none
// Source:    DESIGN section 7; SIGMA R1, R8
// Tested by: tests/correlate/long_window_test.cpp, tests/correlate/late_cost_test.cpp,
//            tests/correlate/history_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "correlate/group_table.hpp"
#include "correlate/place_tree.hpp"
#include "correlate/spec.hpp"
#include "correlate/value_table.hpp"

namespace tocsin::correlate {

// A rule whose detections can come late has no upper bound (spec.hpp, `deferred`), so what a late
// one adds can only make more places true. What it adds to is a stretch of places, or a few:
//   last_n, sum    all whose window reaches back to it
//   distinct       of these, those whose window has the value from no other entry
//   any_rules      as distinct; where events met several rules, the events next to it that can be
//                  matched tell the stretches
//   alternatives   what each alternative tells, which has a long window of its own
//   ordered_rules  the places from the end of a chain through it, until the chain's start is out
// A group owns its long window. Values are given back to the table by who takes the entries out.
class LongWindow {
 public:
  // All three outlive it.
  LongWindow(const CorrelationSpec& spec, Pool& pool, ValueTable& values);

  // False: it joined the entry that its event has already; a value's use is given back then. Places
  // that turned true go to `turned`, in no order. Amortised O(log n); distinct O(log n squared).
  // temporal types: times the rules squared, temporal_ordered cubed.
  bool insert(const Waiting& detection, bool is_true, std::vector<Place>& turned);
  // Drops what no later window can reach when nothing comes before `bound` any more.
  void purge(std::int64_t bound);
  // Takes the oldest entry out; its value's use goes over.
  PlaceTree::Item take_front();

  [[nodiscard]] std::size_t size() const { return tree_.size(); }
  [[nodiscard]] Place last() const { return tree_.last(); }
  [[nodiscard]] std::uint64_t steps() const;
  // All entries in order, to `visit(const PlaceTree::Item&)`.
  template <typename Visit>
  void visit(const Visit& visit) const {
    tree_.visit(tree_.first(), behind(tree_.last()), visit);
  }

  // What episodes ask (ShortWindow answers the same). Detections in (low, high], by their weight.
  [[nodiscard]] std::uint64_t weight(Place low, Place high) const;
  [[nodiscard]] std::uint64_t weight_at(Place place) const;
  // The number that an alert shows of the window (low, high], whose last entry is `high`.
  [[nodiscard]] std::uint64_t held(Place low, Place high) const;
  // The newest `most` of (low, high], in order.
  void newest(Place low, Place high, std::size_t most, std::vector<Place>& out) const;

 private:
  struct Occurrence {
    std::uint32_t value;
    Place place;
    auto operator<=>(const Occurrence&) const = default;
  };
  using Occurrences = std::set<Occurrence, std::less<>, PoolAllocator<Occurrence>>;

  // The first place above.
  [[nodiscard]] static Place behind(Place place) {
    return place.order == ~std::uint64_t{0} ? place : Place{place.time, place.order + 1};
  }
  [[nodiscard]] Place start_of(Place place) const { return end_of(minus(place.time, timespan_)); }
  [[nodiscard]] Place reach_of(Place place) const;
  [[nodiscard]] bool has(Place place) const;
  bool put(const Waiting& detection, std::int64_t quantity, bool is_true,
           std::vector<Place>& turned);
  bool insert_counted(const Waiting& detection, bool is_true, std::vector<Place>& turned);
  bool insert_value(const Waiting& detection, bool is_true, std::vector<Place>& turned);
  bool insert_met(const Waiting& detection, bool is_true, std::vector<Place>& turned);
  bool insert_into_parts(const Waiting& detection, bool is_true, std::vector<Place>& turned);
  bool insert_in_order(const Waiting& detection, bool is_true, std::vector<Place>& turned);
  [[nodiscard]] std::int64_t values_before(Place place, Place last);
  [[nodiscard]] std::int64_t last_uses(Place low, Place high, Place last);
  [[nodiscard]] std::optional<Place> use_before(std::uint32_t value, Place place);
  [[nodiscard]] std::optional<Place> use_behind(std::uint32_t value, Place place);
  void chains_before(Place place, std::uint32_t rule, std::vector<std::optional<Place>>& starts);
  void chains_behind(Place place, std::uint32_t rule, std::vector<std::optional<Place>>& ends);

  Judging judging_;
  std::uint32_t inputs_;
  std::int64_t timespan_;
  std::int64_t goal_;
  ValueTable& values_;
  PlaceTree tree_;
  Occurrences uses_;  // of distinct
  // Of alternatives: one for each, whose bits are the rules of this one that it asks for.
  struct Part {
    std::uint32_t positive;
    std::unique_ptr<LongWindow> window;
  };
  std::vector<Part> parts_;
  std::uint64_t index_steps_ = 0;
};

}  // namespace tocsin::correlate
