// Sorts events of structured bodies by the values of their fields: which log source they belong to,
// and what their fields mean in the names that all decoders share.
// Path:      fields of a JSON, audit, CEF or key=value body -> BodyRule, more fields
// Threads:   immutable once built; BodyValues belongs to one worker
// Errors:    none
// Source:    docs/decoders.md, "Structured bodies"
// Tested by: tests/ingest/decode/body_sorter_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "ingest/decode/body.hpp"
#include "ingest/decode/compiled_field.hpp"
#include "ingest/decode/glob.hpp"
#include "ingest/decode/joined_field.hpp"

namespace tocsin::ingest {

// Field names of which the first that the event has counts: a row of the sorter's list.
using NameGroup = std::uint16_t;

struct BodyCondition {
  NameGroup names = 0;
  std::vector<Glob> values;  // any of them, without regard to the case of ASCII letters
};

// One pattern with `when:`.
struct BodyRule {
  event::ShapeId shape;
  std::vector<BodyCondition> conditions;  // all of them
  std::vector<std::pair<NameGroup, EmitSlot>> keys;
  struct Values {
    NameGroup names = 0;
    ValueCases cases;
  };
  std::vector<Values> values;
  std::vector<JoinedField> joins;
  // Rules of the set with `match:`, of which the first that fits the field `message` adds fields.
  std::vector<std::uint32_t> texts;
};

// The values of one event that conditions and keys ask for.
class BodyValues {
 private:
  friend class BodySorter;
  std::vector<const event::Field*> found_;  // by slot
  std::vector<std::size_t> places_;
};

class BodySorter {
 public:
  // The group of these names, interned in the table.
  NameGroup add_names(const std::vector<std::string>& names, event::FieldTable& fields);
  // Rules are tried in the order in which they were added.
  void add_rule(BodyRule rule) { rules_.push_back(std::move(rule)); }
  // Once, behind the last rule.
  void build();

  [[nodiscard]] bool empty() const { return rules_.empty(); }

  // The first rule that fits the event's own fields, nullptr when none does.
  const BodyRule* sort(const event::Batch& batch, const event::Event& event,
                       BodyValues& values) const;

  // Adds the rule's fields to the event that sort() has just seen.
  void write(const BodyRule& rule, BodyValues& values, BodyContext& context) const;

 private:
  using Slot = std::uint16_t;

  [[nodiscard]] const event::Field* value(NameGroup names, const BodyValues& values) const;
  [[nodiscard]] bool fits(const BodyRule& rule, const BodyValues& values) const;
  static std::uint64_t index_key(NameGroup names, std::string_view value);

  std::vector<BodyRule> rules_;
  std::vector<std::vector<Slot>> groups_;
  std::vector<Slot> slot_of_;  // by FieldId; 0: nobody asks for it
  Slot slots_ = 1;
  // A rule stands under one condition of exact values, the one that tells it apart best.
  std::vector<NameGroup> indexed_;
  // By index_key; rules of another key that hashes alike do not fit, so nothing depends on it.
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> index_;
  std::vector<std::uint32_t> unindexed_;
};

}  // namespace tocsin::ingest
