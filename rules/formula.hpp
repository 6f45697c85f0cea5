// The condition of a rule as one flat expression over pooled predicates.
// Path:      Detection (document) -> Formula -> Program
// Threads:   values
// Errors:    none
// Source:    DESIGN section 6
// Tested by: tests/rules/formula_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "event/field.hpp"
#include "rules/document.hpp"
#include "rules/predicate.hpp"

namespace tocsin::rules {

struct Node {
  enum class Kind : std::uint8_t { all_of, any_of, negation, predicate, truth, list };
  Kind kind = Kind::truth;
  // predicate: which; truth: 0 or 1; list: which of the Program's, in front of its members in an
  // any_of; else: how many nodes the subtree has, itself included.
  std::uint32_t value = 0;

  bool operator==(const Node&) const = default;
  [[nodiscard]] std::uint32_t size() const {
    return kind == Kind::predicate || kind == Kind::truth || kind == Kind::list ? 1 : value;
  }
};

// A tree in the order root, then each child's tree.
using Formula = std::vector<Node>;

// Each predicate once, however many rules ask it.
class PredicatePool {
 public:
  std::uint32_t add(Predicate predicate);
  // All of another pool; gives the numbers that they have here, by those that they had there.
  std::vector<std::uint32_t> take(PredicatePool&& other);
  [[nodiscard]] const Predicate& operator[](std::uint32_t index) const {
    return predicates_[index];
  }
  [[nodiscard]] std::size_t size() const { return predicates_.size(); }

 private:
  std::uint32_t add(Predicate predicate, std::uint64_t hash);
  void grow();

  std::deque<Predicate> predicates_;   // a reference stays valid
  std::vector<std::uint64_t> hashes_;  // hash_of each
  std::vector<std::uint32_t> table_;   // numbers from 1 by hash, the next free slot taken; 0: free
};

// Names of fields that it asks about are added to `fields`.
[[nodiscard]] Formula formula_of(const Detection& detection, PredicatePool& pool,
                                 event::FieldTable& fields);
// The same in two steps, of which the second may be done for many detections at once, each thread
// with a pool of its own.
void intern_fields(const Detection& detection, event::FieldTable& fields);
[[nodiscard]] Formula formula_of(const Detection& detection, PredicatePool& pool,
                                 const event::FieldTable& fields);
// Both must hold.
[[nodiscard]] Formula both(const Formula& a, const Formula& b);

// What is known of a predicate before an event is looked at.
enum class Known : std::uint8_t { open, no, yes };
// The formula with what is known put in and without lists; a single `truth` when nothing is left
// to ask.
[[nodiscard]] Formula simplified(std::span<const Node> formula, std::span<const Known> known);

// Predicates of which at least one must hold for the formula to hold, the rarest such set by the
// sum of `weight` (one for each predicate). Empty when there is none, as for a mere `not`.
[[nodiscard]] std::vector<std::uint32_t> required(std::span<const Node> formula,
                                                  std::span<const std::uint32_t> weight);
// The weight that makes a predicate impossible as a gate.
inline constexpr std::uint32_t no_gate = 0xFFFFFFFF;

}  // namespace tocsin::rules
