#include "rules/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "rules/compiled.hpp"
#include "rules/evaluator.hpp"
#include "rules/plan.hpp"
#include "rules/wording.hpp"

namespace tocsin::rules {

using Kind = Explained::Kind;

// One form of a rule taken apart: each item and each value of its tree is a rule of its own to the
// engine, numbered in the order of the tree from 1; number 0 is the rule itself.
struct Explainer::Asked {
  event::Logsource logsource;
  bool mapped = false;
  Explained tree;
  Compiled compiled;
  Plan plan;
  Evaluator evaluator;
};

namespace {

Detection detection_of(const Item& item) {
  Detection detection;
  detection.names.emplace_back();
  detection.selections.emplace_back().items.push_back(item);
  detection.condition.kind = Condition::Kind::selection;
  return detection;
}

// Builds the tree, and the engine's formula of each leaf beside it.
class TreeBuilder {
 public:
  TreeBuilder(Compiled& compiled, event::FieldTable& fields)
      : compiled_(compiled), fields_(fields) {}

  Explained tree_of(const Detection& detection, const std::vector<const Detection*>& filters) {
    Formula whole = formula_of(detection, compiled_.pool, fields_);
    for (const Detection* filter : filters)
      whole = both(whole, formula_of(*filter, compiled_.pool, fields_));
    add(std::move(whole));
    Explained tree = tree_of(detection, detection.condition);
    if (filters.empty()) return tree;
    Explained all;
    all.children.push_back(std::move(tree));
    for (const Detection* filter : filters)
      all.children.push_back(tree_of(*filter, filter->condition));
    return all;
  }

 private:
  void add(Formula formula) {
    compiled_.add(event::RuleIndex(next_++), event::Logsource(), std::move(formula));
  }

  Explained tree_of(const Detection& detection, const Condition& condition) {
    if (condition.kind == Condition::Kind::selection)
      return tree_of(detection.selections[condition.selection],
                     detection.names[condition.selection]);
    if (condition.kind != Condition::Kind::negation && condition.children.size() == 1)
      return tree_of(detection, condition.children.front());
    Explained out;
    out.kind = condition.kind == Condition::Kind::negation ? Kind::negation
               : condition.kind == Condition::Kind::all_of ? Kind::all_of
                                                           : Kind::any_of;
    for (const Condition& child : condition.children)
      out.children.push_back(tree_of(detection, child));
    return out;
  }

  Explained tree_of(const Selection& selection, const std::string& name) {
    Explained out;
    out.kind = Kind::selection;
    out.any = selection.any;
    out.text = name;
    for (const Item& item : selection.items) out.children.push_back(tree_of(item));
    for (const Selection& part : selection.parts) out.children.push_back(tree_of(part, {}));
    return out;
  }

  Explained tree_of(const Item& item) {
    Explained out;
    out.kind = Kind::item;
    out.any = !item.all;
    out.negated = item.negated;
    out.field = item.field.value_or("");
    add(formula_of(detection_of(item), compiled_.pool, fields_));
    std::vector<Words> words;
    words.reserve(item.values.size());
    for (const Value& value : item.values) words.push_back(add(item, value));
    const bool alike = std::ranges::all_of(
        words, [&](const Words& one) { return one.operation == words.front().operation; });
    out.text = fmt::format("{}{}{}", item.field ? *item.field : "any text of the event",
                           item.negated ? " not:" : "",
                           alike ? " " + words.front().operation : std::string());
    for (const Words& one : words) {
      Explained& value = out.children.emplace_back();
      value.kind = Kind::value;
      value.text = alike ? one.wanted : sentence_of(one);
    }
    return out;
  }

  Words add(const Item& item, const Value& value) {
    Item alone;
    alone.field = item.field;
    alone.cased = item.cased;
    alone.values.push_back(value);
    Formula formula = formula_of(detection_of(alone), compiled_.pool, fields_);
    Words words = words_of(item, value, formula);
    add(std::move(formula));
    return words;
  }

  Words words_of(const Item& item, const Value& value, const Formula& formula) {
    if (value.kind == Value::Kind::text && !value.patterns.empty()) {
      // As it is written: the engine's own has its letters folded.
      Predicate predicate = pattern_predicate({}, value.patterns.front(), true);
      predicate.cased = item.cased;
      Words words = rules::words_of(predicate, fields_);
      if (value.patterns.size() > 1)
        words.wanted += fmt::format(" in one of {} forms", value.patterns.size());
      return words;
    }
    if (value.kind == Value::Kind::exists && !value.flag) return {"is not there", ""};
    const auto asked = std::ranges::find(formula, Node::Kind::predicate, &Node::kind);
    return asked == formula.end() ? Words{}
                                  : rules::words_of(compiled_.pool[asked->value], fields_);
  }

  Compiled& compiled_;
  event::FieldTable& fields_;
  std::uint32_t next_ = 0;
};

// Puts in what one event has to say.
class Filler {
 public:
  Filler(const std::vector<event::RuleIndex>& met, const event::Batch& batch,
         const event::Event& event, const event::FieldTable& fields)
      : met_(met), batch_(batch), event_(event), fields_(fields) {}

  void fill(Explained& node) {
    if (node.kind == Kind::item) {
      node.met = next_is_met();
      for (Explained& value : node.children) value.met = next_is_met();
      find_values(node);
      return;
    }
    for (Explained& child : node.children) fill(child);
    const auto is_met = [](const Explained& child) { return child.met; };
    const bool any = node.kind == Kind::any_of || (node.kind == Kind::selection && node.any);
    if (node.kind == Kind::negation) {
      node.met = !node.children.front().met;
    } else {
      node.met = any ? std::ranges::any_of(node.children, is_met)
                     : std::ranges::all_of(node.children, is_met);
    }
  }

 private:
  bool next_is_met() { return std::ranges::binary_search(met_, event::RuleIndex(next_++)); }

  void find_values(Explained& item) {
    if (item.field.empty()) return;
    const event::FieldId id = fields_.find(item.field);
    for (const auto fields : {batch_.own_fields(event_), event::Batch::constant_fields(event_)}) {
      for (const event::Field& field : fields) {
        if (field.name != id) continue;
        item.is_there = true;
        item.had.emplace_back(field.kind == event::ValueKind::null ? "null" : field.value());
      }
    }
    if (!item.is_there && item.field == "@timestamp" && event_.has_time) {
      item.is_there = true;
      item.had.push_back(base::format_rfc3339(event_.time.value));
    }
  }

  const std::vector<event::RuleIndex>& met_;
  const event::Batch& batch_;
  const event::Event& event_;
  const event::FieldTable& fields_;
  std::uint32_t next_ = 1;
};

// Fewest leaves to be otherwise, for a subtree to have another truth.
class Difference {
 public:
  static std::size_t cost(const Explained& node, bool wanted) {
    if (node.kind == Kind::negation) return cost(node.children.front(), !wanted);
    if (is_leaf(node)) return node.met == wanted ? 0 : 1;
    std::size_t sum = 0, least = std::numeric_limits<std::size_t>::max();
    for (const Explained& child : node.children) {
      const std::size_t one = cost(child, wanted);
      sum += one;
      least = std::min(least, one);
    }
    return needs_all(node, wanted) ? sum : least;
  }

  void mark(Explained& node, bool wanted) {
    if (node.kind == Kind::negation) return mark(node.children.front(), !wanted);
    if (is_leaf(node)) {
      node.differs = node.met != wanted;
      marked += node.differs ? 1 : 0;
      return;
    }
    if (needs_all(node, wanted)) {
      for (Explained& child : node.children) mark(child, wanted);
      return;
    }
    const std::size_t least = cost(node, wanted);
    if (least == 0) return;
    const auto is_least = [&](const Explained& child) { return cost(child, wanted) == least; };
    others = others || std::ranges::count_if(node.children, is_least) > 1;
    mark(*std::ranges::find_if(node.children, is_least), wanted);
  }

  std::size_t marked = 0;
  bool others = false;

 private:
  static bool is_leaf(const Explained& node) {
    return node.kind == Kind::value ||
           (node.kind == Kind::item && (node.any || node.negated || node.children.size() == 1));
  }
  static bool needs_all(const Explained& node, bool wanted) {
    const bool any = node.kind == Kind::any_of || (node.kind != Kind::all_of && node.any);
    return any != wanted;
  }
};

void collect(const Explained& node, const Explained* item, std::vector<std::string>& out) {
  if (node.differs && node.kind == Kind::value) {
    out.push_back(item->text + ' ' + node.text);
  } else if (node.differs) {
    const std::size_t count = node.children.size();
    out.push_back(
        count == 1 ? node.text + (node.children[0].text.empty() ? "" : " ") + node.children[0].text
                   : fmt::format("{} {} of {} values", node.text, node.any ? "one" : "all", count));
  }
  for (const Explained& child : node.children)
    collect(child, node.kind == Kind::item ? &node : nullptr, out);
}

}  // namespace

Explainer::Explainer(std::span<const base::SourceText> sources, const event::FieldTable& fields,
                     const ValueLists& lists, Mappings mappings)
    : mappings_(std::move(mappings)),
      documents_(read_documents(sources, lists)),
      fields_(fields),
      collection_(collect(documents_, fields.size(), mappings_)) {}
Explainer::~Explainer() = default;

const CollectedRule* Explainer::find(std::string_view id) const {
  const auto found = std::ranges::lower_bound(collection_.rules, id, {}, &CollectedRule::id);
  const bool is_it = found != collection_.rules.end() && found->id == id;
  return is_it && found->document->detection ? &*found : nullptr;
}

Explainer::Forms& Explainer::forms_of(std::string_view id) {
  const CollectedRule* rule = find(id);
  CHECK(rule != nullptr, "a rule that the explainer does not know");
  Forms& forms = asked_[std::string(id)];
  if (!forms.empty()) return forms;
  const auto add = [&](const event::Logsource& logsource, bool mapped, const Detection& detection,
                       const std::vector<const Detection*>& filters) {
    auto asked = std::make_unique<Asked>();
    asked->logsource = logsource;
    asked->mapped = mapped;
    asked->compiled.hints.time = fields_.intern("@timestamp");
    asked->tree = TreeBuilder(asked->compiled, fields_).tree_of(detection, filters);
    const event::Logsource any;
    asked->plan = general_plan(asked->compiled.program_for({&any, 1}), fields_.size());
    asked->evaluator.prepare(*asked->plan.program);
    forms.push_back(std::move(asked));
  };
  std::vector<const Detection*> filters;
  filters.reserve(rule->filters.size());
  for (const FilterDocument* filter : rule->filters) filters.push_back(&filter->detection);
  add(rule->document->logsource, false, *rule->document->detection, filters);
  for (const Variant& variant : rule->variants) {
    filters.clear();
    for (const Detection& filter : variant.filters) filters.push_back(&filter);
    add(variant.logsource, true, variant.detection, filters);
  }
  return forms;
}

Explanation Explainer::explain(std::string_view id, std::span<const event::Logsource> logsources,
                               const event::Batch& batch, const event::Event& event,
                               std::string_view raw) {
  const Forms& forms = forms_of(id);
  std::optional<Explanation> best;
  for (const std::unique_ptr<Asked>& form : forms) {
    const bool fits = std::ranges::any_of(logsources, [&](const event::Logsource& logsource) {
      return form->logsource.covers(logsource);
    });
    if (!fits) continue;
    Explanation one = ask(*form, batch, event, raw);
    one.fits = true;
    if (!best || one.differing < best->differing) best = std::move(one);
  }
  return best ? *std::move(best) : ask(*forms.front(), batch, event, raw);
}

Explanation Explainer::ask(Asked& asked, const event::Batch& batch, const event::Event& event,
                           std::string_view raw) const {
  const EventView view{batch.own_fields(event), event::Batch::constant_fields(event), raw,
                       event.has_time ? std::optional(event.time) : std::nullopt};
  std::vector<event::RuleIndex> met;
  CHECK(asked.evaluator.evaluate(asked.plan, 0, view, met),
        "a general plan decides nothing by constants");
  Explanation out;
  out.logsource = asked.logsource;
  out.mapped = asked.mapped;
  out.tree = asked.tree;
  out.met = std::ranges::binary_search(met, event::RuleIndex(0));
  Filler(met, batch, event, fields_).fill(out.tree);
  if (!out.met) {
    Difference difference;
    difference.mark(out.tree, true);
    out.differing = difference.marked;
    out.others = difference.others;
  }
  return out;
}

std::vector<std::string> differing_leaves(const Explanation& explanation) {
  std::vector<std::string> out;
  collect(explanation.tree, nullptr, out);
  return out;
}

}  // namespace tocsin::rules
