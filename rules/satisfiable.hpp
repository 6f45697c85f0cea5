// Whether an event can meet a formula at all: what contradicts what, found without any event.
// Path:      Formula -> possible, or the two questions that contradict each other (rules/lint)
// Threads:   pure function
// Errors:    none; where the search would take too long, the formula counts as possible
// Source:    analytic tableaux; questions about one field are compared in pairs
// Tested by: tests/rules/satisfiable_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "rules/formula.hpp"

namespace tocsin::rules {

// A predicate that has to hold, or not to.
struct Literal {
  std::uint32_t predicate = 0;
  bool holds = true;

  bool operator==(const Literal&) const = default;
};

struct Satisfiable {
  bool possible = true;
  // Where it is not: the first two literals that were found not to go together, if there are any. A
  // field is taken to have one value; only a list in an event could meet both.
  std::optional<std::pair<Literal, Literal>> conflict;
};

// `wanted`: the truth that the formula is to have.
[[nodiscard]] Satisfiable satisfiable(std::span<const Node> formula, bool wanted,
                                      const PredicatePool& pool);

// Every value that satisfies `a` satisfies `b`. False where that is not known.
[[nodiscard]] bool implies(const Predicate& a, const Predicate& b);
// No single value satisfies both. False where that is not known.
[[nodiscard]] bool excludes(const Predicate& a, const Predicate& b);

}  // namespace tocsin::rules
