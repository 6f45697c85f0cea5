// What is asked of the events of one kind (set of log sources), laid out for asking.
// Path:      formulas -> Program -> Plan, Matcher
// Threads:   immutable once built, safe; shared by the matchers of all threads
// Errors:    none
// Source:    DESIGN section 6: pools, look-ups, gates, conditions
// Tested by: tests/rules/program_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "event/batch.hpp"
#include "event/field.hpp"
#include "rules/field_index.hpp"
#include "rules/formula.hpp"
#include "rules/literal_scan.hpp"
#include "rules/predicate.hpp"
#include "rules/regex.hpp"

namespace tocsin::rules {

// What a program should know of fields besides the rules.
struct FieldHints {
  // The name under which rules see the time of an event that has no such field.
  event::FieldId time = event::FieldTable::unknown;
  // Values of these are mostly known from the kind of event: as gates they hold back little.
  std::vector<event::FieldId> fixed;
};

// A text that values of a slot are searched for.
struct LiteralUse {
  std::uint32_t predicate = 0;
  bool verify = false;  // the literal is only a part of what the predicate asks
};

// A field that some rule asks about. Slot 0 is that of keywords: the whole event.
struct Slot {
  event::FieldId field = event::FieldTable::unknown;
  // Gates: predicates of which each makes its rules worth evaluating.
  ExactIndex exact;
  PrefixIndex prefixes{false};
  PrefixIndex suffixes{true};
  NumberIndex numbers;
  NetworkIndex networks;
  std::vector<std::uint32_t> exists;  // gates `exists` and `*`
  bool scans_literals = false;
  std::unique_ptr<LiteralSet> literals;  // null when no rule looks for a text inside the values
  bool scans_regexes = false;            // some regex of this slot is a gate
  std::vector<LiteralUse> uses;          // by literal, as first_use says
  std::vector<std::uint32_t> first_use;
  // All regex predicates of the slot; they are asked together.
  std::unique_ptr<RegexSet> regexes;
  std::vector<std::uint32_t> regex_predicates;

  [[nodiscard]] std::span<const LiteralUse> uses_of(std::uint32_t literal) const {
    return {uses.data() + first_use[literal], first_use[literal + 1] - first_use[literal]};
  }
  [[nodiscard]] bool has_gates() const {
    return !exact.empty() || !prefixes.empty() || !suffixes.empty() || !numbers.empty() ||
           !networks.empty() || !exists.empty() || scans_literals || scans_regexes;
  }
};

class Program {
 public:
  struct Source {
    event::RuleIndex rule;
    const Formula* formula;
  };
  // A predicate of this program.
  struct Asked {
    const Predicate* predicate = nullptr;  // in the pool
    std::uint32_t slot = 0;
    std::uint32_t other_slot = 0;  // of a reference
    bool is_gate = false;
    bool is_dear = false;          // answered by the Hyperscan scans of its slot's values
    std::uint32_t first_rule = 0;  // into gated: the rules that it opens
    std::uint32_t rule_count = 0;
    std::uint32_t first_list = 0;  // into listed: the lists that it is in
    std::uint32_t list_count = 0;
  };
  // Values of one field of which any will do. Look-ups and scans find which of them an event has,
  // so that it need not be held against each.
  struct List {
    std::uint32_t slot = 0;
    bool has_dear = false;  // some member is answered by a scan
  };
  // What one rule asks, or several that ask the same: it is evaluated once for all of them.
  struct Rule {
    std::uint32_t first_index = 0;  // into indices_
    std::uint32_t index_count = 0;
    std::uint32_t first_node = 0;
    std::uint32_t node_count = 0;
    bool is_gated = false;
  };

  // Sources by ascending rule, of which some may be there twice; formulas and pool outlive the
  // program.
  Program(
      std::span<const Source> sources, const PredicatePool& pool, const FieldHints& hints = {},
      const std::shared_ptr<base::ScanCompiler>& scans = std::make_shared<base::ScanCompiler>());

  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  [[nodiscard]] const std::vector<Asked>& asked() const { return asked_; }
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
  [[nodiscard]] std::span<const Node> formula(const Rule& rule) const {
    return {nodes_.data() + rule.first_node, rule.node_count};
  }
  // The rules that are met with it, ascending.
  [[nodiscard]] std::span<const event::RuleIndex> indices(const Rule& rule) const {
    return {indices_.data() + rule.first_index, rule.index_count};
  }
  // Rules that the predicate opens, ascending.
  [[nodiscard]] std::span<const std::uint32_t> opened_by(const Asked& asked) const {
    return {gated_.data() + asked.first_rule, asked.rule_count};
  }
  [[nodiscard]] const std::vector<List>& lists() const { return lists_; }
  // Lists that the predicate is in.
  [[nodiscard]] std::span<const std::uint32_t> lists_of(const Asked& asked) const {
    return {listed_.data() + asked.first_list, asked.list_count};
  }
  // Every keyword that a value holds stands in the frame too where the value does, escapes or not.
  [[nodiscard]] bool keywords_outlast_escapes() const { return keywords_outlast_escapes_; }
  // 0 when no rule asks about the time.
  [[nodiscard]] std::uint32_t time_slot() const { return time_slot_; }

 private:
  void add_rules(std::span<const Source> sources, const PredicatePool& pool);
  void choose_gates(const FieldHints& hints);
  void build_look_ups();
  void build_literals(base::ScanCompiler& scans);
  void build_regexes(const std::shared_ptr<base::ScanCompiler>& scans);
  void find_lists();
  [[nodiscard]] bool is_list(const Node* node) const;

  std::vector<Rule> rules_;
  std::vector<event::RuleIndex> indices_;
  std::vector<Node> nodes_;
  std::vector<Asked> asked_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> gated_;
  std::vector<List> lists_;
  std::vector<std::uint32_t> listed_;
  bool keywords_outlast_escapes_ = true;
  std::uint32_t time_slot_ = 0;
};

}  // namespace tocsin::rules
