// What a predicate asks, in words that a person who wrote the rule knows again.
// Threads:   pure functions
// Errors:    none
// Tested by: tests/rules/wording_test.cpp
#pragma once

#include <string>

#include "event/field.hpp"
#include "rules/predicate.hpp"

namespace tocsin::rules {

struct Words {
  std::string operation;  // "ends with", "is missing or null"
  std::string wanted;     // "'\cmd.exe'"; empty where the operation says it all
};

// `fields` names the other field of a fieldref.
[[nodiscard]] Words words_of(const Predicate& predicate, const event::FieldTable& fields);
// "ends with '\cmd.exe'".
[[nodiscard]] std::string sentence_of(const Words& words);

}  // namespace tocsin::rules
