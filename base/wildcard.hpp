// Names by a pattern with asterisks, as conditions and searches write them.
// Threads:   pure functions
// Errors:    none
// Tested by: tests/base/wildcard_test.cpp
#pragma once

#include <string_view>

namespace tocsin::base {

// `*` stands for any characters; nothing else is special. Goes back to the last `*` only, so it
// takes pattern times name steps at most.
[[nodiscard]] bool fits_wildcards(std::string_view pattern, std::string_view name);

}  // namespace tocsin::base
