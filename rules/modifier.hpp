// Modifiers: from a key `field|a|b` and its values to an Item.
// Threads:   pure function
// Errors:    rules-20 (modifier), rules-21 (value and modifier do not fit), rules-22 (type),
//            rules-23 (regular expression), rules-24 (not supported by this version)
// Source:    SIGMA section 4; pySigma's modifiers
// Tested by: tests/rules/modifier_test.cpp
#pragma once

#include "base/yaml.hpp"
#include "rules/selection.hpp"

namespace tocsin::rules {

// One member of a map: `Image|endswith: [a, b]`, or `'|all': [a, b]` for keywords.
[[nodiscard]] Item read_item(const base::YamlNode::Member& member, Diagnostics& out);
// A list of keywords, or one, without a key.
[[nodiscard]] Item read_keywords(const base::YamlNode& node, Diagnostics& out);

}  // namespace tocsin::rules
