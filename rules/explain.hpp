// Why an event meets a rule or not: the condition as a tree, each leaf with what the event had.
// Path:      rule texts + an event -> Explained (cli/explain)
// Threads:   one
// Errors:    none; texts with errors are those of RuleSet::load, which leaves out the same rules
// Source:    DESIGN section 10; the leaves and the verdict are asked of the engine's own evaluator
// Tested by: tests/rules/explain_test.cpp, tests/cli/explain_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.hpp"
#include "event/batch.hpp"
#include "event/field.hpp"
#include "rules/collection.hpp"

namespace tocsin::rules {

struct Explained {
  enum class Kind : std::uint8_t {
    all_of,     // of children
    any_of,     // of children
    negation,   // of its one child
    selection,  // all or any of children, as `any` says
    item,       // one field (or the whole event) and what is asked of it; children: the values
    value,      // one value of an item
  };
  Kind kind = Kind::all_of;
  bool any = false;       // selection: one of the children is enough; item: one value is enough
  bool negated = false;   // item: what its values say must not hold (the modifier neq)
  bool met = false;       // by the event
  bool differs = false;   // a leaf that keeps the rule from being met, see Explanation
  std::string text;       // selection: its name; item: field and operation; value: what is wanted
  std::string field;      // of an item; empty: any text of the event
  bool is_there = false;  // item: the event has the field
  std::vector<std::string> had;  // item: the values that the event has there, null as "null"
  std::vector<Explained> children;
};

struct Explanation {
  bool met = false;   // the rule's condition with its filters, as the engine judges it
  bool fits = false;  // the event is of the log source
  // What was asked: the rule itself, or what a mapping pack makes of it for another log source.
  event::Logsource logsource;
  bool mapped = false;
  Explained tree;
  // Where it is not met: fewest leaves that had to be otherwise, marked `differs` in the tree. A
  // leaf is an item, or a value of an item that asks for all of its values.
  std::size_t differing = 0;
  bool others = false;  // as few leaves in another place would do as well
};

class Explainer {
 public:
  // `sources`: the files of the rules in question and of all filters, of those that RuleSet::load
  // was given, with the fields that it completed; `lists` and `mappings` as it was given them.
  Explainer(std::span<const base::SourceText> sources, const event::FieldTable& fields,
            const ValueLists& lists = {}, Mappings mappings = {});
  ~Explainer();

  // Whether it knows the rule: a detection rule without errors.
  [[nodiscard]] bool knows(std::string_view id) const { return find(id) != nullptr; }
  // Holds one event against the condition of rule `id` (CHECK: it is known). Of the rule and what
  // mapping packs make of it, those for one of the event's `logsources` are asked, and the one is
  // told that is met, else that with the fewest leaves to be otherwise; where none fits, the rule
  // itself. `raw` is the text that keywords search.
  [[nodiscard]] Explanation explain(std::string_view id,
                                    std::span<const event::Logsource> logsources,
                                    const event::Batch& batch, const event::Event& event,
                                    std::string_view raw);

 private:
  struct Asked;
  using Forms = std::vector<std::unique_ptr<Asked>>;  // the rule itself, then its variants
  [[nodiscard]] const CollectedRule* find(std::string_view id) const;
  Forms& forms_of(std::string_view id);
  Explanation ask(Asked& asked, const event::Batch& batch, const event::Event& event,
                  std::string_view raw) const;

  Mappings mappings_;
  Documents documents_;
  event::FieldTable fields_;
  Collection collection_;
  std::map<std::string, Forms, std::less<>> asked_;  // by id
};

// The leaves marked `differs`, in the order of the tree: "Image ends with '\cmd.exe'", "CommandLine
// contains 'x'".
[[nodiscard]] std::vector<std::string> differing_leaves(const Explanation& explanation);

}  // namespace tocsin::rules
