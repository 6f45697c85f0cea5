// One question to one field, as rules share it: (field, test, value).
// Threads:   immutable values
// Errors:    none
// Source:    DESIGN section 6; SIGMA sections 2 to 4
// Tested by: tests/rules/predicate_test.cpp, tests/reference/slow_matcher.cpp by comparison
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/field.hpp"
#include "rules/pattern.hpp"
#include "rules/selection.hpp"

namespace tocsin::rules {

enum class Test : std::uint8_t {
  equal,       // the whole value is text
  prefix,      // it begins with text
  suffix,      // it ends with text
  contains,    // text is in it
  wildcard,    // it fits the pattern
  present,     // any value but null: the pattern *
  regex,       // the expression is found in it
  number,      // equal as a number
  comparison,  // a number on that side
  network,     // an address in it
  exists,      // the field is there, even with null
  null,        // the field is missing or null
  reference,   // a value of `other` stands to it in `relation`
};

// Holds for an event when one of the field's values satisfies it (SIGMA S7).
struct Predicate {
  event::FieldId field = event::FieldTable::unknown;  // unknown: a keyword, any value and the text
  Test test = Test::null;
  bool cased = false;
  Comparison comparison = Comparison::lt;
  DatePart date_part = DatePart::none;
  Relation relation = Relation::equals;
  event::FieldId other = event::FieldTable::unknown;
  std::string text;  // folded unless cased
  Pattern pattern;   // of wildcard; its texts folded unless cased
  Regex regex;
  Number number;
  Network network;

  [[nodiscard]] bool is_keyword() const { return field == event::FieldTable::unknown; }
};

// Whether they ask the same in the same words; equal ones have one hash.
[[nodiscard]] bool are_same(const Predicate& a, const Predicate& b);
[[nodiscard]] std::uint64_t hash_of(const Predicate& predicate);

// The predicate for a pattern: the cheapest test that means the same.
[[nodiscard]] Predicate pattern_predicate(event::FieldId field, const Pattern& pattern, bool cased);

// Whether a value that is not null satisfies a test on its text, number or address. Not for regex,
// exists, null and reference. `fold` gives the folded text of the value; it is called only when it
// is needed.
template <typename Fold>
[[nodiscard]] bool satisfies(std::string_view raw, const Predicate& predicate, Fold&& fold);

// ---- what satisfies() is made of

// How `raw`, folded on the way, relates to an already folded text. `unclear` as soon as a byte is
// met that is not ASCII: then the whole value has to be folded.
enum class Verdict : std::uint8_t { no, yes, unclear };
[[nodiscard]] Verdict folds_to(std::string_view raw, std::string_view text);
[[nodiscard]] Verdict folds_to_prefix(std::string_view raw, std::string_view text);
[[nodiscard]] Verdict folds_to_suffix(std::string_view raw, std::string_view text);
// Both sides folded, or neither.
[[nodiscard]] bool fits(std::string_view text, const Pattern& pattern);
[[nodiscard]] bool contains(std::string_view text, std::string_view part);
[[nodiscard]] bool relates(std::string_view text, Relation relation, std::string_view other);
[[nodiscard]] bool number_satisfies(std::string_view raw, const Predicate& predicate);
[[nodiscard]] bool address_satisfies(std::string_view raw, const Predicate& predicate);

template <typename Fold>
bool satisfies(std::string_view raw, const Predicate& predicate, Fold&& fold) {
  const bool cased = predicate.cased;
  const std::string_view text = predicate.text;
  const auto settle = [&](Verdict verdict, auto&& on_folded) {
    return verdict == Verdict::unclear ? on_folded(fold()) : verdict == Verdict::yes;
  };
  switch (predicate.test) {
    case Test::equal:
      if (cased) return raw == text;
      return settle(folds_to(raw, text), [&](std::string_view value) { return value == text; });
    case Test::prefix:
      if (cased) return raw.starts_with(text);
      return settle(folds_to_prefix(raw, text),
                    [&](std::string_view value) { return value.starts_with(text); });
    case Test::suffix:
      if (cased) return raw.ends_with(text);
      return settle(folds_to_suffix(raw, text),
                    [&](std::string_view value) { return value.ends_with(text); });
    case Test::contains:
      return contains(cased ? raw : fold(), text);
    case Test::wildcard:
      return fits(cased ? raw : fold(), predicate.pattern);
    case Test::present:
      return true;
    case Test::number:
    case Test::comparison:
      return number_satisfies(raw, predicate);
    case Test::network:
      return address_satisfies(raw, predicate);
    case Test::regex:
    case Test::exists:
    case Test::null:
    case Test::reference:
      break;
  }
  return false;
}

}  // namespace tocsin::rules
