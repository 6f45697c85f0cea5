#include "rules/program.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "rules/folding.hpp"

namespace tocsin::rules {

namespace {

// The part of a wildcard that a look-up can start from.
struct Anchor {
  enum class Kind : std::uint8_t { none, front, back, inside };
  Kind kind = Kind::none;
  std::string_view text;
};

Anchor anchor_of(const Pattern& pattern) {
  constexpr std::size_t long_enough = 3;
  const auto is_text = [](const PatternPart& part) { return part.kind == PatternPart::Kind::text; };
  if (pattern.parts.empty()) return {};
  const PatternPart& front = pattern.parts.front();
  const PatternPart& back = pattern.parts.back();
  if (is_text(front) && front.text.size() >= long_enough) return {Anchor::Kind::front, front.text};
  if (is_text(back) && back.text.size() >= long_enough) return {Anchor::Kind::back, back.text};
  Anchor best;
  for (const PatternPart& part : pattern.parts) {
    if (is_text(part) && part.text.size() > best.text.size())
      best = {Anchor::Kind::inside, part.text};
  }
  return best;
}

struct BeforeNodes {
  bool operator()(std::span<const Node> a, std::span<const Node> b) const {
    return std::ranges::lexicographical_compare(a, b, [](const Node& x, const Node& y) {
      return std::pair(x.kind, x.value) < std::pair(y.kind, y.value);
    });
  }
};

// A rule or a list, by its number, and a predicate that it is found by.
struct OfPredicate {
  std::uint32_t predicate = 0;
  std::uint32_t number = 0;
};

// The numbers of predicate 0, of 1 and so on, each in the order given; those of i begin at
// first[i].
std::vector<std::uint32_t> by_predicate(std::span<const OfPredicate> all, std::size_t predicates,
                                        std::vector<std::uint32_t>& first) {
  first.assign(predicates + 1, 0);
  for (const OfPredicate& one : all) ++first[one.predicate + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<std::uint32_t> numbers(all.size());
  std::vector<std::uint32_t> next = first;
  for (const OfPredicate& one : all) numbers[next[one.predicate]++] = one.number;
  return numbers;
}

// How often a text of that length is met by chance, roughly.
std::uint32_t weight_of_length(std::size_t length) {
  return length >= 8 ? 4U : length >= 4 ? 8U : length == 3 ? 30U : 120U;
}

// How unwelcome a predicate is as a gate: how many events satisfy it, and what it costs to ask.
std::uint32_t weight_of(const Predicate& predicate) {
  if (predicate.date_part != DatePart::none) return no_gate;
  switch (predicate.test) {
    case Test::equal:
      return predicate.text.empty() ? 50 : 4;
    case Test::number:
      return 6;
    case Test::prefix:
    case Test::suffix:
      return 2 + weight_of_length(predicate.text.size());
    case Test::contains:
      return 8 + weight_of_length(predicate.text.size());
    case Test::wildcard: {
      const Anchor anchor = anchor_of(predicate.pattern);
      return anchor.kind == Anchor::Kind::none ? no_gate : 8 + weight_of_length(anchor.text.size());
    }
    case Test::network:
      return 60;
    case Test::regex:
      return 80;
    case Test::comparison:
      return 100;
    case Test::exists:
    case Test::present:
      return 200;
    case Test::null:
    case Test::reference:
      break;
  }
  return no_gate;
}

// An escape ends with the character that it stands for, unless that is a control character: a text
// is found where its first character is escaped, and no other.
bool outlasts_escapes(const Predicate& predicate) {
  if (predicate.test != Test::contains) return false;
  for (std::size_t i = 0; i < predicate.text.size(); ++i) {
    const char c = predicate.text[i];
    const bool is_control = static_cast<unsigned char>(c) < 0x20;
    if (is_control || (i > 0 && (c == '\\' || c == '"' || c == '/'))) return false;
  }
  return true;
}

}  // namespace

Program::Program(std::span<const Source> sources, const PredicatePool& pool,
                 const FieldHints& hints, const std::shared_ptr<base::ScanCompiler>& scans) {
  slots_.emplace_back();  // keywords
  add_rules(sources, pool);
  for (std::uint32_t i = 1; i < slots_.size(); ++i) {
    if (slots_[i].field == hints.time) time_slot_ = i;
  }
  choose_gates(hints);
  build_look_ups();
  build_literals(*scans);
  build_regexes(scans);
  find_lists();
  for (const Asked& asked : asked_) {
    if (asked.slot == 0 && !outlasts_escapes(*asked.predicate)) keywords_outlast_escapes_ = false;
  }
}

void Program::add_rules(std::span<const Source> sources, const PredicatePool& pool) {
  constexpr std::uint32_t not_asked = 0xFFFFFFFF;
  std::vector<std::uint32_t> local(pool.size(), not_asked);  // pool -> asked
  std::unordered_map<std::uint16_t, std::uint32_t> slot_of_field;
  const auto slot_for = [&](event::FieldId field) {
    const auto [place, is_new] =
        slot_of_field.try_emplace(field.value, static_cast<std::uint32_t>(slots_.size()));
    if (is_new) slots_.emplace_back().field = field;
    return place->second;
  };
  const auto ask = [&](std::uint32_t pooled) {
    if (local[pooled] != not_asked) return local[pooled];
    local[pooled] = static_cast<std::uint32_t>(asked_.size());
    const Predicate& predicate = pool[pooled];
    Asked made;
    made.predicate = &predicate;
    if (!predicate.is_keyword()) made.slot = slot_for(predicate.field);
    if (predicate.test == Test::reference) made.other_slot = slot_for(predicate.other);
    asked_.push_back(made);
    return local[pooled];
  };
  std::map<std::span<const Node>, std::vector<event::RuleIndex>*, BeforeNodes> alike;
  std::deque<std::vector<event::RuleIndex>> indices;
  std::vector<const Formula*> formulas;
  for (const Source& source : sources) {
    auto& same = alike[*source.formula];
    if (same == nullptr) {
      same = &indices.emplace_back();
      formulas.push_back(source.formula);
    }
    same->push_back(source.rule);
  }
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    rules_.push_back({static_cast<std::uint32_t>(indices_.size()),
                      static_cast<std::uint32_t>(indices[i].size()),
                      static_cast<std::uint32_t>(nodes_.size()),
                      static_cast<std::uint32_t>(formulas[i]->size()), false});
    indices_.insert(indices_.end(), indices[i].begin(), indices[i].end());
    for (Node node : *formulas[i]) {
      if (node.kind == Node::Kind::predicate) node.value = ask(node.value);
      nodes_.push_back(node);
    }
  }
}

void Program::choose_gates(const FieldHints& hints) {
  // Above any number of texts to look for: those are found in one scan, however many they are.
  constexpr std::uint32_t last_resort = 1'000'000;
  std::vector<std::uint32_t> weight(asked_.size());
  std::vector<std::uint32_t> last_user(asked_.size(), 0);
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const Predicate& predicate = *asked_[i].predicate;
    weight[i] = weight_of(predicate);
    const bool is_fixed = std::ranges::find(hints.fixed, predicate.field) != hints.fixed.end();
    if (is_fixed && weight[i] != no_gate) weight[i] += last_resort;
  }
  // What many rules ask opens many rules at once.
  for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
    for (const Node& node : formula(rules_[rule])) {
      if (node.kind != Node::Kind::predicate || last_user[node.value] == rule + 1) continue;
      last_user[node.value] = rule + 1;
      if (weight[node.value] != no_gate) weight[node.value] += 2;
    }
  }
  std::vector<OfPredicate> opened;
  for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
    const std::vector<std::uint32_t> gates = required(formula(rules_[rule]), weight);
    rules_[rule].is_gated = !gates.empty();
    for (const std::uint32_t gate : gates) opened.push_back({gate, rule});
  }
  std::vector<std::uint32_t> first;
  gated_ = by_predicate(opened, asked_.size(), first);
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    asked_[i].first_rule = first[i];
    asked_[i].rule_count = first[i + 1] - first[i];
    asked_[i].is_gate = asked_[i].rule_count > 0;
  }
}

void Program::build_look_ups() {
  struct Keys {
    std::vector<IndexEntry> exact, prefixes, suffixes;
  };
  std::vector<Keys> keys(slots_.size());
  for (std::uint32_t i = 0; i < asked_.size(); ++i) {
    if (!asked_[i].is_gate) continue;
    const Predicate& predicate = *asked_[i].predicate;
    const std::uint32_t slot = asked_[i].slot;
    // A look-up sees folded text; what minds the case is asked again.
    const bool cased = predicate.cased;
    const auto key = [&](std::string_view text) {
      return cased ? folded(text) : std::string(text);
    };
    const auto literal = [&] {
      slots_[slot].scans_literals = true;
      asked_[i].is_dear = true;
    };
    switch (predicate.test) {
      case Test::equal:
        keys[slot].exact.push_back({key(predicate.text), i, cased});
        break;
      case Test::prefix:
        keys[slot].prefixes.push_back({key(predicate.text), i, cased});
        break;
      case Test::suffix:
        keys[slot].suffixes.push_back({key(predicate.text), i, cased});
        break;
      case Test::contains:
        literal();
        break;
      case Test::wildcard: {
        const Anchor anchor = anchor_of(predicate.pattern);
        if (anchor.kind == Anchor::Kind::front) {
          keys[slot].prefixes.push_back({key(anchor.text), i, true});
        } else if (anchor.kind == Anchor::Kind::back) {
          keys[slot].suffixes.push_back({key(anchor.text), i, true});
        } else {
          literal();
        }
        break;
      }
      case Test::number:
      case Test::comparison:
        slots_[slot].numbers.add(predicate, i);
        break;
      case Test::network:
        slots_[slot].networks.add(predicate.network, i);
        break;
      case Test::exists:
      case Test::present:
        slots_[slot].exists.push_back(i);
        break;
      case Test::regex:
        slots_[slot].scans_regexes = true;
        asked_[i].is_dear = true;
        break;
      case Test::null:
      case Test::reference:
        break;
    }
  }
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (!keys[slot].exact.empty()) slots_[slot].exact.build(std::move(keys[slot].exact));
    if (!keys[slot].prefixes.empty()) slots_[slot].prefixes.build(std::move(keys[slot].prefixes));
    if (!keys[slot].suffixes.empty()) slots_[slot].suffixes.build(std::move(keys[slot].suffixes));
    slots_[slot].numbers.build();
    slots_[slot].networks.build();
  }
}

// A set of literals for each field: a small one is scanned several times faster than a large one,
// and no field pays for the texts of another. Where values are scanned anyway, texts that are no
// gates are found on the way.
void Program::build_literals(base::ScanCompiler& scans) {
  struct Sought {
    std::string_view text;
    LiteralUse use;
  };
  std::deque<std::string> made;  // texts that no predicate has so
  std::vector<std::vector<Sought>> literals(slots_.size());
  for (std::uint32_t i = 0; i < asked_.size(); ++i) {
    const Predicate& predicate = *asked_[i].predicate;
    const bool contains = predicate.test == Test::contains;
    if (!slots_[asked_[i].slot].scans_literals) continue;
    if (!contains && (predicate.test != Test::wildcard || !asked_[i].is_dear)) continue;
    const std::string_view text = contains ? predicate.text : anchor_of(predicate.pattern).text;
    literals[asked_[i].slot].push_back({predicate.cased ? made.emplace_back(folded(text)) : text,
                                        {i, predicate.cased || !contains}});
    asked_[i].is_dear = true;
  }
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (literals[slot].empty()) continue;
    std::ranges::stable_sort(literals[slot], {}, &Sought::text);
    std::vector<std::string_view> texts;
    for (const auto& [text, use] : literals[slot]) {
      if (texts.empty() || texts.back() != text) {
        texts.push_back(text);
        slots_[slot].first_use.push_back(static_cast<std::uint32_t>(slots_[slot].uses.size()));
      }
      slots_[slot].uses.push_back(use);
    }
    slots_[slot].first_use.push_back(static_cast<std::uint32_t>(slots_[slot].uses.size()));
    slots_[slot].literals = std::make_unique<LiteralSet>(texts, scans);
  }
}

void Program::build_regexes(const std::shared_ptr<base::ScanCompiler>& scans) {
  for (std::uint32_t i = 0; i < asked_.size(); ++i) {
    if (asked_[i].predicate->test == Test::regex)
      slots_[asked_[i].slot].regex_predicates.push_back(i);
  }
  for (Slot& slot : slots_) {
    if (slot.regex_predicates.empty()) continue;
    std::vector<const Regex*> expressions;
    expressions.reserve(slot.regex_predicates.size());
    for (const std::uint32_t i : slot.regex_predicates)
      expressions.push_back(&asked_[i].predicate->regex);
    slot.regexes = std::make_unique<RegexSet>(expressions, scans);
  }
}

// Where all members are answered before a rule is evaluated; of fewer, asking each is as quick.
bool Program::is_list(const Node* node) const {
  constexpr std::size_t least = 4;
  if (node->kind != Node::Kind::any_of || node->value <= least) return false;
  const Node* const first = node + 1;
  return std::all_of(first, node + node->value, [&](const Node& child) {
    if (child.kind != Node::Kind::predicate) return false;
    const Asked& asked = asked_[child.value];
    return (asked.is_gate || asked.is_dear) && asked.slot == asked_[first->value].slot;
  });
}

// Writes the formulas again, each list with its number in front of its members.
void Program::find_lists() {
  std::vector<OfPredicate> members;
  std::vector<Node> nodes;
  std::vector<std::size_t> open;  // places in nodes whose subtree has not ended
  std::vector<std::size_t> ends;  // where they end in nodes_
  for (Rule& rule : rules_) {
    const std::size_t begin = nodes.size();
    const std::size_t last = rule.first_node + rule.node_count;
    for (std::size_t at = rule.first_node; at < last; ++at) {
      while (!ends.empty() && ends.back() == at) {
        nodes[open.back()].value = static_cast<std::uint32_t>(nodes.size() - open.back());
        open.pop_back();
        ends.pop_back();
      }
      const Node node = nodes_[at];
      if (node.size() > 1) {
        open.push_back(nodes.size());
        ends.push_back(at + node.size());
      }
      nodes.push_back(node);
      if (!is_list(&nodes_[at])) continue;
      const auto number = static_cast<std::uint32_t>(lists_.size());
      List& list = lists_.emplace_back();
      list.slot = asked_[nodes_[at + 1].value].slot;
      nodes.push_back({Node::Kind::list, number});
      for (std::size_t member = at + 1; member < at + node.size(); ++member) {
        const std::uint32_t predicate = nodes_[member].value;
        list.has_dear = list.has_dear || asked_[predicate].is_dear;
        members.push_back({predicate, number});
      }
    }
    for (; !open.empty(); open.pop_back())
      nodes[open.back()].value = static_cast<std::uint32_t>(nodes.size() - open.back());
    ends.clear();
    rule.first_node = static_cast<std::uint32_t>(begin);
    rule.node_count = static_cast<std::uint32_t>(nodes.size() - begin);
  }
  nodes_ = std::move(nodes);
  std::vector<std::uint32_t> first;
  listed_ = by_predicate(members, asked_.size(), first);
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    asked_[i].first_list = first[i];
    asked_[i].list_count = first[i + 1] - first[i];
  }
}

}  // namespace tocsin::rules
