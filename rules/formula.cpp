#include "rules/formula.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace tocsin::rules {

namespace {

using Kind = Node::Kind;

// Writes nested lists; close() fills in the size. A list of one is its child.
class Writer {
 public:
  explicit Writer(Formula& out) : out_(out) {}

  template <typename Children>
  void list(Kind kind, std::size_t count, Children&& children) {
    if (count == 1) {
      children();
      return;
    }
    const std::size_t start = out_.size();
    out_.push_back({kind, 0});
    children();
    out_[start].value = static_cast<std::uint32_t>(out_.size() - start);
  }
  template <typename Child>
  void negation(bool wanted, Child&& child) {
    if (!wanted) {
      child();
      return;
    }
    const std::size_t start = out_.size();
    out_.push_back({Kind::negation, 0});
    child();
    out_[start].value = static_cast<std::uint32_t>(out_.size() - start);
  }
  void never() { out_.push_back({Kind::truth, 0}); }
  void predicate(std::uint32_t index) { out_.push_back({Kind::predicate, index}); }

 private:
  Formula& out_;
};

class Builder {
 public:
  Builder(const Detection& detection, PredicatePool& pool, event::FieldTable& fields)
      : detection_(detection), pool_(pool), fields_(fields), writer_(out_) {}

  Formula build() {
    add(detection_.condition);
    return std::move(out_);
  }

 private:
  void add(const Condition& condition) {
    switch (condition.kind) {
      case Condition::Kind::selection:
        add(detection_.selections[condition.selection]);
        return;
      case Condition::Kind::negation:
        writer_.negation(true, [&] { add(condition.children[0]); });
        return;
      case Condition::Kind::all_of:
      case Condition::Kind::any_of:
        writer_.list(condition.kind == Condition::Kind::all_of ? Kind::all_of : Kind::any_of,
                     condition.children.size(), [&] {
                       for (const Condition& child : condition.children) add(child);
                     });
        return;
    }
  }

  void add(const Selection& selection) {
    writer_.list(selection.any ? Kind::any_of : Kind::all_of,
                 selection.items.size() + selection.parts.size(), [&] {
                   for (const Item& item : selection.items) add(item);
                   for (const Selection& part : selection.parts) add(part);
                 });
  }

  void add(const Item& item) {
    const event::FieldId field =
        item.field ? fields_.intern(*item.field) : event::FieldTable::unknown;
    writer_.negation(item.negated, [&] {
      writer_.list(item.all ? Kind::all_of : Kind::any_of, item.values.size(), [&] {
        for (const Value& value : item.values) add(value, field, item.cased);
      });
    });
  }

  void add(const Value& value, event::FieldId field, bool cased) {
    if (value.kind == Value::Kind::text) {
      if (value.patterns.empty()) {
        writer_.never();
        return;
      }
      writer_.list(Kind::any_of, value.patterns.size(), [&] {
        for (const Pattern& pattern : value.patterns)
          writer_.predicate(pool_.add(pattern_predicate(field, pattern, cased)));
      });
      return;
    }
    Predicate predicate;
    predicate.field = field;
    predicate.number = value.number;
    predicate.comparison = value.comparison;
    predicate.date_part = value.date_part;
    predicate.network = value.network;
    predicate.regex = value.regex;
    predicate.test = test_of(value.kind);
    if (predicate.test == Test::reference) {
      predicate.cased = cased;
      predicate.relation = value.relation;
      predicate.other = fields_.intern(value.other);
    }
    writer_.negation(value.kind == Value::Kind::exists && !value.flag,
                     [&] { writer_.predicate(pool_.add(std::move(predicate))); });
  }

  static Test test_of(Value::Kind kind) {
    switch (kind) {
      case Value::Kind::number:
        return Test::number;
      case Value::Kind::regex:
        return Test::regex;
      case Value::Kind::network:
        return Test::network;
      case Value::Kind::comparison:
        return Test::comparison;
      case Value::Kind::exists:
        return Test::exists;
      case Value::Kind::reference:
        return Test::reference;
      default:
        return Test::null;
    }
  }

  const Detection& detection_;
  PredicatePool& pool_;
  event::FieldTable& fields_;
  Formula out_;
  Writer writer_;
};

// Appends the simplified tree at `at` to `out`; gives its truth when that is already settled.
Known simplify(std::span<const Node> formula, std::size_t at, std::span<const Known> known,
               Formula& out) {
  const Node node = formula[at];
  const std::size_t start = out.size();
  switch (node.kind) {
    case Kind::truth:
      return node.value != 0 ? Known::yes : Known::no;
    case Kind::predicate:
      if (known[node.value] == Known::open) out.push_back(node);
      return known[node.value];
    case Kind::negation: {
      out.push_back(node);
      const Known inner = simplify(formula, at + 1, known, out);
      if (inner == Known::open) {
        out[start].value = static_cast<std::uint32_t>(out.size() - start);
        return Known::open;
      }
      out.resize(start);
      return inner == Known::yes ? Known::no : Known::yes;
    }
    case Kind::all_of:
    case Kind::any_of:
    case Kind::list:
      break;
  }
  const Known decisive = node.kind == Kind::all_of ? Known::no : Known::yes;
  std::size_t kept = 0;
  out.push_back(node);
  for (std::size_t child = at + 1; child < at + node.value; child += formula[child].size()) {
    if (formula[child].kind == Kind::list) continue;  // it says nothing that its members do not
    const Known value = simplify(formula, child, known, out);
    if (value == decisive) {
      out.resize(start);
      return decisive;
    }
    if (value == Known::open) ++kept;
  }
  if (kept == 0) {
    out.resize(start);
    return decisive == Known::no ? Known::yes : Known::no;
  }
  if (kept == 1) {
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(start));
  } else {
    out[start].value = static_cast<std::uint32_t>(out.size() - start);
  }
  return Known::open;
}

struct Cover {
  std::uint64_t weight = 0;
  bool possible = true;
  std::vector<std::uint32_t> predicates;
};

Cover cover_of(std::span<const Node> formula, std::size_t at, bool negated,
               std::span<const std::uint32_t> weight) {
  const Node node = formula[at];
  if (node.kind == Kind::truth) return {0, (node.value != 0) == negated, {}};
  if (node.kind == Kind::predicate) {
    if (negated || weight[node.value] == no_gate) return {0, false, {}};
    return {weight[node.value], true, {node.value}};
  }
  if (node.kind == Kind::negation) return cover_of(formula, at + 1, !negated, weight);
  const bool is_and = (node.kind == Kind::all_of) != negated;
  Cover best{0, !is_and, {}};
  for (std::size_t child = at + 1; child < at + node.value; child += formula[child].size()) {
    Cover cover = cover_of(formula, child, negated, weight);
    if (is_and) {
      if (cover.possible && (!best.possible || cover.weight < best.weight)) best = std::move(cover);
    } else {
      if (!cover.possible) return {0, false, {}};
      best.weight += cover.weight;
      best.predicates.insert(best.predicates.end(), cover.predicates.begin(),
                             cover.predicates.end());
    }
  }
  return best;
}

}  // namespace

std::uint32_t PredicatePool::add(Predicate predicate) {
  const auto number = static_cast<std::uint32_t>(predicates_.size());
  const auto [found, added] = first_.try_emplace(hash_of(predicate), number);
  if (!added) {
    std::uint32_t at = found->second;
    for (; !are_same(predicates_[at], predicate); at = next_[at]) {
      if (next_[at] != at) continue;
      next_[at] = number;
      break;
    }
    if (next_[at] != number) return at;
  }
  predicates_.push_back(std::move(predicate));
  next_.push_back(number);
  return number;
}

Formula formula_of(const Detection& detection, PredicatePool& pool, event::FieldTable& fields) {
  return Builder(detection, pool, fields).build();
}

Formula both(const Formula& a, const Formula& b) {
  Formula out{{Kind::all_of, static_cast<std::uint32_t>(1 + a.size() + b.size())}};
  out.insert(out.end(), a.begin(), a.end());
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

Formula simplified(std::span<const Node> formula, std::span<const Known> known) {
  Formula out;
  const Known value = simplify(formula, 0, known, out);
  if (value == Known::open) return out;
  return {{Kind::truth, value == Known::yes ? 1U : 0U}};
}

std::vector<std::uint32_t> required(std::span<const Node> formula,
                                    std::span<const std::uint32_t> weight) {
  Cover cover = cover_of(formula, 0, false, weight);
  if (!cover.possible) return {};
  std::ranges::sort(cover.predicates);
  const auto [first, last] = std::ranges::unique(cover.predicates);
  cover.predicates.erase(first, last);
  return std::move(cover.predicates);
}

}  // namespace tocsin::rules
