#include "rules/satisfiable.hpp"

#include <deque>
#include <string>
#include <vector>

#include "rules/folding.hpp"

namespace tocsin::rules {

namespace {

// Steps of one search; the largest rules need a few thousand.
constexpr std::size_t most_steps = 20'000;

bool is_text(Test test) {
  return test == Test::equal || test == Test::prefix || test == Test::suffix ||
         test == Test::contains;
}
// Only a value that is not null satisfies it.
bool needs_value(Test test) { return test != Test::exists && test != Test::null; }
bool is_number(const Predicate& p) {
  return (p.test == Test::number || p.test == Test::comparison) && p.date_part == DatePart::none;
}

Predicate without_case(const Predicate& predicate) {
  Predicate out = predicate;
  if (!predicate.cased) return out;
  out.cased = false;
  out.text = folded(predicate.text);
  for (PatternPart& part : out.pattern.parts) part.text = folded(part.text);
  return out;
}

// Whether the value that `a`, an `equal`, asks for satisfies b; b minds the case only where a does.
bool value_satisfies(const Predicate& a, const Predicate& b) {
  return satisfies(a.text, b, [&] { return folded(a.text); });
}
// Tests that satisfies() answers.
bool is_answered(Test test) {
  return test != Test::regex && test != Test::exists && test != Test::null &&
         test != Test::reference;
}

bool text_implies(const Predicate& a, const Predicate& b) {
  if (b.cased && !a.cased) return false;
  if (a.test == Test::equal) return is_answered(b.test) && value_satisfies(a, b);
  const std::string text = b.cased || !a.cased ? a.text : folded(a.text);
  if (b.test == Test::contains) return contains(text, b.text);
  if (a.test == Test::prefix && b.test == Test::prefix) return text.starts_with(b.text);
  if (a.test == Test::suffix && b.test == Test::suffix) return text.ends_with(b.text);
  return false;
}

// Bounds of the numbers that satisfy a comparison or an equality.
struct Range {
  std::optional<Number> low, high;
  bool low_open = false, high_open = false;

  explicit Range(const Predicate& p) {
    const bool is_equal = p.test == Test::number;
    if (is_equal || p.comparison == Comparison::gt || p.comparison == Comparison::gte)
      low = p.number;
    if (is_equal || p.comparison == Comparison::lt || p.comparison == Comparison::lte)
      high = p.number;
    low_open = !is_equal && p.comparison == Comparison::gt;
    high_open = !is_equal && p.comparison == Comparison::lt;
  }
  [[nodiscard]] bool lies_below(const Range& other) const {
    if (!high || !other.low) return false;
    const int order = compare(*high, *other.low);
    return order < 0 || (order == 0 && (high_open || other.low_open));
  }
  [[nodiscard]] bool lies_in(const Range& other) const {
    const auto inside = [](int order, bool open, bool other_open) {
      return order > 0 || (order == 0 && (open || !other_open));
    };
    return (!other.low || (low && inside(compare(*low, *other.low), low_open, other.low_open))) &&
           (!other.high ||
            (high && inside(compare(*other.high, *high), high_open, other.high_open)));
  }
};

// Looks for a set of literals that makes the formula true and holds no two that contradict.
class Search {
 public:
  Search(std::span<const Node> formula, const PredicatePool& pool)
      : formula_(formula), pool_(pool) {}

  bool possible(bool wanted) { return solve(goal(0, wanted, nullptr), nullptr); }
  [[nodiscard]] const auto& conflict() const { return conflict_; }

 private:
  struct Goal {
    std::uint32_t node;
    bool wanted;
    const Goal* next;
  };

  const Goal* goal(std::uint32_t node, bool wanted, const Goal* next) {
    ++steps_;
    return &goals_.emplace_back(Goal{node, wanted, next});
  }

  // All of `now`, then all of `later`, of which each can be had in several ways.
  bool solve(const Goal* now, const Goal* later) {
    const std::size_t start = literals_.size();
    while (now != nullptr) {
      if (steps_ > most_steps) return true;
      const Goal at = *now;
      const Node node = formula_[at.node];
      now = at.next;
      switch (node.kind) {
        case Node::Kind::list:  // only a Program has them
          break;
        case Node::Kind::truth:
          if ((node.value != 0) == at.wanted) break;
          literals_.resize(start);
          return false;
        case Node::Kind::predicate:
          if (add({node.value, at.wanted})) break;
          literals_.resize(start);
          return false;
        case Node::Kind::negation:
          now = goal(at.node + 1, !at.wanted, now);
          break;
        case Node::Kind::all_of:
        case Node::Kind::any_of:
          if ((node.kind == Node::Kind::all_of) == at.wanted) {
            for_each_child(at.node, [&](std::uint32_t child) {
              now = goal(child, at.wanted, now);
              return true;
            });
          } else {
            later = goal(at.node, at.wanted, later);
          }
          break;
      }
    }
    if (later == nullptr) return true;
    bool found = false;
    for_each_child(later->node, [&](std::uint32_t child) {
      found = solve(goal(child, later->wanted, nullptr), later->next);
      return !found;
    });
    if (!found) literals_.resize(start);
    return found;
  }

  template <typename Visit>
  void for_each_child(std::uint32_t node, Visit&& visit) {
    const std::uint32_t end = node + formula_[node].value;
    for (std::uint32_t child = node + 1; child < end; child += formula_[child].size()) {
      if (!visit(child)) return;
    }
  }

  bool add(const Literal& literal) {
    for (const Literal& other : literals_) {
      if (other == literal) return true;
      if (goes_with(other, literal)) continue;
      if (!conflict_) conflict_.emplace(other, literal);
      return false;
    }
    steps_ += literals_.size() / 64;
    literals_.push_back(literal);
    return true;
  }

  [[nodiscard]] bool goes_with(const Literal& x, const Literal& y) const {
    if (x.predicate == y.predicate) return x.holds == y.holds;
    const Predicate& a = pool_[x.predicate];
    const Predicate& b = pool_[y.predicate];
    if (a.field != b.field) return true;
    if (x.holds && y.holds) return a.is_keyword() || !excludes(a, b);
    if (x.holds) return !implies(a, b);
    if (y.holds) return !implies(b, a);
    // Neither missing nor null, and yet without a value.
    const auto leaves_nothing = [](const Predicate& no_null, const Predicate& no_value) {
      return no_null.test == Test::null &&
             (no_value.test == Test::present || no_value.test == Test::exists);
    };
    return !leaves_nothing(a, b) && !leaves_nothing(b, a);
  }

  std::span<const Node> formula_;
  const PredicatePool& pool_;
  std::deque<Goal> goals_;
  std::vector<Literal> literals_;
  std::optional<std::pair<Literal, Literal>> conflict_;
  std::size_t steps_ = 0;
};

}  // namespace

bool implies(const Predicate& a, const Predicate& b) {
  if (b.test == Test::exists) return needs_value(a.test);
  if (b.test == Test::present) return needs_value(a.test);
  if (is_text(a.test)) return text_implies(a, b);
  if (is_number(a) && is_number(b)) return Range(a).lies_in(Range(b));
  return false;
}

bool excludes(const Predicate& a, const Predicate& b) {
  if (a.test == Test::null || b.test == Test::null)
    return needs_value(a.test == Test::null ? b.test : a.test);
  if (is_number(a) && is_number(b))
    return Range(a).lies_below(Range(b)) || Range(b).lies_below(Range(a));
  if (b.test == Test::equal && a.test != Test::equal) return excludes(b, a);
  if (a.test == Test::equal && a.cased && b.cased && is_text(b.test)) return !value_satisfies(a, b);
  const Predicate x = without_case(a), y = without_case(b);
  if (x.test == Test::equal) return is_answered(y.test) && !value_satisfies(x, y);
  if (x.test == Test::prefix && y.test == Test::prefix)
    return !x.text.starts_with(y.text) && !y.text.starts_with(x.text);
  if (x.test == Test::suffix && y.test == Test::suffix)
    return !x.text.ends_with(y.text) && !y.text.ends_with(x.text);
  return false;
}

Satisfiable satisfiable(std::span<const Node> formula, bool wanted, const PredicatePool& pool) {
  Search search(formula, pool);
  if (search.possible(wanted)) return {};
  return {false, search.conflict()};
}

}  // namespace tocsin::rules
