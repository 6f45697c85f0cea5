#include "rules/variant.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace tocsin::rules {

namespace {

using Kind = Transformation::Kind;

bool asks_about(const Selection& selection, std::string_view field) {
  return std::ranges::any_of(selection.items,
                             [&](const Item& item) { return item.field == field; }) ||
         std::ranges::any_of(selection.parts,
                             [&](const Selection& part) { return asks_about(part, field); });
}

// All or any of `conditions`, or the contrary; true where there are none.
template <typename Condition, typename Test>
bool judge(const std::vector<Condition>& conditions, bool any, bool negated, Test&& test) {
  if (conditions.empty()) return true;
  const bool met =
      any ? std::ranges::any_of(conditions, test) : std::ranges::all_of(conditions, test);
  return met != negated;
}

bool wants_field(const Transformation& with, std::string_view field) {
  return judge(with.field_conditions, with.any_field_condition, with.not_field_conditions,
               [&](const FieldNameCondition& condition) {
                 const bool named =
                     condition.expression
                         ? RE2::PartialMatch(field, *condition.expression)
                         : std::ranges::find(condition.names, field) != condition.names.end();
                 return named != condition.excludes;
               });
}

// The names that stand for a field; empty: it keeps its own.
std::vector<std::string> names_for(const Transformation& with, const std::string& field) {
  if (!wants_field(with, field)) return {};
  switch (with.kind) {
    case Kind::field_name_mapping:
      for (const auto& [from, to] : with.map) {
        if (from == field) return to;
      }
      return {};
    case Kind::field_name_prefix_mapping:
      for (const auto& [from, to] : with.map) {
        if (!field.starts_with(from)) continue;
        std::vector<std::string> names;
        for (const std::string& prefix : to) names.push_back(prefix + field.substr(from.size()));
        return names;
      }
      return {};
    case Kind::field_name_prefix:
      return {with.text + field};
    case Kind::field_name_suffix:
      return {field + with.text};
    default:
      return {};
  }
}

std::string replaced(const Transformation& with, std::string text) {
  RE2::GlobalReplace(&text, *with.expression, with.text);
  return text;
}

// The texts that stand for one; the text itself where nothing is said of it.
std::vector<Pattern> patterns_for(const Transformation& with, const Pattern& pattern) {
  const std::string written = to_string(pattern);
  if (with.kind == Kind::map_string) {
    for (const auto& [from, to] : with.map) {
      if (from != written) continue;
      std::vector<Pattern> patterns;
      for (const std::string& text : to) patterns.push_back(parse_pattern(text));
      return patterns;
    }
    return {pattern};
  }
  if (!with.skip_special) return {parse_pattern(replaced(with, written))};
  Pattern changed = pattern;
  for (PatternPart& part : changed.parts) {
    if (part.kind == PatternPart::Kind::text) part.text = replaced(with, std::move(part.text));
  }
  return {parse_pattern(to_string(changed))};
}

// Changes one detection in place; says whether anything is other than before.
class Changer {
 public:
  explicit Changer(const Transformation& with) : with_(with) {}

  bool change(Detection& detection) {
    for (Selection& selection : detection.selections) change(selection);
    return changed_;
  }
  // A selection has lost all that it asked: nothing sensible is left.
  [[nodiscard]] bool emptied() const { return emptied_; }

 private:
  void change(Selection& selection) {
    for (Selection& part : selection.parts) change(part);
    std::vector<Item> items;
    items.swap(selection.items);
    for (Item& item : items) change(std::move(item), selection);
    emptied_ = emptied_ || (selection.items.empty() && selection.parts.empty());
  }

  void change(Item item, Selection& out) {
    const std::string field = item.field.value_or("");
    if (with_.kind == Kind::drop_detection_item && item.field && wants_field(with_, field)) {
      changed_ = true;
      return;
    }
    change_values(item, field);
    const std::vector<std::string> names =
        item.field ? names_for(with_, field) : std::vector<std::string>();
    if (names.size() > 1) {
      // Any of the fields; under `neq`, none of them.
      Selection part{!item.negated, {}, {}};
      for (const std::string& name : names) {
        part.items.push_back(item);
        part.items.back().field = name;
      }
      out.parts.push_back(std::move(part));
      changed_ = true;
      return;
    }
    if (names.size() == 1 && names[0] != field) {
      item.field = names[0];
      changed_ = true;
    }
    out.items.push_back(std::move(item));
  }

  void change_values(Item& item, const std::string& field) {
    const bool is_of_texts = with_.kind == Kind::map_string || with_.kind == Kind::replace_string;
    for (Value& value : item.values) {
      if (value.kind == Value::Kind::reference) {
        const std::vector<std::string> names = names_for(with_, value.other);
        if (names.empty() || names[0] == value.other) continue;
        value.other = names[0];
        changed_ = true;
      }
      if (!is_of_texts || value.kind != Value::Kind::text || !wants_field(with_, field)) continue;
      std::vector<Pattern> patterns;
      for (const Pattern& pattern : value.patterns) {
        std::vector<Pattern> made = patterns_for(with_, pattern);
        std::ranges::move(made, std::back_inserter(patterns));
      }
      if (patterns == value.patterns) continue;
      value.patterns = std::move(patterns);
      changed_ = true;
    }
  }

  const Transformation& with_;
  bool changed_ = false;
  bool emptied_ = false;
};

bool asks_about_any(const Detection& detection, const Transformation& with) {
  const auto wanted = [&](const auto& self, const Selection& selection) -> bool {
    return std::ranges::any_of(
               selection.items,
               [&](const Item& item) { return item.field && wants_field(with, *item.field); }) ||
           std::ranges::any_of(selection.parts,
                               [&](const Selection& part) { return self(self, part); });
  };
  return std::ranges::any_of(detection.selections,
                             [&](const Selection& selection) { return wanted(wanted, selection); });
}

// One pack at work on one rule.
class Maker {
 public:
  Maker(const RuleDocument& rule, std::span<const FilterDocument* const> filters) {
    made_.logsource = rule.logsource;
    made_.detection = *rule.detection;
    for (const FilterDocument* filter : filters) made_.filters.push_back(filter->detection);
  }

  std::optional<Variant> make(const MappingPack& pack) {
    for (const Transformation& with : pack.transformations) {
      if (!fits(with)) continue;
      if (with.kind == Kind::rule_failure) return std::nullopt;
      if (with.kind == Kind::detection_item_failure && asks_about_any(made_.detection, with))
        return std::nullopt;
      if (!apply(with)) continue;
      if (emptied_) return std::nullopt;
      made_.canonical += with.canonical;
      applied_.push_back(&with);
    }
    if (applied_.empty()) return std::nullopt;
    return std::move(made_);
  }

 private:
  [[nodiscard]] bool fits(const Transformation& with) const {
    return judge(with.rule_conditions, with.any_rule_condition, with.not_rule_conditions,
                 [&](const RuleTestCondition& condition) { return holds(condition); });
  }

  [[nodiscard]] bool holds(const RuleTestCondition& condition) const {
    using Test = RuleTestCondition::Kind;
    switch (condition.kind) {
      case Test::logsource:
        return condition.logsource.covers(made_.logsource);
      case Test::contains_field:
        return std::ranges::any_of(made_.detection.selections, [&](const Selection& selection) {
          return asks_about(selection, condition.text);
        });
      case Test::item_applied:
        return std::ranges::any_of(
            applied_, [&](const Transformation* with) { return with->id == condition.text; });
      case Test::always:
        return true;
      case Test::never:
        return false;
    }
    return false;
  }

  // Whether it changed anything.
  bool apply(const Transformation& with) {
    if (with.kind == Kind::change_logsource) {
      const bool changes = made_.logsource != with.logsource;
      made_.logsource = with.logsource;
      return changes;
    }
    if (with.kind == Kind::add_condition) {
      add_condition(with);
      return true;
    }
    bool changed = false;
    const auto change = [&](Detection& detection) {
      Changer changer(with);
      changed = changer.change(detection) || changed;
      emptied_ = emptied_ || changer.emptied();
    };
    change(made_.detection);
    for (Detection& filter : made_.filters) change(filter);
    return changed;
  }

  void add_condition(const Transformation& with) {
    Detection& detection = made_.detection;
    Condition added{Condition::Kind::selection, {}, detection.selections.size()};
    if (with.negated) added = {Condition::Kind::negation, {std::move(added)}, 0};
    detection.names.push_back("_added_" + std::to_string(detection.names.size()));
    detection.selections.push_back(with.addition);
    detection.condition = {
        Condition::Kind::all_of, {std::move(added), std::move(detection.condition)}, 0};
  }

  Variant made_;
  std::vector<const Transformation*> applied_;
  bool emptied_ = false;
};

}  // namespace

std::optional<Variant> variant_of(const MappingPack& pack, const RuleDocument& rule,
                                  std::span<const FilterDocument* const> filters) {
  // Most packs are about few rules: nothing is copied for the others.
  const bool may_fit = std::ranges::any_of(pack.transformations, [&](const Transformation& with) {
    return judge(with.rule_conditions, with.any_rule_condition, with.not_rule_conditions,
                 [&](const RuleTestCondition& condition) {
                   return condition.kind != RuleTestCondition::Kind::logsource ||
                          condition.logsource.covers(rule.logsource);
                 });
  });
  if (!may_fit) return std::nullopt;
  return Maker(rule, filters).make(pack);
}

}  // namespace tocsin::rules
