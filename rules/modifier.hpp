// Modifiers: from a key `field|a|b` and its values to an Item.
// Threads:   pure function
// Errors:    rules-20 (modifier), rules-21 (value and modifier do not fit), rules-22 (type),
//            rules-23 (regular expression), rules-24 (a placeholder without its value list)
// Source:    SIGMA section 4; pySigma's modifiers
// Tested by: tests/rules/modifier_test.cpp
#pragma once

#include "base/yaml.hpp"
#include "rules/selection.hpp"
#include "rules/value_list.hpp"

namespace tocsin::rules {

// One member of a map: `Image|endswith: [a, b]`, or `'|all': [a, b]` for keywords.
[[nodiscard]] Item read_item(const base::YamlNode::Member& member, ListUse& lists,
                             Diagnostics& out);
// A list of keywords, or one, without a key.
[[nodiscard]] Item read_keywords(const base::YamlNode& node, ListUse& lists, Diagnostics& out);

}  // namespace tocsin::rules
