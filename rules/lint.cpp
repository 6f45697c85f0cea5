#include "rules/lint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_set>
#include <utility>

#include "rules/field_lint.hpp"
#include "rules/formula.hpp"
#include "rules/satisfiable.hpp"
#include "rules/wording.hpp"

namespace tocsin::rules {

namespace {

// The truth that a selection is taken to have; nothing: what it asks.
using Assumed = std::vector<std::optional<bool>>;

// A condition in which some selections are put as true or false.
Formula formula_of(const Condition& condition, const std::vector<Formula>& selections,
                   const Assumed& assumed) {
  if (condition.kind == Condition::Kind::selection) {
    const std::optional<bool> truth = assumed[condition.selection];
    if (!truth) return selections[condition.selection];
    return {{Node::Kind::truth, *truth ? 1U : 0U}};
  }
  Formula out;
  out.push_back({condition.kind == Condition::Kind::negation ? Node::Kind::negation
                 : condition.kind == Condition::Kind::all_of ? Node::Kind::all_of
                                                             : Node::Kind::any_of,
                 0});
  for (const Condition& child : condition.children) {
    const Formula one = formula_of(child, selections, assumed);
    out.insert(out.end(), one.begin(), one.end());
  }
  out.front().value = static_cast<std::uint32_t>(out.size());
  return out;
}

Formula negated(const Formula& formula) {
  Formula out{{Node::Kind::negation, static_cast<std::uint32_t>(formula.size() + 1)}};
  out.insert(out.end(), formula.begin(), formula.end());
  return out;
}

void mark_used(const Condition& condition, std::vector<bool>& used) {
  if (condition.kind == Condition::Kind::selection) used[condition.selection] = true;
  for (const Condition& child : condition.children) mark_used(child, used);
}

// One detection: what can never be met, what always is, what changes nothing.
class DetectionLint {
 public:
  // `file`: the name of the one it stands in.
  DetectionLint(const Detection& detection, const std::string& file, base::Errors& out)
      : detection_(detection), file_(file), out_(out) {}

  void look() {
    const std::size_t count = detection_.selections.size();
    std::vector<bool> used(count, false);
    mark_used(detection_.condition, used);
    for (std::size_t i = 0; i < count; ++i) {
      Detection one;
      one.selections.push_back(detection_.selections[i]);
      one.condition.kind = Condition::Kind::selection;
      selections_.push_back(rules::formula_of(one, pool_, fields_));
    }
    const Formula whole = formula_of(detection_.condition, selections_, Assumed(count));
    bool settled = false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!used[i]) {
        warn("rules-102", detection_.name_places[i],
             fmt::format("the condition does not use `{}`", detection_.names[i]));
        continue;
      }
      settled = look_at_selection(i) || settled;
    }
    settled = settled || look_at_condition(whole);
    for (std::size_t i = 0; i < count && !settled && count > 1; ++i) {
      if (used[i]) look_at_effect(i);
    }
    look_at_cost(whole);
  }

 private:
  void warn(const char* code, Place place, std::string sentence) {
    out_.push_back({code, std::move(sentence), place.in(file_)});
  }

  // True when something was found.
  bool look_at_selection(std::size_t i) {
    const Satisfiable can = satisfiable(selections_[i], true, pool_);
    if (!can.possible) {
      warn("rules-100", detection_.name_places[i],
           fmt::format("`{}` can never be met{}", detection_.names[i], reason(can)));
      return true;
    }
    if (satisfiable(selections_[i], false, pool_).possible) return false;
    warn("rules-101", detection_.name_places[i],
         fmt::format("`{}` is met by every event", detection_.names[i]));
    return true;
  }

  bool look_at_condition(const Formula& whole) {
    const Satisfiable can = satisfiable(whole, true, pool_);
    if (!can.possible) {
      warn("rules-100", detection_.condition_place,
           fmt::format("the condition can never be met{}", reason(can)));
      return true;
    }
    if (satisfiable(whole, false, pool_).possible) return false;
    warn("rules-101", detection_.condition_place,
         "the condition is met by every event of the log source");
    return true;
  }

  // Is there an event for which it matters whether the selection is met? One that meets it, and one
  // that does not.
  void look_at_effect(std::size_t i) {
    Assumed assumed(selections_.size());
    assumed[i] = true;
    const Formula with = formula_of(detection_.condition, selections_, assumed);
    assumed[i] = false;
    const Formula without = formula_of(detection_.condition, selections_, assumed);
    for (const bool is_met : {true, false}) {
      const Formula& own = selections_[i];
      const Formula given = is_met ? own : negated(own);
      const Satisfiable adds = satisfiable(both(given, both(with, negated(without))), true, pool_);
      if (adds.possible) continue;
      const Satisfiable takes = satisfiable(both(given, both(without, negated(with))), true, pool_);
      if (takes.possible) continue;
      warn("rules-102", detection_.name_places[i],
           is_met ? fmt::format("`{}` changes nothing: no event that comes to it can meet it{}",
                                detection_.names[i], example(adds.conflict ? adds : takes))
                  : fmt::format("`{}` changes nothing: every event that comes to it meets it",
                                detection_.names[i]));
      return;
    }
  }

  // The reason, where two different questions are one; there may be others.
  std::string example(const Satisfiable& result) {
    const bool is_one =
        result.conflict && result.conflict->first.predicate == result.conflict->second.predicate;
    return is_one ? std::string() : reason(result);
  }

  // ": `Image` has to meet both, ends with 'a' and ends with 'b'".
  std::string reason(const Satisfiable& result) {
    if (!result.conflict) return {};
    const auto& [a, b] = *result.conflict;
    const Predicate& first = pool_[a.predicate];
    const std::string field =
        first.is_keyword() ? "the event" : fmt::format("`{}`", fields_.name(first.field));
    const auto words = [&](const Literal& literal) {
      return fmt::format("{}{}", literal.holds ? "" : "not: ",
                         sentence_of(words_of(pool_[literal.predicate], fields_)));
    };
    if (a.predicate == b.predicate)
      return fmt::format(": that {} {} is both asked and excluded", field,
                         sentence_of(words_of(first, fields_)));
    return fmt::format(": {} has to meet both, {} and {}", field, words(a), words(b));
  }

  // How a predicate serves to find the rule's events among all others.
  enum Gate : std::uint32_t { good = 1, poor = 1'000'000 };
  static std::uint32_t gate_of(const Predicate& p) {
    constexpr std::size_t short_text = 3;
    if (p.date_part != DatePart::none) return no_gate;
    switch (p.test) {
      case Test::equal:
      case Test::number:
      case Test::network:
      case Test::prefix:
      case Test::suffix:
        return good;
      case Test::contains:
        return p.text.size() < short_text ? poor : good;
      case Test::wildcard: {
        std::size_t longest = 0;
        for (const PatternPart& part : p.pattern.parts)
          longest = std::max(longest, part.text.size());
        return longest == 0 ? no_gate : longest < short_text ? poor : good;
      }
      case Test::regex:
      case Test::comparison:
      case Test::exists:
      case Test::present:
        return poor;
      case Test::null:
      case Test::reference:
        break;
    }
    return no_gate;
  }

  void look_at_cost(const Formula& whole) {
    std::vector<std::uint32_t> weight;
    weight.reserve(pool_.size());
    for (std::uint32_t i = 0; i < pool_.size(); ++i) weight.push_back(gate_of(pool_[i]));
    const std::vector<std::uint32_t> gates = required(whole, weight);
    if (gates.empty()) {
      warn("rules-105", detection_.condition_place,
           "the rule asks for nothing that its events must have, so that it is looked at for every "
           "event of its log source");
      return;
    }
    const auto dear = std::ranges::find_if(gates, [&](std::uint32_t gate) {
      const Test test = pool_[gate].test;
      return weight[gate] == poor && (test == Test::regex || test == Test::contains);
    });
    if (dear == gates.end()) return;
    const Predicate& predicate = pool_[*dear];
    warn("rules-105", detection_.condition_place,
         fmt::format("nothing but `{} {}` tells the rule's events from others, so that it is asked "
                     "of every event of its log source; add a text of 3 characters or more that "
                     "they all have",
                     predicate.is_keyword() ? "any text" : fields_.name(predicate.field),
                     sentence_of(words_of(predicate, fields_))));
  }

  const Detection& detection_;
  const std::string& file_;
  base::Errors& out_;
  PredicatePool pool_;
  event::FieldTable fields_;
  std::vector<Formula> selections_;
};

// Rules that only serve a correlation need no words for people.
std::unordered_set<std::string_view> servants_of(const Documents& documents) {
  std::unordered_set<std::string_view> out;
  for (const RuleDocument& rule : documents.rules) {
    if (!rule.correlation || rule.correlation->generate) continue;
    out.insert(rule.correlation->rules.begin(), rule.correlation->rules.end());
  }
  return out;
}

void look_at_metadata(const RuleDocument& rule, base::Errors& out) {
  const Metadata& metadata = rule.metadata;
  std::vector<std::string_view> missing;
  for (const auto& [is_missing, name] :
       {std::pair(metadata.id.empty(), "id"), std::pair(metadata.status.empty(), "status"),
        std::pair(metadata.description.empty(), "description"),
        std::pair(metadata.author.empty(), "author"), std::pair(!rule.has_date, "date"),
        std::pair(!metadata.level, "level")}) {
    if (is_missing) missing.emplace_back(name);
  }
  if (missing.empty()) return;
  out.push_back({"rules-103",
                 fmt::format("the rule says no {}; who reads its alerts will ask for it",
                             fmt::join(missing, ", ")),
                 metadata.origin});
}

}  // namespace

base::Errors lint(const Documents& documents, const std::vector<KnownFields>& known) {
  base::Errors out;
  const auto servants = servants_of(documents);
  FieldLint fields(documents, known);
  for (const RuleDocument& rule : documents.rules) {
    if (!servants.contains(rule.metadata.id) && !servants.contains(rule.metadata.name))
      look_at_metadata(rule, out);
    if (!rule.detection) continue;
    DetectionLint(*rule.detection, rule.metadata.origin.name, out).look();
    fields.look(rule, out);
  }
  for (const FilterDocument& filter : documents.filters) {
    // What a filter asks is judged alone: its rules are many.
    base::Errors found;
    DetectionLint(filter.detection, filter.metadata.origin.name, found).look();
    std::erase_if(found, [](const base::Error& error) { return error.code == "rules-105"; });
    std::ranges::move(found, std::back_inserter(out));
  }
  return out;
}

}  // namespace tocsin::rules
