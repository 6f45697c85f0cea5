// One named part of a detection: what it asks of which fields, modifiers applied.
// Path:      YAML -> Selection -> compile (rules/formula)
// Threads:   values
// Errors:    rules-20 to rules-29, each with its place
// Source:    SIGMA sections 2 to 4
// Tested by: tests/rules/selection_test.cpp, tests/rules/modifier_test.cpp, tests/cases/rules
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/yaml.hpp"
#include "rules/date_part.hpp"
#include "rules/network.hpp"
#include "rules/pattern.hpp"
#include "rules/regex.hpp"
#include "rules/value_list.hpp"

namespace tocsin::rules {

class Diagnostics;

// A number as a rule or an event writes it. All compare exactly: x87 holds each of both kinds.
struct Number {
  bool is_whole = true;
  std::int64_t whole = 0;
  double real = 0;  // where it is not whole
};
// The whole text as a finite number.
[[nodiscard]] std::optional<Number> parse_event_number(std::string_view text);
[[nodiscard]] int compare(const Number& a, const Number& b);

enum class Comparison : std::uint8_t { lt, lte, gt, gte };

// How a value stands to that of another field.
enum class Relation : std::uint8_t { equals, begins_with, ends_with, contains };

// One value of an item. Which members mean something depends on the kind.
// Where a part of a document stands. The name of its file is said once, by the document.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  [[nodiscard]] base::Origin in(const std::string& file) const { return {file, line, column}; }
};

struct Value {
  enum class Kind : std::uint8_t {
    text,        // any of patterns, against the whole value; none of them: never
    number,      // equal as a number
    null,        // the field is missing or null
    regex,       // found in the value
    network,     // the value is an address in it
    comparison,  // the value is a number on that side of it
    exists,      // the field is there (flag) or not
    reference,   // it stands in `relation` to a value of the field `other`
  };
  Kind kind = Kind::null;
  std::vector<Pattern> patterns;  // one, or several where a modifier (windash) makes more
  Number number;
  Regex regex;
  Network network;
  Comparison comparison = Comparison::lt;
  DatePart date_part = DatePart::none;  // number and comparison are about that part of a time
  std::string other;
  Relation relation = Relation::equals;
  bool flag = false;
};

// `field|modifiers: values`, or keywords when there is no field.
struct Item {
  std::optional<std::string> field;
  bool all = false;      // AND over the values instead of OR
  bool negated = false;  // the modifier neq
  bool cased = false;
  std::vector<Value> values;  // never empty: an empty list is one null
  Place place;
};

struct Selection {
  bool any = false;  // OR over items and parts instead of AND
  std::vector<Item> items;
  std::vector<Selection> parts;
};

// Errors go to `out`; the result is usable only when none was added.
[[nodiscard]] Selection read_selection(const base::YamlNode& node, ListUse& lists,
                                       Diagnostics& out);

}  // namespace tocsin::rules
