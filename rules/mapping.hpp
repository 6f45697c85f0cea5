// Mapping packs as people write them: which rules meet which other events, under which names.
// Path:      base::SourceText -> Mappings -> rules/variant
// Units:     durations in nanoseconds
// Threads:   values
// Errors:    all of a file at once, each with its place: rules-90 a pack's shape, rules-91 an
//            unknown transformation, rules-92 an unknown condition, rules-93 a value, and base-N
// Source:    pySigma's processing pipelines (YAML); docs/sigma.md, "Mappings"
// Tested by: tests/rules/mapping_test.cpp
//
//   name: windows audit
//   priority: 10
//   transformations:
//     - id: fields
//       type: field_name_mapping
//       mapping: {Image: NewProcessName, User: [SubjectUserName, TargetUserName]}
//       rule_conditions:
//         - {type: logsource, category: process_creation, product: windows}
//     - {type: change_logsource, product: windows, service: security, rule_conditions: [...]}
//     - {type: add_condition, conditions: {EventID: 4688}, rule_conditions: [...]}
//   entity:      # what a detection is about, where a rule does not say it
//     - {logsource: {product: windows}, fields: [host.name, User], timespan: 1h}
//   tests:
//     - {name: ..., rule: TEXT OF A RULE, lines: [...], match: true}
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "base/yaml.hpp"
#include "event/logsource.hpp"
#include "rules/pattern.hpp"
#include "rules/selection.hpp"

namespace re2 {
class RE2;
}

namespace tocsin::rules {

// One of `rule_conditions`.
struct RuleTestCondition {
  enum class Kind : std::uint8_t {
    logsource,       // the rule's log source has these parts
    contains_field,  // some selection asks about that field
    item_applied,    // the transformation of that id has changed the rule
    always,
    never,
  };
  Kind kind = Kind::always;
  event::Logsource logsource;
  std::string text;  // field or id
};

// One of `field_name_conditions`.
struct FieldNameCondition {
  bool excludes = false;
  std::vector<std::string> names;
  std::shared_ptr<const re2::RE2> expression;  // instead of names: any of them, joined
};

struct Transformation {
  enum class Kind : std::uint8_t {
    field_name_mapping,
    field_name_prefix_mapping,
    field_name_prefix,
    field_name_suffix,
    drop_detection_item,
    change_logsource,
    add_condition,
    replace_string,
    map_string,
    rule_failure,            // the pack says nothing about the rule
    detection_item_failure,  // the same, of rules that ask about the fields named
    nothing,                 // read, and without a meaning here
  };
  Kind kind = Kind::nothing;
  std::string id;

  std::vector<RuleTestCondition> rule_conditions;
  bool any_rule_condition = false;  // rule_cond_op: or
  bool not_rule_conditions = false;
  std::vector<FieldNameCondition> field_conditions;
  bool any_field_condition = false;
  bool not_field_conditions = false;

  // Names or texts, and what stands for them; several: any of them.
  std::vector<std::pair<std::string, std::vector<std::string>>> map;
  std::string text;  // prefix, suffix or replacement
  std::shared_ptr<const re2::RE2> expression;
  bool skip_special = false;
  event::Logsource logsource;
  Selection addition;  // of add_condition
  bool negated = false;

  std::string canonical;  // equal texts say the same
};

// What a rule's own alerts are told apart by, where the rule does not say it.
struct EntityRule {
  event::Logsource logsource;  // of the rules that it is for
  std::vector<std::string> fields;
  std::optional<base::Nanoseconds> timespan;
};

struct MappingTest {
  std::string name;
  base::SourceText rule;  // a Sigma document
  std::vector<std::string> lines;
  bool match = true;
  base::Origin origin;
};

struct MappingPack {
  std::string name;
  std::int64_t priority = 0;
  std::vector<Transformation> transformations;
  std::vector<EntityRule> entities;
  std::vector<MappingTest> tests;
  base::Origin origin;
};

struct Mappings {
  std::vector<MappingPack> packs;  // by priority; among equals in the order of the texts

  // The entity of rules of that log source: the first entry that covers it and no entry that
  // states more parts does. Null when there is none.
  [[nodiscard]] const EntityRule* entity_of(const event::Logsource& logsource) const;
};

// A pack with an error is left out, all others are there. `cache` keeps the texts' trees.
[[nodiscard]] Mappings read_mappings(std::span<const base::SourceText> sources,
                                     base::Errors& errors,
                                     const std::shared_ptr<base::DiskCache>& cache = nullptr);

}  // namespace tocsin::rules
