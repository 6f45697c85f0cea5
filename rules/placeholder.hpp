// The modifier `expand`: the values of value lists in the place of %name%.
// Path:      Pattern or regular expression + ListUse -> rules/modifier
// Threads:   pure functions
// Errors:    a name without a list, or too much made, in the result
// Source:    SIGMA sections 4 and 8; pySigma's insert_placeholders
// Tested by: tests/rules/placeholder_test.cpp, tests/cases/rules/placeholders.case
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/pattern.hpp"
#include "rules/value_list.hpp"

namespace tocsin::rules {

struct Placeholder {
  std::string before;  // the text in front of it; of the last one, all that is left
  std::string name;    // empty: there is none behind `before`
};
// `\%` is a percent sign, and so is one that no other ends. Never empty; the last one has no name.
[[nodiscard]] std::vector<Placeholder> split_at_placeholders(std::string_view text);

// What one value may become; with two lists every value of one meets every value of the other.
inline constexpr std::size_t most_expanded = 100'000;
inline constexpr std::size_t most_expanded_bytes = 8U << 20U;

struct Expanded {
  std::vector<Pattern> patterns;
  std::string missing;  // the list that there is not, or that has an error
  bool is_too_much = false;
};
// A placeholder is within one text part: `%a*b%` is none.
[[nodiscard]] Expanded expanded(const Pattern& pattern, ListUse& lists);

struct ExpandedRegex {
  std::string text;
  std::string missing;
};
// Each placeholder becomes a group of its list's values, their characters taken literally.
[[nodiscard]] ExpandedRegex expanded_regex(std::string_view text, ListUse& lists);

}  // namespace tocsin::rules
