#include "rules/rule_condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "rules/condition.hpp"
#include "rules/diagnostics.hpp"

namespace tocsin::rules {

namespace {

using base::YamlNode;
using List = std::vector<Alternative>;

bool implies(const Alternative& a, const Alternative& b) {
  return (b.positive & ~a.positive) == 0 && (b.negative & ~a.negative) == 0;
}

// Puts in what is not impossible and says something new.
void add(List& list, const Alternative& more) {
  if ((more.positive & more.negative) != 0) return;
  if (std::ranges::any_of(list, [&](const Alternative& known) { return implies(more, known); }))
    return;
  std::erase_if(list, [&](const Alternative& known) { return implies(known, more); });
  list.push_back(more);
}

// The disjunctive form; nothing when it has too many alternatives.
std::optional<List> alternatives_of(const Condition& condition, bool negated) {
  if (condition.kind == Condition::Kind::negation)
    return alternatives_of(condition.children[0], !negated);
  if (condition.kind == Condition::Kind::selection) {
    const std::uint32_t bit = std::uint32_t{1} << condition.selection;
    return List{negated ? Alternative{0, bit} : Alternative{bit, 0}};
  }
  const bool any = (condition.kind == Condition::Kind::any_of) != negated;
  List all;
  if (!any) all.push_back({});
  for (const Condition& child : condition.children) {
    const auto part = alternatives_of(child, negated);
    if (!part) return std::nullopt;
    List next = any ? std::move(all) : List();
    for (const Alternative& one : *part) {
      if (any) add(next, one);
      for (const Alternative& other : any ? List() : all)
        add(next, {one.positive | other.positive, one.negative | other.negative});
      if (next.size() > most_alternatives) return std::nullopt;
    }
    all = std::move(next);
  }
  return all;
}

std::uint32_t used_in(const Condition& condition) {
  if (condition.kind == Condition::Kind::selection) return std::uint32_t{1} << condition.selection;
  std::uint32_t used = 0;
  for (const Condition& child : condition.children) used |= used_in(child);
  return used;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

std::vector<NamedRule> rules_in(const YamlNode& condition) {
  const std::string& text = condition.text;
  std::vector<NamedRule> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    while (at < text.size() && is_word(text[at])) ++at;
    const std::string word = text.substr(start, at - start);
    if (at == start) ++at;
    if (word.empty() || word == "and" || word == "or" || word == "not" || word == "of") continue;
    if (std::ranges::find(out, word, &NamedRule::name) == out.end()) out.push_back({word, start});
  }
  return out;
}

std::vector<Alternative> read_rule_condition(const YamlNode& condition,
                                             const std::vector<std::string>& names,
                                             Diagnostics& out) {
  const std::size_t errors = out.errors.size();
  const Condition tree = read_condition(condition, names, out, {}, ConditionOver::rules);
  if (out.errors.size() != errors) return {};
  const auto fail = [&](std::string sentence) {
    out.error("rules-49", out.at(condition), std::move(sentence));
    return List();
  };
  const std::uint32_t used = used_in(tree);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if ((used >> i & 1U) == 0)
      return fail(fmt::format("the condition does not use `{}`, which `rules` lists",
                              base::printable(names[i])));
  }
  const auto list = alternatives_of(tree, false);
  if (!list) {
    return fail(fmt::format("the condition has more than {} alternatives; divide the rule",
                            most_alternatives));
  }
  if (list->empty()) return fail("the condition can never be met");
  for (const Alternative& alternative : *list) {
    if (alternative.positive != 0) continue;
    std::string absent;
    for (std::size_t i = 0; i < names.size() && absent.empty(); ++i) {
      if ((alternative.negative >> i & 1U) != 0) absent = names[i];
    }
    return fail(
        fmt::format("no rule has to be met where `not {0}` is enough: write `a and not {0}`, "
                    "or an event_count over `{0}` with {{lt: 1}}",
                    base::printable(absent)));
  }
  return *list;
}

}  // namespace tocsin::rules
