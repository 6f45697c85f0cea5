// Value lists: what `%name%` stands for in the values of a rule that have the modifier `expand`.
// Path:      base::SourceText -> ValueLists -> rules/modifier
// Threads:   values
// Errors:    rules-27 a file of another form, rules-28 a name given twice, each with its place; a
//            list with an error is known and cannot be used, all others can
// Source:    SIGMA section 8; pySigma's ValueListPlaceholderTransformation
// Tested by: tests/rules/value_list_test.cpp, tests/cases/rules/placeholders.case
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/yaml.hpp"
#include "rules/pattern.hpp"

namespace tocsin::rules {

struct ValueList {
  std::vector<Pattern> values;  // none: nothing is equal to it
  std::string canonical;        // what it says, written in one way only
  base::Origin origin;
  bool is_broken = false;
};

// A file is a map with one key, `lists: {Name: [value, ...], ...}`. Every value is text as it is
// written (so NO is no boolean), with Sigma's wildcards and escapes.
class ValueLists {
 public:
  // All lists of all files; all errors at once.
  [[nodiscard]] static ValueLists read(std::span<const base::SourceText> sources,
                                       base::Errors& errors);
  // Names are told apart as they are written, case and all. nullptr: there is none.
  [[nodiscard]] const ValueList* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> names() const;

 private:
  std::map<std::string, ValueList, std::less<>> lists_;
};

// The lists as one document uses them. Borrows both.
class ListUse {
 public:
  ListUse(const ValueLists& lists, std::string_view title) : lists_(&lists), title_(title) {}

  // Finds and remembers.
  [[nodiscard]] const ValueList* take(std::string_view name);
  // Why take() gave nothing, or a broken list.
  [[nodiscard]] std::string refusal(std::string_view name) const;
  // What those taken say: a part of what the document means.
  [[nodiscard]] std::string canonical() const;

 private:
  const ValueLists* lists_;
  std::string_view title_;
  std::set<std::string, std::less<>> taken_;
};

}  // namespace tocsin::rules
