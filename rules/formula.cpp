#include "rules/formula.hpp"

#include <algorithm>
#include <optional>

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
  Builder(const Detection& detection, PredicatePool& pool, const event::FieldTable& fields)
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
        item.field ? fields_.find(*item.field) : event::FieldTable::unknown;
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
      predicate.other = fields_.find(value.other);
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
  const event::FieldTable& fields_;
  Formula out_;
  Writer writer_;
};

// In the order in which the formula asks about them.
void intern_fields(const Selection& selection, event::FieldTable& fields) {
  for (const Item& item : selection.items) {
    if (item.field) fields.intern(*item.field);
    for (const Value& value : item.values) {
      if (value.kind == Value::Kind::reference) fields.intern(value.other);
    }
  }
  for (const Selection& part : selection.parts) intern_fields(part, fields);
}

void intern_fields(const Condition& condition, const Detection& detection,
                   event::FieldTable& fields) {
  if (condition.kind == Condition::Kind::selection)
    intern_fields(detection.selections[condition.selection], fields);
  for (const Condition& child : condition.children) intern_fields(child, detection, fields);
}

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

// Appends to `out` the predicates of the lightest cover of the subtree at `at`, and gives its
// weight; nothing of either where there is none.
std::optional<std::uint64_t> add_cover(std::span<const Node> formula, std::size_t at, bool negated,
                                       std::span<const std::uint32_t> weight,
                                       std::vector<std::uint32_t>& out) {
  const Node node = formula[at];
  if (node.kind == Kind::truth)
    return (node.value != 0) == negated ? std::optional<std::uint64_t>(0) : std::nullopt;
  if (node.kind == Kind::predicate) {
    if (negated || weight[node.value] == no_gate) return std::nullopt;
    out.push_back(node.value);
    return weight[node.value];
  }
  if (node.kind == Kind::negation) return add_cover(formula, at + 1, !negated, weight, out);
  const bool is_and = (node.kind == Kind::all_of) != negated;
  const std::size_t begin = out.size();
  std::optional<std::uint64_t> best;
  if (!is_and) best = 0;
  for (std::size_t child = at + 1; child < at + node.value; child += formula[child].size()) {
    const std::size_t end = out.size();
    const auto cover = add_cover(formula, child, negated, weight, out);
    if (!is_and) {
      if (!cover) {
        out.resize(begin);
        return std::nullopt;
      }
      *best += *cover;
    } else if (cover && (!best || *cover < *best)) {
      out.erase(out.begin() + static_cast<std::ptrdiff_t>(begin),
                out.begin() + static_cast<std::ptrdiff_t>(end));
      best = cover;
    } else {
      out.resize(end);
    }
  }
  return best;
}

}  // namespace

std::uint32_t PredicatePool::add(Predicate predicate) {
  const std::uint64_t hash = hash_of(predicate);
  return add(std::move(predicate), hash);
}

std::uint32_t PredicatePool::add(Predicate predicate, std::uint64_t hash) {
  if (hashes_.size() * 2 >= table_.size()) grow();
  std::size_t slot = hash & (table_.size() - 1);
  for (; table_[slot] != 0; slot = (slot + 1) & (table_.size() - 1)) {
    const std::uint32_t number = table_[slot] - 1;
    if (hashes_[number] == hash && are_same(predicates_[number], predicate)) return number;
  }
  predicates_.push_back(std::move(predicate));
  hashes_.push_back(hash);
  table_[slot] = static_cast<std::uint32_t>(hashes_.size());
  return table_[slot] - 1;
}

void PredicatePool::grow() {
  table_.assign(std::max<std::size_t>(64, table_.size() * 2), 0);
  for (std::uint32_t number = 0; number < hashes_.size(); ++number) {
    std::size_t slot = hashes_[number] & (table_.size() - 1);
    while (table_[slot] != 0) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = number + 1;
  }
}

std::vector<std::uint32_t> PredicatePool::take(PredicatePool&& other) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(other.size());
  for (std::size_t i = 0; i < other.size(); ++i)
    numbers.push_back(add(std::move(other.predicates_[i]), other.hashes_[i]));
  return numbers;
}

void intern_fields(const Detection& detection, event::FieldTable& fields) {
  intern_fields(detection.condition, detection, fields);
}

Formula formula_of(const Detection& detection, PredicatePool& pool,
                   const event::FieldTable& fields) {
  return Builder(detection, pool, fields).build();
}

Formula formula_of(const Detection& detection, PredicatePool& pool, event::FieldTable& fields) {
  intern_fields(detection, fields);
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
  std::vector<std::uint32_t> predicates;
  if (!add_cover(formula, 0, false, weight, predicates)) return {};
  std::ranges::sort(predicates);
  const auto [first, last] = std::ranges::unique(predicates);
  predicates.erase(first, last);
  return predicates;
}

}  // namespace tocsin::rules
